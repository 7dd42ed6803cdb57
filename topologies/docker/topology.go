package docker

import (
	"cmp"
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"time"

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
	reaper  *reaper.Watch // nil where there can be none
	kafka   string        // image of the brokers, as it was chosen
	brokers string        // the same with an archive of its classes
	verify  string        // image of ours

	mu       sync.Mutex
	clients  map[string]*gateway.Client // by node
	nodes    map[string]*node           // by name, once created
	logs     []*logFile                 // of gateways
	launched bool
	closed   bool
}

var _ topologies.Topology = (*topology)(nil)

// Nodes are the brokers, and the processors once they are launched, in the order
// of the plan.
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
// broker. Those of processors exist before they are launched.
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
	return v
}

// closeWithin bounds the tearing down, which also a cancelled run does.
const closeWithin = time.Minute

// Close removes every container and network of the run, whoever of them was
// started, waits for the logs to end, and lets the reaper go last. A second call does nothing.
func (t *topology) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeWithin)
	defer cancel()
	t.mu.Lock()
	if t.closed {
		t.mu.Unlock()
		return nil
	}
	t.closed = true
	for _, c := range t.clients {
		c.Close()
	}
	logs := slices.Clone(t.logs)
	for _, n := range t.nodes {
		logs = append(logs, n.log)
	}
	t.mu.Unlock()

	_, err := reaper.Sweep(ctx, t.engine.API, t.layout.run, 0)
	// The reaper watches until nothing else is left. Where the sweep failed, it goes
	// on after the connection is closed.
	if err == nil {
		err = reaper.RemoveReaper(ctx, t.engine.API, t.layout.run)
	}
	if t.reaper != nil {
		t.reaper.Close()
	}
	for _, l := range logs {
		err = errors.Join(err, l.close(ctx))
	}
	return errors.Join(err, t.engine.Close())
}
