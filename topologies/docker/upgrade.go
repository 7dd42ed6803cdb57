package docker

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"

	"surety/topologies/docker/reaper"
	"surety/topologies/names"
)

// Upgrade implements topologies.Upgrader: a container of the version takes the place of
// the one that has ended, with what that one has stored.
func (n *node) Upgrade(ctx context.Context, version string) error {
	n.change.Lock()
	defer n.change.Unlock()
	if !slices.Contains(n.versions, version) {
		return errors.New(names.Unknown("version of "+n.ID(), version, n.versions))
	}
	s, err := n.inspect(ctx)
	if err != nil {
		return err
	}
	if s.Running {
		return fmt.Errorf("upgrade %s: it runs", n.ID())
	}
	if err := n.replace(ctx, version); err != nil {
		return fmt.Errorf("upgrade %s to %s: %w", n.ID(), version, err)
	}
	return nil
}

// replace makes the container of the version beside the old one, which goes when its
// disk was copied. After an error the old one still has the node's disk.
func (n *node) replace(ctx context.Context, version string) error {
	if err := n.log.await(ctx); err != nil { // its log goes with the container
		return err
	}
	old := n.container()
	if _, err := n.api.ContainerRename(ctx, old, client.ContainerRenameOptions{NewName: n.name + "-" + old[:12]}); err != nil {
		return err
	}
	id, err := n.create(ctx, version)
	if err == nil {
		err = n.storage.copy(ctx, n.api, old, id)
	}
	if err != nil {
		return err
	}
	_, err = n.api.ContainerRemove(ctx, old, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	if err := reaper.Gone(err); err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.id, n.version = id, version
	return nil
}

// copy brings what one container has stored to another; neither runs.
func (s storage) copy(ctx context.Context, api client.APIClient, from, to string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r, err := api.CopyFromContainer(ctx, from, client.CopyFromContainerOptions{SourcePath: s.dir})
	if errdefs.IsNotFound(err) {
		return nil // it never made the directory
	}
	if err != nil {
		return err
	}
	defer func() { _ = r.Content.Close() }()
	out, in := io.Pipe()
	go func() { in.CloseWithError(rebase(r.Content, in, path.Dir(s.dir))) }()
	_, err = api.CopyToContainer(ctx, to, client.CopyToContainerOptions{DestinationPath: "/", Content: out})
	return errors.Join(err, out.Close()) // ends the goroutine where not all was read
}

// rebase passes an archive on with its names below dir: directories on the way are then
// made by the engine where the image has none.
func rebase(from io.Reader, to io.Writer, dir string) error {
	r, w := tar.NewReader(from), tar.NewWriter(to)
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return w.Close()
		}
		if err != nil {
			return err
		}
		slash := strings.HasSuffix(h.Name, "/")
		h.Name = strings.TrimPrefix(path.Join(dir, h.Name), "/")
		if slash {
			h.Name += "/"
		}
		if err := w.WriteHeader(h); err != nil {
			return err
		}
		if _, err := io.Copy(w, r); err != nil {
			return err
		}
	}
}
