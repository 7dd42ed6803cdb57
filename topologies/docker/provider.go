// Package docker brings up real clusters in containers. A node is two of them,
// like a pod: the gateway owns the network namespace, the host name, the
// published ports and all proxies; the system joins it. Killing, pausing or
// starting the system moves no address, no port and no proxy.
package docker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"surety/topologies"
	"surety/topologies/docker/engine"
	"surety/topologies/images"
)

// Provider brings topologies up in the container engine of this machine.
type Provider struct {
	self func(ctx context.Context, arch string) (string, error) // topologies.Self
}

var _ topologies.Provider = (*Provider)(nil)

// New makes the provider. Nothing is contacted before Up.
func New() *Provider { return &Provider{self: topologies.Self} }

// Name is "docker".
func (*Provider) Name() string { return "docker" }

// Capabilities are all that there are but processors as commands of this machine.
func (*Provider) Capabilities() topologies.Set {
	return topologies.NewSet(
		topologies.KillProcessor, topologies.PauseProcessor, topologies.StopProcessor, topologies.EmptyProcessor,
		topologies.KillBroker, topologies.PauseBroker, topologies.StopBroker, topologies.EmptyBroker,
		topologies.CutProcessors, topologies.CutOneProcessor, topologies.CutBrokers, topologies.OneWay,
		topologies.LagLinks, topologies.LimitLinks, topologies.ResetLinks,
		topologies.DiscardHeld, topologies.RefuseLinks, topologies.RejectLinks,
		topologies.RunImage, topologies.LimitNodes,
	)
}

// serveWithin bounds the start of the brokers, on a machine under load.
const serveWithin = 3 * time.Minute

// Up starts the gateways of all nodes and the brokers, and returns when every
// broker lists all brokers and a controller. What the machine lacks is a
// *topologies.EnvironmentError.
func (p *Provider) Up(ctx context.Context, spec topologies.Spec, env topologies.Env) (topologies.Topology, error) {
	l, err := plan(spec, env.Run)
	if err != nil {
		return nil, err
	}
	e, err := engine.Open(ctx)
	if err != nil {
		return nil, err
	}
	t := &topology{engine: e, layout: l, env: env, spec: spec}
	if err := t.up(ctx, p.self); err != nil {
		return t, err
	}
	return t, nil
}

func (t *topology) up(ctx context.Context, self func(context.Context, string) (string, error)) error {
	kafka, err := images.Kafka.Choose(ctx, t.engine, t.spec.Broker.Version, t.env.Images["kafka"])
	if err != nil {
		return err
	}
	t.kafka, t.brokers = kafka, t.withClasses(ctx, kafka)
	if err := ctx.Err(); err != nil {
		return err
	}
	for i, s := range t.spec.Processors {
		if s.Image == "" {
			continue
		}
		if s.Image = imageOf(s, t.env.Images); s.Image != t.spec.Processors[i].Image {
			t.logf("image %s replaces %s\n", s.Image, t.spec.Processors[i].Image)
		}
		if err := images.Require(ctx, t.engine, s.Image); err != nil {
			return err
		}
	}
	t.logf("preparing the image of verify\n")
	binary, err := self(ctx, t.engine.Arch)
	if err != nil {
		return err
	}
	if t.verify, err = verifyImage(ctx, t.engine, binary); err != nil {
		return err
	}
	t.finder = newPortFinder(t.layout.run)
	t.logf("starting the reaper\n")
	if err := t.startReaper(ctx, binary); err != nil {
		return err
	}
	if err := t.createNetwork(ctx); err != nil {
		return err
	}
	began := time.Now()
	t.logf("starting %d brokers (%s)\n", len(t.layout.brokers), t.kafka)
	if err := each(t.layout.hosts(), func(h *host) error { return t.startGateway(ctx, h) }); err != nil {
		return err
	}
	if err := each(t.layout.brokers, func(h *host) error { return t.startBroker(ctx, h) }); err != nil {
		return err
	}
	t.logf("waiting until the brokers serve\n")
	ctx, cancel := context.WithTimeout(ctx, serveWithin)
	defer cancel()
	if err := each(t.layout.brokers, func(h *host) error { return t.awaitBroker(ctx, h) }); err != nil {
		return err
	}
	t.logf("%d brokers serve after %s\n", len(t.layout.brokers), time.Since(began).Round(100*time.Millisecond))
	return nil
}

// each does the same to all at once and joins the errors.
func each[T any](all []T, do func(T) error) error {
	errs := make([]error, len(all))
	done := make(chan struct{})
	for i, one := range all {
		go func() {
			errs[i] = do(one)
			done <- struct{}{}
		}()
	}
	for range all {
		<-done
	}
	return errors.Join(errs...)
}

func (t *topology) logf(format string, args ...any) {
	if t.env.Log != nil {
		_, _ = fmt.Fprintf(t.env.Log, format, args...) // progress only
	}
}
