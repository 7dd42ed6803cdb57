package faults

import (
	"context"
	"fmt"
	"time"

	"surety/checker/history"
	"surety/topologies"
)

// Kill ends nodes at once (SIGKILL) and starts them again when it is healed, with
// their addresses and disks kept.
type Kill struct {
	Target Selector `yaml:"target" json:"target"`
}

// Name implements Fault.
func (*Kill) Name() string { return "kill" }

// Label implements Fault.
func (k *Kill) Label() string { return "kill " + string(k.Target) }

// Check implements Fault.
func (k *Kill) Check() error { return k.Target.Check() }

// Draw implements Fault.
func (k *Kill) Draw(pick func(int) int, nodes []Selector) (Fault, error) {
	t, err := k.Target.Draw(pick, nodes)
	return &Kill{Target: t}, err
}

// Needs implements Fault.
func (k *Kill) Needs() []topologies.Capability {
	if k.Target.Broker() {
		return []topologies.Capability{topologies.KillBroker}
	}
	return []topologies.Capability{topologies.KillProcessor}
}

// Resolve implements Fault.
func (k *Kill) Resolve(ctx context.Context, sys System) (Target, error) {
	return resolveNodes(ctx, sys, k.Target)
}

type killed struct {
	t      Target
	began  time.Time
	starts map[string]int // before the kill
}

// Inject implements Fault.
func (k *Kill) Inject(ctx context.Context, t Target) (Injection, error) {
	in := &killed{t: t, began: time.Now(), starts: map[string]int{}}
	for _, n := range t.Nodes {
		_, st, err := victim[topologies.Killer](n)
		if err != nil {
			return nil, err
		}
		before, err := st.State(ctx)
		if err != nil {
			return nil, err
		}
		in.starts[n.ID()] = before.Starts
	}
	return in, together(ctx, t.Nodes, func(ctx context.Context, n topologies.Node) error {
		return n.(topologies.Killer).Kill(ctx)
	})
}

// InEffect reads from the system that every victim ended by the signal.
func (in *killed) InEffect(ctx context.Context) (history.Evidence, error) {
	ev, err := in.t.processes(ctx, func(_ string, st topologies.ProcessState) (bool, string) {
		return st.Status == topologies.Exited && st.ExitCode == 137, fmt.Sprintf("%s with code %d", st.Status, st.ExitCode)
	})
	if err == nil {
		ev.Facts["after_ms"] = time.Since(in.began).Milliseconds()
	}
	return ev, err
}

// Heal starts the victims that do not run.
func (in *killed) Heal(ctx context.Context) error {
	return together(ctx, in.t.Nodes, func(ctx context.Context, n topologies.Node) error {
		st, err := n.(topologies.Stater).State(ctx)
		if err != nil {
			return err
		}
		if st.Status != topologies.Exited {
			return nil
		}
		s, ok := n.(topologies.Starter)
		if !ok {
			return fmt.Errorf("%s cannot be started again by its provider", n.ID())
		}
		return s.Start(ctx)
	})
}

// Healed reads that every victim runs as a new process, and for brokers that the
// cluster is whole again.
func (in *killed) Healed(ctx context.Context) (history.Evidence, error) {
	ev, err := in.t.processes(ctx, func(id string, st topologies.ProcessState) (bool, string) {
		return st.Status == topologies.Running && st.Starts > in.starts[id], fmt.Sprintf("%s, start %d", st.Status, st.Starts)
	})
	if err != nil {
		return ev, err
	}
	return in.t.whole(ctx, ev)
}
