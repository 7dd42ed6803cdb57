package docker

import (
	"cmp"
	"context"
	"errors"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/moby/moby/client"

	"surety/topologies"
	"surety/topologies/docker/engine"
	"surety/topologies/docker/reaper"
	"surety/topologies/gateway"
	"surety/topologies/images"
)

// topology is a running system under test in containers.
type topology struct {
	engine  *engine.Engine
	layout  *layout
	spec    topologies.Spec
	env     topologies.Env
	finder  *portFinder
	reaper  *reaper.Watch     // nil where there can be none
	kafka   string            // image of the brokers, as it was chosen
	brokers map[string]string // by version, with an archive of its classes
	verify  string            // image of ours
	// database is the image of the database, as it was chosen; empty = there is none.
	database string
	shared   *topology // the brokers that it is on; nil for those themselves

	mu       sync.Mutex
	clients  map[string]*gateway.Client // by node
	nodes    map[string]*node           // by name, once created
	logs     []*logFile                 // of gateways
	launched bool
	closed   bool
}

var (
	_ topologies.Topology  = (*topology)(nil)
	_ topologies.Databased = (*topology)(nil)
	_ topologies.Serving   = (*topology)(nil)
)

// Nodes are the brokers and the services, and the processors once they are launched, in
// the order of the plan.
func (t *topology) Nodes() []topologies.Node {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []topologies.Node
	for _, h := range t.layout.hosts() {
		if n := t.nodes[h.name]; n != nil {
			all = append(all, n)
		}
	}
	return all
}

// Links are the directed connections between nodes, and from the driver to each
// broker and service. Those of processors exist before they are launched.
func (t *topology) Links() []topologies.Link {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []topologies.Link
	for _, h := range t.layout.hosts() {
		if c := t.clients[h.name]; c != nil {
			all = append(all, c.Links()...)
		}
	}
	return all
}

// Brokers gives the addresses that the brokers advertise to the driver, for both
// views; the observer's dialer goes around the proxies.
func (t *topology) Brokers(v topologies.View) topologies.Endpoint {
	var e topologies.Endpoint
	observe := map[string]string{}
	for _, b := range t.layout.brokers {
		e.Seeds = append(e.Seeds, b.ports.drive)
		observe[b.ports.drive] = b.ports.observe
	}
	if v == topologies.Observe {
		e.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			if own, ok := observe[addr]; ok {
				addr = own
			}
			return new(net.Dialer).DialContext(ctx, network, addr)
		}
	}
	return e
}

// Versions tells which images run, and on what. The version of an image that the
// user chose is not known.
func (t *topology) Versions() map[string]string {
	v := map[string]string{
		"kafka-image": t.kafka,
		"verify":      t.verify,
		"docker":      t.engine.Version,
	}
	if t.env.Images["kafka"] == "" {
		v["kafka"] = cmp.Or(t.spec.Broker.Version, images.Kafka.Version)
	}
	t.databaseVersions(v)
	return v
}

// requireImages makes sure of the images of the processors.
func (t *topology) requireImages(ctx context.Context, all []topologies.ProcessorSpec) error {
	for _, one := range all {
		for _, s := range one.Programs() {
			image, err := t.imageOf(ctx, s)
			if err != nil {
				return err
			}
			if s.Image != "" && image != s.Image {
				t.logf("image %s replaces %s\n", image, s.Image)
			}
		}
	}
	return nil
}

// closeWithin bounds the tearing down, which also a cancelled run does.
const closeWithin = time.Minute

// Close removes the processors with their gateways, whoever of them was started,
// and ends the topology's logs. The brokers go on. A second call does nothing.
func (t *topology) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeWithin)
	defer cancel()
	t.mu.Lock()
	closed := t.closed
	t.closed = true
	logs := slices.Clone(t.logs)
	var names []string
	for _, h := range t.layout.processors {
		names = append(names, t.layout.system(h), t.layout.gateway(h))
		if c := t.clients[h.name]; c != nil {
			c.Close()
		}
		if n := t.nodes[h.name]; n != nil {
			logs = append(logs, n.log)
		}
	}
	t.mu.Unlock()
	if closed || t.shared == nil {
		return nil
	}
	err := each(names, func(name string) error {
		_, err := t.engine.API.ContainerRemove(ctx, name, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
		return reaper.Gone(err)
	})
	for _, l := range logs {
		err = errors.Join(err, l.close(ctx))
	}
	return errors.Join(err, t.shared.logTo(ctx, ""))
}

// logTo makes all nodes log below the run's directory from now on, or nowhere.
func (t *topology) logTo(ctx context.Context, dir string) error {
	t.mu.Lock()
	t.env.Dir = dir
	logs := slices.Clone(t.logs)
	for _, n := range t.nodes {
		logs = append(logs, n.log)
	}
	t.mu.Unlock()
	return each(logs, func(l *logFile) error {
		if dir == "" {
			return l.park(ctx)
		}
		return l.resume(ctx, t.logPath(strings.TrimSuffix(filepath.Base(l.name()), ".log")))
	})
}
