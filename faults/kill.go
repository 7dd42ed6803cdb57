package faults

import (
	"context"
	"fmt"
	"strings"
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

// resolveNodes is how process faults find their victims.
func resolveNodes(ctx context.Context, sys System, s Selector) (Target, error) {
	nodes, why, err := sys.Find(ctx, s)
	if err != nil {
		return Target{}, err
	}
	t := Target{Nodes: nodes, Why: why}
	if s.Broker() {
		t.Whole = sys.Whole
	}
	return t, nil
}

// victim is what a process fault asks of a node.
func victim[T any](n topologies.Node) (T, topologies.Stater, error) {
	act, ok := n.(T)
	st, ok2 := n.(topologies.Stater)
	if !ok || !ok2 {
		var none T
		return none, nil, fmt.Errorf("%s cannot be broken in this way by its provider", n.ID())
	}
	return act, st, nil
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
	ev := history.Evidence{Shown: true, Facts: map[string]any{}}
	var said []string
	for _, n := range in.t.Nodes {
		st, err := n.(topologies.Stater).State(ctx)
		if err != nil {
			return history.Evidence{}, err
		}
		if st.Status != topologies.Exited || st.ExitCode != 137 {
			ev.Shown = false
		}
		said = append(said, fmt.Sprintf("%s %s with code %d", n.ID(), st.Status, st.ExitCode))
		ev.Facts[n.ID()+"_exit_code"] = st.ExitCode
		ev.Facts[n.ID()+"_pid"] = st.PID
	}
	ev.Text = strings.Join(said, ", ")
	ev.Facts["after_ms"] = time.Since(in.began).Milliseconds()
	return ev, nil
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
	ev := history.Evidence{Shown: true, Facts: map[string]any{}}
	var said []string
	for _, n := range in.t.Nodes {
		st, err := n.(topologies.Stater).State(ctx)
		if err != nil {
			return history.Evidence{}, err
		}
		if st.Status != topologies.Running || st.Starts <= in.starts[n.ID()] {
			ev.Shown = false
		}
		said = append(said, fmt.Sprintf("%s %s, start %d", n.ID(), st.Status, st.Starts))
		ev.Facts[n.ID()+"_pid"] = st.PID
	}
	ev.Text = strings.Join(said, ", ")
	return in.t.whole(ctx, ev)
}

// whole adds the cluster's state to evidence about brokers.
func (t Target) whole(ctx context.Context, ev history.Evidence) (history.Evidence, error) {
	if t.Whole == nil {
		return ev, nil
	}
	w, err := t.Whole(ctx)
	if err != nil {
		// A cluster that cannot answer is not whole: look again.
		w = history.Evidence{Text: err.Error()}
	}
	ev.Shown = ev.Shown && w.Shown
	ev.Text = strings.Trim(ev.Text+"; "+w.Text, "; ")
	return ev, nil
}
