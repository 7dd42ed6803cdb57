package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"

	"surety/topologies"
	"surety/topologies/docker/reaper"
	"surety/topologies/gateway"
)

func (t *topology) createNetwork(ctx context.Context) error {
	t.clients = map[string]*gateway.Client{}
	t.nodes = map[string]*node{}
	//nolint:staticcheck // the new helper chooses the name itself, and ours tells the run
	_, err := t.engine.CreateNetwork(ctx, testcontainers.NetworkRequest{
		Name: t.layout.network(), Driver: "bridge", Labels: t.labels(),
	})
	return err
}

// portTries is how often a gateway is started anew because a port was taken
// between our look and the engine's.
const portTries = 5

// startGateway starts the gateway of the node and connects to it.
func (t *topology) startGateway(ctx context.Context, h *host) error {
	var c testcontainers.Container
	for try := 1; ; try++ {
		var err error
		if h.ports, err = t.finder.forNode(h.observed() > 0); err != nil {
			return err
		}
		c, err = t.runGateway(ctx, h)
		t.finder.free(h.ports.control, h.ports.drive, h.ports.observe)
		if err == nil {
			break
		}
		if c != nil {
			_, removeErr := t.engine.API.ContainerRemove(ctx, c.GetContainerID(), client.ContainerRemoveOptions{Force: true})
			err = errors.Join(err, reaper.Gone(removeErr))
		}
		if !portTaken(err) || try == portTries {
			return fmt.Errorf("start the gateway of %s: %w", h.name, err)
		}
	}
	log, err := t.follow(c.GetContainerID(), h.name+"-gateway")
	if err != nil {
		return err
	}
	links, err := gateway.Connect(ctx, "http://"+h.ports.control, h.routes)
	if err != nil {
		return fmt.Errorf("start the gateway of %s: %w", h.name, err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.logs = append(t.logs, log)
	t.clients[h.name] = links
	return nil
}

func (t *topology) runGateway(ctx context.Context, h *host) (testcontainers.Container, error) {
	config, err := json.Marshal(gateway.Config{Control: address("0.0.0.0", controlPort), Routes: h.routes})
	if err != nil {
		return nil, err
	}
	bindings, err := h.ports.bindings(h.observed())
	if err != nil {
		return nil, err
	}
	var exposed, extra []string
	for port := range bindings {
		exposed = append(exposed, port.String())
	}
	for peer, ip := range h.loopback {
		extra = append(extra, peer+":"+ip)
	}
	return t.run(ctx, testcontainers.ContainerRequest{
		Name:           t.layout.gateway(h),
		Image:          t.verify,
		Cmd:            []string{"gateway"},
		Env:            map[string]string{gateway.Variable: string(config)},
		ExposedPorts:   exposed,
		Networks:       []string{t.layout.network()},
		NetworkAliases: map[string][]string{t.layout.network(): {h.name + ".node"}},
		ConfigModifier: func(c *container.Config) { c.Hostname = h.name },
		HostConfigModifier: func(c *container.HostConfig) {
			c.ExtraHosts = extra
			c.PortBindings = bindings
		},
	})
}

// bindings publishes the ports on 127.0.0.1. The observe view enters past the
// gateway's proxies, by the port that is given.
func (p ports) bindings(observed int) (network.PortMap, error) {
	m := network.PortMap{}
	for inside, published := range map[int]string{controlPort: p.control, drivePort: p.drive, observed: p.observe} {
		if published == "" {
			continue
		}
		addr, err := netip.ParseAddrPort(published)
		if err != nil {
			return nil, err
		}
		port, _ := network.PortFrom(uint16(inside), network.TCP) // tcp is a protocol
		m[port] = []network.PortBinding{{HostIP: addr.Addr(), HostPort: fmt.Sprint(addr.Port())}}
	}
	return m, nil
}

// portTaken tells whether the engine could not publish a port.
func portTaken(err error) bool {
	text := err.Error()
	return strings.Contains(text, "port is already allocated") || strings.Contains(text, "address already in use")
}

// run creates and starts a container of the run. A container that was created is
// returned also with an error.
func (t *topology) run(ctx context.Context, req testcontainers.ContainerRequest) (testcontainers.Container, error) {
	c, err := t.create(ctx, req)
	if err != nil {
		return c, err
	}
	return c, c.Start(ctx)
}

func (t *topology) create(ctx context.Context, req testcontainers.ContainerRequest) (testcontainers.Container, error) {
	req.Labels = t.labels()
	return t.engine.CreateContainer(ctx, req)
}

// system makes the container of a node's own program in the node's namespace,
// starts it unless it is a spare one, and keeps it. The requests of its versions are
// made by functions, since a container request can be used once.
func (t *topology) system(ctx context.Context, h *host, st storage, versions map[string]func() testcontainers.ContainerRequest) (*node, error) {
	create := func(ctx context.Context, version string) (string, error) {
		req := versions[version]()
		req.Name = t.layout.system(h)
		if version != topologies.OriginalVersion {
			req.Env = with(req.Env, topologies.VersionVariable, version)
		}
		req.HostConfigModifier = func(c *container.HostConfig) {
			c.NetworkMode = container.NetworkMode("container:" + t.layout.gateway(h))
			limit(c, h.limits)
		}
		c, err := t.create(ctx, req)
		if err != nil {
			return "", fmt.Errorf("create %s: %w", h.name, err)
		}
		if err := st.prepare(ctx, t.engine.API, c.GetContainerID()); err != nil {
			return "", fmt.Errorf("prepare %s: %w", h.name, err)
		}
		return c.GetContainerID(), nil
	}
	id, err := create(ctx, topologies.OriginalVersion)
	if err != nil {
		return nil, err
	}
	log, err := newLogFile(t.engine.API, t.logPath(h.name))
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	n := &node{
		host: h, name: t.layout.system(h), gateway: t.layout.gateway(h), id: id, api: t.engine.API, log: log, storage: st,
		beside: t.clients[h.name],
		create: create, versions: slices.Sorted(maps.Keys(versions)), version: topologies.OriginalVersion,
	}
	t.nodes[h.name] = n
	t.mu.Unlock()
	if h.spare {
		return n, nil
	}
	return n, n.Start(ctx)
}

func with(env map[string]string, name, value string) map[string]string {
	out := maps.Clone(env)
	if out == nil {
		out = map[string]string{}
	}
	out[name] = value
	return out
}

func (t *topology) logPath(name string) string {
	return filepath.Join(t.env.Dir, "logs", name+".log")
}

// follow writes the output of a container that has been started to a log file.
func (t *topology) follow(id, name string) (*logFile, error) {
	log, err := newLogFile(t.engine.API, t.logPath(name))
	if err != nil {
		return nil, err
	}
	log.attach(id)
	return log, nil
}

func (t *topology) startBroker(ctx context.Context, h *host) error {
	settings := properties(h, t.layout.brokers, t.spec.Broker.Config)
	versions := map[string]func() testcontainers.ContainerRequest{}
	for version, image := range t.brokers {
		versions[version] = func() testcontainers.ContainerRequest {
			return testcontainers.ContainerRequest{
				Image:      image,
				Entrypoint: startCommand(t.layout.run),
				Files: []testcontainers.ContainerFile{{
					Reader: strings.NewReader(settings), ContainerFilePath: configFile, FileMode: 0o644,
				}},
			}
		}
	}
	_, err := t.system(ctx, h, storage{dir: logDir}, versions)
	return err
}

// awaitBroker waits until the broker lists all brokers and a controller, and
// ends early where its process does.
func (t *topology) awaitBroker(ctx context.Context, h *host) error {
	t.mu.Lock()
	n := t.nodes[h.name]
	t.mu.Unlock()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	reason := errors.New("it was not asked") // why it does not serve, as of the last answer
	for {
		seen, err := askMembers(ctx, h.ports.observe)
		if err == nil && len(seen.brokers) == len(t.layout.brokers) && seen.controller > 0 {
			return nil
		}
		if err == nil {
			err = fmt.Errorf("it lists %d of %d brokers", len(seen.brokers), len(t.layout.brokers))
		}
		if ctx.Err() == nil {
			reason = err
		}
		s, stateErr := n.State(ctx)
		if stateErr == nil && s.Status == topologies.Exited {
			return topologies.Ended(ctx, n)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%s does not serve (%w), see %s: %w", h.name, reason, n.LogFile(), ctx.Err())
		}
	}
}
