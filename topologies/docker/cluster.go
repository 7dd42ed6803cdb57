package docker

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"surety/topologies"
	"surety/topologies/docker/reaper"
	"surety/topologies/images"
)

// cluster is brokers behind their gateways, with the network and the reaper that
// they share with the processors of whatever topology is on them.
type cluster struct {
	brokers *topology // with no processors
	began   time.Time

	mu     sync.Mutex
	joined int  // topologies so far
	broken bool // a start was cut off: the engine may still be making something
	closed bool
}

var _ topologies.Cluster = (*cluster)(nil)

// cutOff notes a start that did not end well.
func (c *cluster) cutOff(err error) error {
	if err != nil {
		c.mu.Lock()
		c.broken = true
		c.mu.Unlock()
	}
	return err
}

// start makes everything of the cluster and does not wait until it serves.
func (c *cluster) start(ctx context.Context, self func(context.Context, string) (string, error)) error {
	t := c.brokers
	kafka, err := images.Kafka.Choose(ctx, t.engine, t.spec.Broker.Version, t.env.Images["kafka"])
	if err != nil {
		return err
	}
	t.kafka, t.brokers = kafka, map[string]string{topologies.OriginalVersion: t.withClasses(ctx, kafka)}
	for _, version := range t.spec.Broker.Upgrades {
		image, err := images.Kafka.Choose(ctx, t.engine, version, "")
		if err != nil {
			return err
		}
		t.brokers[version] = t.withClasses(ctx, image)
	}
	if err := t.chooseDatabase(ctx); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := t.requireImages(ctx, t.spec.Processors); err != nil {
		return err
	}
	t.logf("preparing the image of verify\n")
	binary, err := self(ctx, t.engine.Arch)
	if err != nil {
		return err
	}
	if t.verify, err = verifyImage(ctx, t.engine, binary); err != nil {
		return err
	}
	t.logf("starting the reaper\n")
	if err := t.startReaper(ctx, binary); err != nil {
		return err
	}
	if err := t.createNetwork(ctx); err != nil {
		return err
	}
	c.began = time.Now()
	t.logf("starting %d brokers (%s)\n", len(t.layout.brokers), t.kafka)
	if err := each(t.layout.cluster(), func(h *host) error { return t.startGateway(ctx, h) }); err != nil {
		return err
	}
	return each(t.layout.cluster(), func(h *host) error {
		if h.serves != nil {
			return h.serves.start(ctx, t, h)
		}
		return t.startBroker(ctx, h)
	})
}

// Join implements topologies.Cluster.
func (c *cluster) Join(ctx context.Context, spec topologies.Spec, env topologies.Env) (topologies.Topology, error) {
	t, err := c.join(ctx, spec, env)
	if t == nil {
		return nil, err
	}
	return t, err
}

// settle is how long the engine may take to make what was asked of it before a
// start was cut off.
const settle = time.Second

// serveWithin bounds the start of the brokers, on a machine under load.
const serveWithin = 3 * time.Minute

func (c *cluster) join(ctx context.Context, spec topologies.Spec, env topologies.Env) (*topology, error) {
	c.mu.Lock()
	c.joined++
	nth := c.joined
	c.mu.Unlock()
	b := c.brokers
	l, err := b.layout.with(spec.Processors, nth)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	t := &topology{
		engine: b.engine, layout: l, spec: spec, env: env, finder: b.finder, reaper: b.reaper,
		kafka: b.kafka, verify: b.verify, database: b.database, shared: b,
		clients: maps.Clone(b.clients), nodes: maps.Clone(b.nodes),
	}
	b.mu.Unlock()
	if nth > 1 {
		if err := b.logTo(ctx, env.Dir); err != nil {
			return t, err
		}
	}
	if nth == 1 {
		t.logf("waiting until the brokers serve\n")
	} else if err := t.requireImages(ctx, spec.Processors); err != nil {
		return t, err
	}
	// A gateway takes its time beside that of the brokers.
	ctx, cancel := context.WithTimeout(ctx, serveWithin)
	defer cancel()
	err = each(l.hosts(), func(h *host) error {
		switch {
		case h.kind == topologies.ProcessorNode:
			return t.startGateway(ctx, h)
		case h.serves != nil:
			return h.serves.await(ctx, t, h)
		}
		return t.awaitBroker(ctx, h)
	})
	if c.cutOff(err) != nil {
		return t, err
	}
	if nth == 1 {
		t.logf("%d brokers serve after %s\n", len(l.brokers), time.Since(c.began).Round(100*time.Millisecond))
	}
	return t, nil
}

// Whole implements topologies.Cluster.
func (c *cluster) Whole(ctx context.Context) error {
	for _, n := range c.brokers.Nodes() {
		s, err := n.(topologies.Stater).State(ctx)
		switch {
		case err != nil:
			return err
		case s.Status != topologies.Running:
			return fmt.Errorf("%s is %s", n.ID(), s.Status)
		}
	}
	for _, l := range c.brokers.Links() {
		tr, err := l.(topologies.Meter).Traffic(ctx)
		switch {
		case err != nil:
			return err
		case tr.On != "":
			return fmt.Errorf("the link %s -> %s:%s is still %s", l.From(), l.To(), l.Port(), tr.On)
		}
	}
	return nil
}

// Close removes every container, network and volume of the cluster, whoever of
// them was started, waits for the logs to end, and lets the reaper go last.
func (c *cluster) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeWithin)
	defer cancel()
	c.mu.Lock()
	closed := c.closed
	c.closed = true
	var wait time.Duration
	if c.broken {
		wait = settle
	}
	c.mu.Unlock()
	if closed {
		return nil
	}
	b := c.brokers
	b.mu.Lock()
	for _, cl := range b.clients {
		cl.Close()
	}
	logs := slices.Clone(b.logs)
	for _, n := range b.nodes {
		logs = append(logs, n.log)
	}
	b.mu.Unlock()

	_, err := reaper.Sweep(ctx, b.engine.API, b.layout.run, wait)
	// The reaper watches until nothing else is left. Where the sweep failed, it goes
	// on after the connection is closed.
	if err == nil {
		err = reaper.RemoveReaper(ctx, b.engine.API, b.layout.run)
	}
	if b.reaper != nil {
		b.reaper.Close()
	}
	for _, l := range logs {
		err = errors.Join(err, l.close(ctx))
	}
	return errors.Join(err, b.engine.Close())
}
