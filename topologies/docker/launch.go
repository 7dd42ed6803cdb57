package docker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/moby/moby/api/types/container"
	"github.com/testcontainers/testcontainers-go"

	"surety/topologies"
	"surety/topologies/images"
)

// ownDir is the directory of a processor that survives its restarts: it is part
// of the container, which a kill leaves in place.
const ownDir = "/surety"

// Launch starts the instances of all processors at once. Bootstrap, Database, Instance,
// Name, Run and Dir of the Vars are set here, as they are inside the containers.
func (t *topology) Launch(ctx context.Context, vars func(spec topologies.ProcessorSpec, instance int) topologies.Vars) error {
	t.mu.Lock()
	if t.launched {
		t.mu.Unlock()
		return errors.New("the processors have been launched before")
	}
	t.launched = true
	t.mu.Unlock()
	return each(t.layout.processors, func(h *host) error {
		v := vars(h.spec, h.index)
		v.Bootstrap, v.Database = t.bootstrap(), t.databaseFor()
		v.Instance, v.Name, v.Run, v.Dir = h.index, h.name, t.env.Run, ownDir
		return t.startProcessor(ctx, h, v)
	})
}

// startProcessor starts an instance and waits until it is ready, where the scenario
// says how that shows.
func (t *topology) startProcessor(ctx context.Context, h *host, v topologies.Vars) error {
	st := storage{dir: ownDir, make: true, forgets: h.spec.State == topologies.StateLost}
	versions := map[string]func() testcontainers.ContainerRequest{}
	for version, spec := range h.spec.Programs() {
		told, err := topologies.Expand(spec, v)
		if err != nil {
			return err
		}
		image, err := t.imageOf(ctx, spec)
		if err != nil {
			return err
		}
		st.files = told.Files // those of the original, in every version
		versions[version] = func() testcontainers.ContainerRequest { return t.request(image, spec, told) }
	}
	n, err := t.system(ctx, h, st, versions)
	if err != nil || h.spare || !h.spec.Ready.Any() {
		return err
	}
	t.mu.Lock()
	gateway := t.clients[h.name]
	t.mu.Unlock()
	return h.spec.Ready.Await(ctx, n, func(ctx context.Context, port int, path string) error {
		return gateway.Probe(ctx, h.name, port, path)
	})
}

// request is the container of a processor that is told so.
func (t *topology) request(image string, spec topologies.ProcessorSpec, told topologies.Told) testcontainers.ContainerRequest {
	req := testcontainers.ContainerRequest{Image: image, Cmd: told.Command, Env: map[string]string{}}
	switch {
	case spec.Reference != "":
		req.Cmd = []string{"processor", spec.Reference}
	case spec.Recipe != "": // whatever image it is, of it only the programs count
		req.Entrypoint, req.Cmd = told.Command, nil
	}
	for _, line := range told.Env {
		name, value, _ := strings.Cut(line, "=")
		req.Env[name] = value
	}
	req.ConfigModifier = func(c *container.Config) {
		c.StopSignal = cmp.Or(spec.StopSignal, c.StopSignal)
		c.WorkingDir = cmp.Or(spec.Dir, c.WorkingDir)
	}
	return req
}

// bootstrap is where every processor reaches the brokers: the same names for
// all, which each one's gateway resolves to its own proxies.
func (t *topology) bootstrap() string {
	var all []string
	for _, b := range t.layout.brokers {
		all = append(all, address(b.name, nodePort))
	}
	return strings.Join(all, ",")
}

// imageOf makes sure of the image of a processor and gives its name: the override by
// the processor's name, else its own; or what is chosen in the place of its recipe.
func (t *topology) imageOf(ctx context.Context, s topologies.ProcessorSpec) (string, error) {
	switch {
	case s.Recipe != "":
		r, version, err := images.Parse(s.Recipe)
		if err != nil {
			return "", fmt.Errorf("processor %s: %w", s.Name, err)
		}
		return r.Choose(ctx, t.engine, version, t.env.Images[r.Name])
	case s.Image != "":
		image := cmp.Or(t.env.Images[s.Name], s.Image)
		return image, images.Require(ctx, t.engine, image)
	}
	return t.verify, nil
}
