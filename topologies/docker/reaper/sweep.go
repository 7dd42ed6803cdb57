package reaper

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"
)

// Engine is what removing asks of the container engine.
type Engine interface {
	ContainerList(ctx context.Context, o client.ContainerListOptions) (client.ContainerListResult, error)
	ContainerRemove(ctx context.Context, id string, o client.ContainerRemoveOptions) (client.ContainerRemoveResult, error)
	NetworkList(ctx context.Context, o client.NetworkListOptions) (client.NetworkListResult, error)
	NetworkRemove(ctx context.Context, id string, o client.NetworkRemoveOptions) (client.NetworkRemoveResult, error)
	VolumeList(ctx context.Context, o client.VolumeListOptions) (client.VolumeListResult, error)
	VolumeRemove(ctx context.Context, name string, o client.VolumeRemoveOptions) (client.VolumeRemoveResult, error)
}

// lookAgain is the pause between two looks.
const lookAgain = 200 * time.Millisecond

// Sweep removes the containers, networks and volumes of the run, but not its
// reaper. It looks again until nothing has appeared for settle: a request that was
// under way may still have made something. The names of what was removed are given
// also with an error. ctx bounds it all.
func Sweep(ctx context.Context, e Engine, run string, settle time.Duration) ([]string, error) {
	var removed []string
	quiet := time.Now()
	for {
		found, err := look(ctx, e, run)
		if err != nil {
			return removed, err
		}
		if len(found) > 0 {
			names, err := removeAll(ctx, found)
			removed = append(removed, names...)
			quiet = time.Now()
			if err != nil && ctx.Err() != nil {
				return removed, fmt.Errorf("remove what run %s left: %w", run, err)
			}
			if err == nil {
				continue // at once: what is left is what came since
			}
		} else if time.Since(quiet) >= settle {
			return removed, nil
		}
		select {
		case <-ctx.Done():
			return removed, fmt.Errorf("remove what run %s left: %w", run, ctx.Err())
		case <-time.After(lookAgain):
		}
	}
}

// RemoveReaper removes the reaper of the run. It is the last thing to go.
func RemoveReaper(ctx context.Context, e Engine, run string) error {
	mine := of(run).Add("label", LabelRole+"="+Role)
	list, err := e.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: mine})
	if err != nil {
		return fmt.Errorf("list the reaper of run %s: %w", run, err)
	}
	for _, c := range list.Items {
		if _, removeErr := e.ContainerRemove(ctx, c.ID, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true}); Gone(removeErr) != nil {
			err = errors.Join(err, fmt.Errorf("remove the reaper of run %s: %w", run, removeErr))
		}
	}
	return err
}

func of(run string) client.Filters {
	return make(client.Filters).Add("label", LabelRun+"="+run)
}

// thing is something to be removed.
type thing struct {
	name   string // container surety-x-broker-1
	remove func(ctx context.Context) error
}

// look lists what the run holds: containers first, as networks and volumes can only
// be removed after those that use them.
func look(ctx context.Context, e Engine, run string) ([]thing, error) {
	containers, err := e.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: of(run)})
	if err != nil {
		return nil, fmt.Errorf("list the containers of run %s: %w", run, err)
	}
	networks, err := e.NetworkList(ctx, client.NetworkListOptions{Filters: of(run)})
	if err != nil {
		return nil, fmt.Errorf("list the networks of run %s: %w", run, err)
	}
	volumes, err := e.VolumeList(ctx, client.VolumeListOptions{Filters: of(run)})
	if err != nil {
		return nil, fmt.Errorf("list the volumes of run %s: %w", run, err)
	}
	var all []thing
	for _, c := range containers.Items {
		if c.Labels[LabelRole] == Role {
			continue
		}
		all = append(all, thing{"container " + nameOf(c.Names, c.ID), func(ctx context.Context) error {
			_, err := e.ContainerRemove(ctx, c.ID, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
			return err
		}})
	}
	if len(all) > 0 {
		return all, nil
	}
	for _, n := range networks.Items {
		all = append(all, thing{"network " + n.Name, func(ctx context.Context) error {
			_, err := e.NetworkRemove(ctx, n.ID, client.NetworkRemoveOptions{})
			return err
		}})
	}
	for _, v := range volumes.Items {
		all = append(all, thing{"volume " + v.Name, func(ctx context.Context) error {
			_, err := e.VolumeRemove(ctx, v.Name, client.VolumeRemoveOptions{Force: true})
			return err
		}})
	}
	return all, nil
}

// removeAll removes all at once and names those that went.
func removeAll(ctx context.Context, all []thing) ([]string, error) {
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		names []string
		errs  []error
	)
	for _, t := range all {
		wg.Go(func() {
			err := t.remove(ctx)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				names = append(names, t.name)
			} else if Gone(err) != nil {
				errs = append(errs, fmt.Errorf("%s: %w", t.name, err))
			}
		})
	}
	wg.Wait()
	return names, errors.Join(errs...)
}

func nameOf(names []string, id string) string {
	if len(names) == 0 {
		return id
	}
	return strings.TrimPrefix(names[0], "/")
}

// Gone forgives that something to be removed is not there, or is being removed.
func Gone(err error) error {
	if errdefs.IsNotFound(err) || errdefs.IsConflict(err) && strings.Contains(err.Error(), "already in progress") {
		return nil
	}
	return err
}
