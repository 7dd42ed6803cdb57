package reaper

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/image"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/api/types/volume"
	"github.com/moby/moby/client"
)

// item is something that the fake engine holds.
type item struct {
	kind, name string
	labels     map[string]string
	running    bool
	created    int64 // of an image
}

// fake is an engine in memory.
type fake struct {
	mu    sync.Mutex
	items []item
	later []item // appear one by one, each after a removal
	fails int    // removals that fail before one works
	down  int    // lists that fail before one works
}

func (f *fake) names() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []string
	for _, i := range f.items {
		all = append(all, i.name)
	}
	return all
}

func (f *fake) list(kind string, filters client.Filters) ([]item, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down > 0 {
		f.down--
		return nil, errors.New("the engine restarts")
	}
	var all []item
	for _, i := range f.items {
		match := i.kind == kind
		for label := range filters["label"] {
			key, value, _ := strings.Cut(label, "=")
			match = match && i.labels[key] == value
		}
		if match {
			all = append(all, i)
		}
	}
	return all, nil
}

func (f *fake) remove(name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fails > 0 {
		f.fails--
		return errors.New("it has active endpoints")
	}
	i := slices.IndexFunc(f.items, func(i item) bool { return i.name == name })
	if i < 0 {
		return fmt.Errorf("no such thing: %w", errdefs.ErrNotFound)
	}
	f.items = slices.Delete(f.items, i, i+1)
	if len(f.later) > 0 {
		f.items, f.later = append(f.items, f.later[0]), f.later[1:]
	}
	return nil
}

func (f *fake) ContainerList(_ context.Context, o client.ContainerListOptions) (r client.ContainerListResult, err error) {
	all, err := f.list("container", o.Filters)
	for _, i := range all {
		s := container.Summary{ID: i.name, Names: []string{"/" + i.name}, Labels: i.labels, State: container.StateExited}
		if i.running {
			s.State = container.StateRunning
		}
		r.Items = append(r.Items, s)
	}
	return r, err
}

func (f *fake) NetworkList(_ context.Context, o client.NetworkListOptions) (r client.NetworkListResult, err error) {
	all, err := f.list("network", o.Filters)
	for _, i := range all {
		r.Items = append(r.Items, network.Summary{Network: network.Network{ID: i.name, Name: i.name, Labels: i.labels}})
	}
	return r, err
}

func (f *fake) VolumeList(_ context.Context, o client.VolumeListOptions) (r client.VolumeListResult, err error) {
	all, err := f.list("volume", o.Filters)
	for _, i := range all {
		r.Items = append(r.Items, volume.Volume{Name: i.name, Labels: i.labels})
	}
	return r, err
}

func (f *fake) ImageList(_ context.Context, o client.ImageListOptions) (r client.ImageListResult, err error) {
	all, err := f.list("image", o.Filters)
	for _, i := range all {
		r.Items = append(r.Items, image.Summary{ID: i.name, RepoTags: []string{i.name}, Labels: i.labels, Created: i.created})
	}
	return r, err
}

func (f *fake) ContainerRemove(_ context.Context, id string, _ client.ContainerRemoveOptions) (client.ContainerRemoveResult, error) {
	return client.ContainerRemoveResult{}, f.remove(id)
}

func (f *fake) NetworkRemove(_ context.Context, id string, _ client.NetworkRemoveOptions) (client.NetworkRemoveResult, error) {
	return client.NetworkRemoveResult{}, f.remove(id)
}

func (f *fake) VolumeRemove(_ context.Context, name string, _ client.VolumeRemoveOptions) (client.VolumeRemoveResult, error) {
	return client.VolumeRemoveResult{}, f.remove(name)
}

func (f *fake) ImageRemove(_ context.Context, id string, _ client.ImageRemoveOptions) (client.ImageRemoveResult, error) {
	return client.ImageRemoveResult{}, f.remove(id)
}

var _ Store = (*fake)(nil)
