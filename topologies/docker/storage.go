package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"

	"surety/topologies"
	"surety/topologies/docker/reaper"
)

// storage is where the program of a container stores, and what it finds there from
// the beginning. It is part of the container: a new container has a new disk.
type storage struct {
	dir     string            // what is counted
	make    bool              // dir is made, writable for whatever user the image runs as
	files   map[string]string // content by path, relative ones below dir; readable for every user
	forgets bool              // each further start is one of a new container
}

// prepare gives a container that was created its directory and files. Nothing of the
// image is run for it: it may have no shell.
func (s storage) prepare(ctx context.Context, api client.APIClient, id string) error {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if s.make {
		if err := w.WriteHeader(&tar.Header{Name: strings.TrimPrefix(s.dir, "/") + "/", Typeflag: tar.TypeDir, Mode: 0o777}); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.files)) {
		text := s.files[name]
		// Directories on the way are made by the engine where the image has none.
		h := &tar.Header{Name: strings.TrimPrefix(s.place(name), "/"), Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(text))}
		if err := w.WriteHeader(h); err != nil {
			return err
		}
		if _, err := io.WriteString(w, text); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil || !s.make && len(s.files) == 0 {
		return err
	}
	_, err := api.CopyToContainer(ctx, id, client.CopyToContainerOptions{DestinationPath: "/", Content: &b})
	return err
}

// place is where a file lies in the container.
func (s storage) place(name string) string {
	if path.IsAbs(name) {
		return name
	}
	return path.Join(s.dir, name)
}

// gave tells whether the file was put there for the program.
func (s storage) gave(name string) bool {
	for given := range s.files {
		if s.place(given) == path.Join(s.dir, name) {
			return true
		}
	}
	return false
}

// mostCounted bounds what is read to count what a node stored: the engine gives the
// contents too, and a broker preallocates its indexes.
const mostCounted = 32 << 20

// count counts what lies in the directory of a container that does not run.
func (s storage) count(ctx context.Context, api client.APIClient, id string) (topologies.Stored, error) {
	var sum topologies.Stored
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the stream where it was not read to its end
	r, err := api.CopyFromContainer(ctx, id, client.CopyFromContainerOptions{SourcePath: s.dir})
	if errdefs.IsNotFound(err) {
		return sum, nil // it never made the directory
	}
	if err != nil {
		return sum, err
	}
	defer func() { _ = r.Content.Close() }()
	files := tar.NewReader(r.Content)
	for {
		h, err := files.Next()
		if errors.Is(err, io.EOF) {
			return sum, nil
		}
		if err != nil {
			return sum, err
		}
		// The names begin with the last element of the directory's own.
		name := strings.TrimPrefix(path.Clean(h.Name), path.Base(s.dir))
		if h.Typeflag == tar.TypeDir || s.gave(name) {
			continue
		}
		sum.Files++
		if sum.Bytes += h.Size; sum.Bytes > mostCounted {
			sum.More = true
			return sum, nil
		}
	}
}

// Wipe implements topologies.Wiper: the container goes, with its volumes, and a new
// one takes its place.
func (n *node) Wipe(ctx context.Context) error {
	n.change.Lock()
	defer n.change.Unlock()
	s, err := n.inspect(ctx)
	if err != nil {
		return err
	}
	if s.Running {
		return fmt.Errorf("empty the disk of %s: it runs", n.ID())
	}
	return n.renew(ctx)
}

// renew replaces the container, which has ended, by a new one.
func (n *node) renew(ctx context.Context) error {
	if err := n.log.await(ctx); err != nil { // its log goes with the container
		return fmt.Errorf("empty the disk of %s: %w", n.ID(), err)
	}
	_, err := n.api.ContainerRemove(ctx, n.container(), client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	if err := reaper.Gone(err); err != nil {
		return fmt.Errorf("empty the disk of %s: %w", n.ID(), err)
	}
	n.mu.Lock()
	version := n.version
	n.mu.Unlock()
	id, err := n.create(ctx, version)
	if err != nil {
		return fmt.Errorf("empty the disk of %s: %w", n.ID(), err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.id = id
	return nil
}

// Stored implements topologies.Wiper.
func (n *node) Stored(ctx context.Context) (topologies.Stored, error) {
	sum, err := n.storage.count(ctx, n.api, n.container())
	if err != nil {
		return sum, fmt.Errorf("look what %s has stored: %w", n.ID(), err)
	}
	return sum, nil
}
