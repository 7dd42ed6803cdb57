package embedded

import (
	"context"
	"errors"
	"strconv"
	"sync"

	"surety/topologies"
)

// topology is a running embedded topology.
type topology struct {
	spec topologies.Spec
	env  topologies.Env
	self []string

	cluster *cluster
	links   []topologies.Link

	mu         sync.Mutex
	launched   bool
	processors []*process

	closeOnce sync.Once
	closeErr  error
}

func (t *topology) up(ctx context.Context) error {
	c, err := newCluster(ctx, t.spec.Broker.Nodes, t.spec.Broker.Config, t.effects(), t.clients()...)
	if err != nil {
		return err
	}
	t.cluster = c
	t.links = c.client.Links()
	return nil
}

// clients are all that have proxies of their own: the driver and every instance.
func (t *topology) clients() []string {
	out := []string{string(topologies.Drive)}
	for _, spec := range t.spec.Processors {
		for i := 1; i <= spec.Instances+spec.Spare; i++ {
			out = append(out, instanceName(spec, i))
		}
	}
	return out
}

// broker is an emulated broker. Nothing can be done to it.
type broker string

func (b broker) ID() string                { return string(b) }
func (b broker) Kind() topologies.NodeKind { return topologies.BrokerNode }

// brokerName names the i-th broker, counted from 0.
func brokerName(i int) string { return "broker-" + strconv.Itoa(i+1) }

// Nodes implements topologies.Topology: the brokers, the sinks that take effects, then
// what was launched.
func (t *topology) Nodes() []topologies.Node {
	var nodes []topologies.Node
	for i := range t.spec.Broker.Nodes {
		nodes = append(nodes, broker(brokerName(i)))
	}
	for _, name := range t.spec.Effects {
		nodes = append(nodes, effects(topologies.SinkID(name)))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range t.processors {
		nodes = append(nodes, p)
	}
	return nodes
}

// Links implements topologies.Topology: one from each client to each broker, and from
// each processor to each sink that takes effects.
func (t *topology) Links() []topologies.Link { return t.links }

// Brokers implements topologies.Topology.
func (t *topology) Brokers(v topologies.View) topologies.Endpoint {
	if t.cluster == nil {
		return topologies.Endpoint{}
	}
	to := t.cluster.ways[string(topologies.Drive)]
	if v == topologies.Observe {
		to = t.cluster.brokers()
	}
	return topologies.Endpoint{Seeds: t.cluster.told, Dial: t.cluster.dial(to)}
}

// Versions implements topologies.Topology.
func (t *topology) Versions() map[string]string {
	v := versions()
	v["broker"] = "kfake (emulated Kafka)"
	return v
}

// Close implements topologies.Topology: the processors first, as the brokers
// would otherwise go away under them and fill their logs.
func (t *topology) Close(ctx context.Context) error {
	t.closeOnce.Do(func() {
		t.mu.Lock()
		t.launched = true // nothing may be launched any more
		processors := t.processors
		t.mu.Unlock()
		errs := make([]error, len(processors))
		var all sync.WaitGroup
		for i, p := range processors {
			all.Go(func() { errs[i] = p.end(ctx) })
		}
		all.Wait()
		if t.cluster != nil {
			errs = append(errs, t.cluster.close(ctx))
		}
		t.closeErr = errors.Join(errs...)
	})
	return t.closeErr
}
