// Package docker brings up real clusters in containers. A node is two of them,
// like a pod: the gateway owns the network namespace, the host name, the
// published ports and all proxies; the system joins it. Killing, pausing or
// starting the system moves no address, no port and no proxy.
package docker

import (
	"context"
	"errors"
	"fmt"

	"surety/topologies"
	"surety/topologies/docker/engine"
)

// Provider brings topologies up in the container engine of this machine.
type Provider struct {
	self func(ctx context.Context, arch string) (string, error) // topologies.Self
}

var _ topologies.Clusterer = (*Provider)(nil)

// New makes the provider. Nothing is contacted before Up.
func New() *Provider { return &Provider{self: topologies.Self} }

// Name is "docker".
func (*Provider) Name() string { return "docker" }

// Capabilities are all that there are but processors as commands of this machine.
func (*Provider) Capabilities() topologies.Set {
	return topologies.NewSet(
		topologies.KillProcessor, topologies.PauseProcessor, topologies.StopProcessor, topologies.EmptyProcessor,
		topologies.UpgradeProcessor, topologies.ScaleProcessor, topologies.UpgradeBroker,
		topologies.KillBroker, topologies.PauseBroker, topologies.StopBroker, topologies.EmptyBroker,
		topologies.CutProcessors, topologies.CutOneProcessor, topologies.CutBrokers, topologies.OneWay,
		topologies.LagLinks, topologies.LimitLinks, topologies.ResetLinks, topologies.Intercept,
		topologies.DiscardHeld, topologies.RefuseLinks, topologies.RejectLinks,
		topologies.RunImage, topologies.LimitNodes, topologies.Database, topologies.TakeOrders,
	)
}

// Cluster implements topologies.Clusterer. What the machine lacks is a
// *topologies.EnvironmentError.
func (p *Provider) Cluster(ctx context.Context, spec topologies.Spec, env topologies.Env) (topologies.Cluster, error) {
	c, err := p.cluster(ctx, spec, env)
	if c == nil {
		return nil, err
	}
	return c, err
}

func (p *Provider) cluster(ctx context.Context, spec topologies.Spec, env topologies.Env) (*cluster, error) {
	l, err := plan(spec, env.Run)
	if err != nil {
		return nil, err
	}
	e, err := engine.Open(ctx)
	if err != nil {
		return nil, err
	}
	c := &cluster{brokers: &topology{
		engine: e, layout: &layout{run: l.run, brokers: l.brokers, services: l.services}, env: env, spec: spec, finder: newPortFinder(l.run),
	}}
	return c, c.cutOff(c.start(ctx, p.self))
}

// Up starts a cluster for this topology alone. It ends with the topology.
func (p *Provider) Up(ctx context.Context, spec topologies.Spec, env topologies.Env) (topologies.Topology, error) {
	c, err := p.cluster(ctx, spec, env)
	if c == nil {
		return nil, err
	}
	own := &alone{topology: c.brokers, cluster: c}
	if err != nil {
		return own, err
	}
	t, err := c.join(ctx, spec, env)
	if t != nil {
		own.topology = t
	}
	return own, err
}

// alone is a topology with a cluster of its own.
type alone struct {
	*topology
	cluster *cluster
}

// Close removes the cluster as well.
func (a *alone) Close(ctx context.Context) error {
	return errors.Join(a.topology.Close(ctx), a.cluster.Close(ctx))
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
