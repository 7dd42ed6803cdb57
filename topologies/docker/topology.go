package docker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/moby/moby/client"

	"surety/topologies"
	"surety/topologies/docker/engine"
	"surety/topologies/gateway"
)

// topology is a running system under test in containers.
type topology struct {
	engine *engine.Engine
	layout *layout
	spec   topologies.Spec
	env    topologies.Env
	finder *portFinder
	kafka  string // image of the brokers
	verify string // image of ours

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
		v["kafka"] = cmp.Or(t.spec.Broker.Version, defaultKafka)
	}
	return v
}

// closeWithin bounds the tearing down, which also a cancelled run does.
const closeWithin = time.Minute

// Close removes every container and network of the run, whoever of them was
// started, and waits for the logs to end. A second call does nothing.
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

	err := remove(ctx, t.engine.API, t.layout.run)
	for _, l := range logs {
		err = errors.Join(err, l.close(ctx))
	}
	return errors.Join(err, t.engine.Close())
}

// remove deletes what the engine holds with the run's label. It looks again
// until nothing is left: a request that was cancelled may still have made one.
func remove(ctx context.Context, api client.APIClient, run string) error {
	mine := make(client.Filters).Add("label", "surety.run="+run)
	for {
		containers, err := api.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: mine})
		if err != nil {
			return fmt.Errorf("list the containers of run %s: %w", run, err)
		}
		networks, err := api.NetworkList(ctx, client.NetworkListOptions{Filters: mine})
		if err != nil {
			return fmt.Errorf("list the networks of run %s: %w", run, err)
		}
		if len(containers.Items) == 0 && len(networks.Items) == 0 {
			return nil
		}
		var ids []string
		for _, c := range containers.Items {
			ids = append(ids, c.ID)
		}
		err = each(ids, func(id string) error {
			_, err := api.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
			return gone(err)
		})
		for _, n := range networks.Items {
			_, removeErr := api.NetworkRemove(ctx, n.ID, client.NetworkRemoveOptions{})
			err = errors.Join(err, gone(removeErr))
		}
		if err == nil {
			continue // look again
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("remove the containers of run %s: %w", run, err)
		case <-time.After(200 * time.Millisecond):
		}
	}
}
