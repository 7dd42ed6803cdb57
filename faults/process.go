package faults

import (
	"context"
	"fmt"
	"strings"

	"surety/checker/history"
	"surety/topologies"
)

// resolveNodes is how process faults find their victims.
func resolveNodes(ctx context.Context, sys System, s Selector) (Target, error) {
	nodes, err := sys.Find(ctx, s)
	if err != nil {
		return Target{}, err
	}
	t := Target{Nodes: nodes}
	if s.shared() {
		t.Whole = sys.Whole
	}
	if s.means(topologies.ProcessorNode) {
		t.Group = sys.Group
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

// processes reads the state of every victim's process from the system and asks good
// whether it is as wanted, and how to say it.
func (t Target) processes(
	ctx context.Context, good func(id string, st topologies.ProcessState) (bool, string),
) (history.Evidence, error) {
	ev := history.Evidence{Shown: true, Facts: map[string]any{}}
	var said []string
	for _, n := range t.Nodes {
		st, err := n.(topologies.Stater).State(ctx)
		if err != nil {
			return history.Evidence{}, err
		}
		shown, text := good(n.ID(), st)
		ev.Shown = ev.Shown && shown
		said = append(said, n.ID()+" "+text)
		ev.Facts[n.ID()+"_pid"] = st.PID
		if st.Status == topologies.Exited {
			ev.Facts[n.ID()+"_exit_code"] = st.ExitCode
		}
	}
	ev.Text = strings.Join(said, ", ")
	return ev, nil
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
