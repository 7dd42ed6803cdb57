package faults

import (
	"context"
	"errors"
	"fmt"
	"time"

	"surety/checker/history"
	"surety/topologies"
)

// Restart ends nodes in the way that How says and starts them again at once. With
// several victims each restarts by itself. Grace bounds a stop, as for Stop.
type Restart struct {
	Target Selector      `yaml:"target" json:"target"`
	How    Ending        `yaml:"how" json:"how,omitempty"`
	Grace  time.Duration `yaml:"grace" json:"grace_ns,omitempty"` // 30s unless said
	Disk   Disk          `yaml:"disk" json:"disk,omitempty"`
}

// Name implements Fault.
func (*Restart) Name() string { return "restart" }

// Label implements Fault.
func (r *Restart) Label() string {
	return "restart " + string(r.Target) + r.How.suffix() + r.Disk.suffix()
}

// Check implements Fault.
func (r *Restart) Check() error {
	return errors.Join(r.Target.CheckNodes(), r.How.checkWith(r.Grace), r.Disk.Check())
}

// Draw implements Fault.
func (r *Restart) Draw(pick func(int) int, nodes []Selector) (Fault, error) {
	out := *r
	var err error
	out.Target, err = r.Target.Draw(pick, nodes)
	return &out, err
}

// Needs implements Fault.
func (r *Restart) Needs() []topologies.Capability {
	return append(r.How.needs(r.Target), r.Disk.needs(r.Target)...)
}

// Takes implements Slow.
func (r *Restart) Takes() time.Duration { return graceOr(r.Grace) + leeway }

// Resolve implements Fault.
func (r *Restart) Resolve(ctx context.Context, sys System) (Target, error) {
	return resolveNodes(ctx, sys, r.Target)
}

type restarted struct {
	*revival
	*course
	how endings
}

// Inject implements Fault.
func (r *Restart) Inject(ctx context.Context, t Target) (Injection, error) {
	if err := r.How.canAll(t.Nodes, r.Disk); err != nil {
		return nil, err
	}
	rev, err := newRevival(ctx, t, r.Disk)
	if err != nil {
		return nil, err
	}
	in := &restarted{revival: rev}
	in.course = beginEach(ctx, t.Nodes, func(ctx context.Context, n topologies.Node) error {
		e, err := r.How.end(ctx, n, graceOr(r.Grace))
		if err != nil {
			return err
		}
		in.how.add(n.ID(), e)
		return in.start(ctx, n)
	})
	return in, nil
}

// InEffect reads how every victim ended, and that each runs as a new process.
func (in *restarted) InEffect(ctx context.Context) (history.Evidence, error) {
	if err := in.failed(); err != nil {
		return history.Evidence{}, err
	}
	ev, all := in.how.told(in.t.Nodes)
	now, err := in.t.processes(ctx, func(id string, st topologies.ProcessState) (bool, string) {
		return st.Starts > in.starts[id], fmt.Sprintf("%s, start %d", st.Status, st.Starts)
	})
	ev.Shown = all && now.Shown
	ev.Text += "; " + now.Text
	return ev, err
}

// Heal waits until every victim has been started, and starts those that do not run.
func (in *restarted) Heal(ctx context.Context) error {
	if err := in.finish(ctx); err != nil {
		return fmt.Errorf("the nodes do not restart: %w", err)
	}
	return in.all(ctx)
}

// Healed reads that every victim runs as a new process, and for brokers that the
// cluster is whole again.
func (in *restarted) Healed(ctx context.Context) (history.Evidence, error) { return in.shown(ctx) }
