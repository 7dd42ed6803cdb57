package reaper

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
)

// Store is what cleaning asks of the container engine.
type Store interface {
	Engine
	ImageList(ctx context.Context, o client.ImageListOptions) (client.ImageListResult, error)
	ImageRemove(ctx context.Context, id string, o client.ImageRemoveOptions) (client.ImageRemoveResult, error)
}

// Cleaning says what to remove.
type Cleaning struct {
	All  bool                  // also what belongs to live runs, and all images of verify
	Only func(run string) bool // nil = all runs; images are left alone where it is set
}

// Cleaned is what Clean did with one run.
type Cleaned struct {
	Run     string
	Removed []string // container NAME, network NAME, volume NAME
	Kept    string   // why nothing was removed; empty = it was
}

// imageAge is how long an image of verify is left to runs that are about to use it.
const imageAge = time.Hour

// Clean removes what runs left behind that are not alive, and images of verify that
// no container uses. Nothing without our label is touched. What was done before an
// error is returned with it.
func Clean(ctx context.Context, e Store, c Cleaning) (runs []Cleaned, images []string, err error) {
	found, err := survey(ctx, e)
	if err != nil {
		return nil, nil, err
	}
	for _, run := range slices.Sorted(maps.Keys(found)) {
		if c.Only != nil && !c.Only(run) {
			continue
		}
		done := Cleaned{Run: run}
		if l, why := found[run].judge(procfs); l != dead && !c.All {
			done.Kept = why
			runs = append(runs, done)
			continue
		}
		var sweepErr error
		done.Removed, sweepErr = Sweep(ctx, e, run, 0)
		err = errors.Join(err, sweepErr, RemoveReaper(ctx, e, run))
		if found[run].reaper {
			done.Removed = append(done.Removed, "its reaper")
		}
		runs = append(runs, done)
	}
	if c.Only != nil {
		return runs, nil, err
	}
	before := time.Now().Add(-imageAge)
	if c.All {
		before = time.Now()
	}
	images, imageErr := cleanImages(ctx, e, before)
	return runs, images, errors.Join(err, imageErr)
}

// remains is what the engine holds of one run.
type remains struct {
	owner  string // of the process that holds it
	reaper bool   // a reaper is there
	reaped bool   // things were made while a reaper watched
	runs   bool   // a container runs
}

// judge decides whether the run is alive. A run is dead where its process is known
// to be; where that cannot be known from here, a reaper that runs speaks for it, and
// one that is missing against it.
func (r remains) judge(proc string) (life, string) {
	l := lifeOf(proc, r.owner)
	switch {
	case l == alive:
		return alive, "its process runs"
	case l == dead:
		return dead, ""
	case r.reaper && r.runs:
		return alive, "its reaper watches it"
	case r.reaped && !r.reaper:
		return dead, ""
	case !r.runs && r.owner != "" && bootOf(r.owner) != bootOf(ownerPlace(proc)):
		return dead, "" // the machine was started anew since
	}
	return unknown, "whether its process runs cannot be known here; --all removes it"
}

func ownerPlace(proc string) string {
	place, err := placeIn(proc)
	if err != nil {
		return ""
	}
	return place
}

// survey finds all runs of which the engine holds anything.
func survey(ctx context.Context, e Engine) (map[string]*remains, error) {
	ours := make(client.Filters).Add("label", LabelOurs+"=1")
	containers, err := e.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: ours})
	if err != nil {
		return nil, fmt.Errorf("list our containers: %w", err)
	}
	networks, err := e.NetworkList(ctx, client.NetworkListOptions{Filters: ours})
	if err != nil {
		return nil, fmt.Errorf("list our networks: %w", err)
	}
	volumes, err := e.VolumeList(ctx, client.VolumeListOptions{Filters: ours})
	if err != nil {
		return nil, fmt.Errorf("list our volumes: %w", err)
	}
	found := map[string]*remains{}
	add := func(labels map[string]string) *remains {
		run := labels[LabelRun]
		if labels[LabelOurs] != "1" || run == "" {
			return &remains{} // not a run's
		}
		if found[run] == nil {
			found[run] = &remains{}
		}
		r := found[run]
		r.owner = max(r.owner, labels[LabelOwner]) // all the same, or missing
		r.reaped = r.reaped || labels[LabelReaped] == "1"
		return r
	}
	for _, c := range containers.Items {
		r := add(c.Labels)
		r.reaper = r.reaper || c.Labels[LabelRole] == Role
		r.runs = r.runs || c.State == container.StateRunning || c.State == container.StatePaused
	}
	for _, n := range networks.Items {
		add(n.Labels)
	}
	for _, v := range volumes.Items {
		add(v.Labels)
	}
	return found, nil
}

// cleanImages removes images of verify made before that time which no container
// uses. One that is used is refused by the engine, and kept.
func cleanImages(ctx context.Context, e Store, before time.Time) ([]string, error) {
	list, err := e.ImageList(ctx, client.ImageListOptions{Filters: make(client.Filters).Add("label", LabelOurs+"=1")})
	if err != nil {
		return nil, fmt.Errorf("list our images: %w", err)
	}
	var removed []string
	for _, i := range list.Items {
		if i.Labels[LabelOurs] != "1" || !time.Unix(i.Created, 0).Before(before) || !onlyVerify(i.RepoTags) {
			continue
		}
		if _, err := e.ImageRemove(ctx, i.ID, client.ImageRemoveOptions{PruneChildren: true}); err == nil {
			removed = append(removed, nameOf(i.RepoTags, i.ID))
		} else if ctx.Err() != nil {
			return removed, err
		}
	}
	return removed, nil
}

// onlyVerify tells whether the image has no name that somebody else gave it.
func onlyVerify(tags []string) bool {
	return !slices.ContainsFunc(tags, func(tag string) bool {
		return !strings.HasPrefix(tag, "surety-verify:") && tag != "<none>:<none>"
	})
}
