package faults

import (
	"context"
	"time"

	"surety/checker/history"
	"surety/topologies"
)

// Pause stops the threads of nodes and continues them when it is healed: the
// cheapest way to a zombie, an expired session, a late commit.
type Pause struct {
	Target Selector `yaml:"target" json:"target"`
}

// Name implements Fault.
func (*Pause) Name() string { return "pause" }

// Label implements Fault.
func (p *Pause) Label() string { return "pause " + string(p.Target) }

// Check implements Fault.
func (p *Pause) Check() error { return p.Target.CheckNodes() }

// Draw implements Fault.
func (p *Pause) Draw(pick func(int) int, nodes []Selector) (Fault, error) {
	t, err := p.Target.Draw(pick, nodes)
	return &Pause{Target: t}, err
}

// Needs implements Fault.
func (p *Pause) Needs() []topologies.Capability {
	return forNodes(p.Target, topologies.PauseBroker, topologies.PauseProcessor)
}

// Resolve implements Fault.
func (p *Pause) Resolve(ctx context.Context, sys System) (Target, error) {
	return resolveNodes(ctx, sys, p.Target)
}

type paused struct {
	t       Target
	began   time.Time
	members membership
}

// Inject implements Fault.
func (p *Pause) Inject(ctx context.Context, t Target) (Injection, error) {
	for _, n := range t.Nodes {
		if _, _, err := victim[topologies.Pauser](n); err != nil {
			return nil, err
		}
	}
	return &paused{t: t, members: t.members(ctx), began: time.Now()}, together(ctx, t.Nodes, func(ctx context.Context, n topologies.Node) error {
		return n.(topologies.Pauser).Pause(ctx)
	})
}

func (in *paused) look(ctx context.Context, want topologies.Status) (history.Evidence, error) {
	ev, err := in.t.processes(ctx, func(_ string, st topologies.ProcessState) (bool, string) {
		return st.Status == want, string(st.Status)
	})
	if err == nil {
		ev.Facts["after_ms"] = time.Since(in.began).Milliseconds()
	}
	return ev, err
}

// InEffect reads from the system that every victim is stopped, and from the group's
// coordinator whether their sessions have ended.
func (in *paused) InEffect(ctx context.Context) (history.Evidence, error) {
	ev, err := in.look(ctx, topologies.Paused)
	if err == nil {
		in.members.tell(ctx, &ev)
	}
	return ev, err
}

// Heal continues the victims that are stopped.
func (in *paused) Heal(ctx context.Context) error { return resume(ctx, in.t.Nodes) }

// resume continues the nodes that stand still.
func resume(ctx context.Context, nodes []topologies.Node) error {
	return together(ctx, nodes, func(ctx context.Context, n topologies.Node) error {
		st, err := n.(topologies.Stater).State(ctx)
		if err != nil || st.Status != topologies.Paused {
			return err
		}
		return n.(topologies.Pauser).Resume(ctx)
	})
}

// Healed reads that every victim runs.
func (in *paused) Healed(ctx context.Context) (history.Evidence, error) {
	ev, err := in.look(ctx, topologies.Running)
	if err != nil {
		return ev, err
	}
	return in.t.whole(ctx, ev)
}
