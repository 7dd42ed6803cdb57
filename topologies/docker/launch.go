package docker

import (
	"context"
	"errors"
	"strings"

	"github.com/moby/moby/api/types/container"
	"github.com/testcontainers/testcontainers-go"

	"surety/topologies"
)

// ownDir is the directory of a processor that survives its restarts: it is part
// of the container, which a kill leaves in place.
const ownDir = "/surety"

// Launch starts the instances of all processors at once. Bootstrap, Instance,
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
		v.Bootstrap = t.bootstrap()
		v.Instance, v.Name, v.Run, v.Dir = h.index, h.name, t.layout.run, ownDir
		return t.startProcessor(ctx, h, v)
	})
}

func (t *topology) startProcessor(ctx context.Context, h *host, v topologies.Vars) error {
	env, command, err := topologies.Expand(h.spec, v)
	if err != nil {
		return err
	}
	return t.system(ctx, h, storage{dir: ownDir, make: true}, func() testcontainers.ContainerRequest {
		req := testcontainers.ContainerRequest{Image: imageOf(h.spec, t.env.Images), Cmd: command, Env: map[string]string{}}
		if h.spec.Reference != "" {
			req.Image, req.Cmd = t.verify, []string{"processor", h.spec.Reference}
		}
		for _, line := range env {
			name, value, _ := strings.Cut(line, "=")
			req.Env[name] = value
		}
		if h.spec.Dir != "" {
			req.ConfigModifier = func(c *container.Config) { c.WorkingDir = h.spec.Dir }
		}
		return req
	})
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

// imageOf is the image of the processor: the override by the processor's name,
// else its own.
func imageOf(s topologies.ProcessorSpec, overrides map[string]string) string {
	if image := overrides[s.Name]; image != "" && s.Image != "" {
		return image
	}
	return s.Image
}
