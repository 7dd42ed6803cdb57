package faults

import (
	"context"
	"errors"
	"fmt"
	"time"

	"surety/checker/history"
	"surety/topologies"
)

// Stop asks nodes to end with their stop signal, as a rolling upgrade does, and
// starts them again when it is healed. A node that has not ended after Grace is
// killed.
type Stop struct {
	Target Selector      `yaml:"target" json:"target"`
	Grace  time.Duration `yaml:"grace" json:"grace_ns,omitempty"` // 30s unless said
	Disk   Disk          `yaml:"disk" json:"disk,omitempty"`
}

// Name implements Fault.
func (*Stop) Name() string { return "stop" }

// Label implements Fault.
func (s *Stop) Label() string { return "stop " + string(s.Target) + s.Disk.suffix() }

// Check implements Fault.
func (s *Stop) Check() error {
	return errors.Join(s.Target.CheckNodes(), checkGrace(s.Grace), s.Disk.Check())
}

// Draw implements Fault.
func (s *Stop) Draw(pick func(int) int, nodes []Selector) (Fault, error) {
	t, err := s.Target.Draw(pick, nodes)
	return &Stop{Target: t, Grace: s.Grace, Disk: s.Disk}, err
}

// Needs implements Fault.
func (s *Stop) Needs() []topologies.Capability {
	return append(ByStop.needs(s.Target), s.Disk.needs(s.Target)...)
}

// Takes implements Slow.
func (s *Stop) Takes() time.Duration { return graceOr(s.Grace) + leeway }

// Resolve implements Fault.
func (s *Stop) Resolve(ctx context.Context, sys System) (Target, error) {
	return resolveNodes(ctx, sys, s.Target)
}

type stopped struct {
	*revival
	*course
	how endings
}

// Inject implements Fault. The victims end while the fault is on: asking them does
// not wait.
func (s *Stop) Inject(ctx context.Context, t Target) (Injection, error) {
	if err := ByStop.canAll(t.Nodes, s.Disk); err != nil {
		return nil, err
	}
	r, err := newRevival(ctx, t, s.Disk)
	if err != nil {
		return nil, err
	}
	in := &stopped{revival: r}
	grace := graceOr(s.Grace)
	in.course = beginEach(ctx, t.Nodes, func(ctx context.Context, n topologies.Node) error {
		e, err := ByStop.end(ctx, n, grace)
		if err == nil {
			in.how.add(n.ID(), e)
		}
		return err
	})
	return in, nil
}

// InEffect reads from the system that every victim has ended, and how.
func (in *stopped) InEffect(context.Context) (history.Evidence, error) {
	ev, all := in.how.told(in.t.Nodes)
	ev.Shown = all
	return ev, in.failed()
}

// Heal waits until every victim has ended, and starts them.
func (in *stopped) Heal(ctx context.Context) error {
	if err := in.finish(ctx); err != nil {
		return fmt.Errorf("the nodes do not stop: %w", err)
	}
	return in.all(ctx)
}

// Healed reads that every victim runs as a new process, and for brokers that the
// cluster is whole again.
func (in *stopped) Healed(ctx context.Context) (history.Evidence, error) { return in.shown(ctx) }
