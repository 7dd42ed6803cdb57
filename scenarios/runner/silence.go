package runner

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"surety/topologies"
)

// lookWithin bounds a look at a system that does not do what it should.
const lookWithin = 2 * time.Second

// instead tells what the system did where nothing that was sent came through: records
// that do not say what they are, and records in other topics.
func (e *execution) instead(ctx context.Context) string {
	var b strings.Builder
	for i, k := range e.plan.Sinks {
		if what := e.unreadable[i].String(); what != "" {
			fmt.Fprintf(&b, "\n%s shows %s: keep the value, or say identity: of this sink", k.Name, what)
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookWithin)
	defer cancel()
	held, err := e.admin.Held(ctx)
	if err != nil {
		return b.String() // the brokers may be what is wrong
	}
	called := map[string]string{}
	for name, topic := range e.plan.Topics() {
		called[topic] = name
	}
	for _, topic := range slices.Sorted(maps.Keys(held)) {
		name, ours := called[topic]
		switch {
		case held[topic] == 0 || topic == e.plan.Input.Name || ours && e.awaited(name):
		case ours:
			fmt.Fprintf(&b, "\nthe topic %s (%s) has %d records", topic, name, held[topic])
		default:
			fmt.Fprintf(&b, "\nthe topic %s, which is none of this scenario, has %d records: it may be where they went", topic, held[topic])
		}
	}
	return b.String()
}

// awaited tells whether fences must come out at the sink.
func (e *execution) awaited(name string) bool {
	return slices.ContainsFunc(e.fences.Missing(), func(s string) bool { return strings.HasSuffix(s, " at "+name) })
}

// lastWords quotes the end of each processor's log.
func (e *execution) lastWords() string {
	var b strings.Builder
	for _, n := range e.topo.Nodes() {
		if n.Kind() != topologies.ProcessorNode {
			continue
		}
		if s, ok := n.(topologies.Stater); ok {
			// A fresh look: the run's own context may be over.
			short, cancel := context.WithTimeout(context.Background(), 2*time.Second)
			if st, err := s.State(short); err == nil {
				fmt.Fprintf(&b, "\n%s is %s", n.ID(), st.Status)
				if st.Status == topologies.Exited {
					fmt.Fprintf(&b, " with code %d", st.ExitCode)
				}
			}
			cancel()
		}
		if tail := topologies.Tail(n, 3); tail != "" {
			fmt.Fprintf(&b, "; its log ends with\n    %s", strings.ReplaceAll(tail, "\n", "\n    "))
		}
	}
	return b.String()
}

// ended notes which processors have ended by themselves: what faults had ended is
// healed by now.
func (e *execution) ended() {
	for _, n := range e.topo.Nodes() {
		s, ok := n.(topologies.Stater)
		if spare, is := n.(topologies.Spare); !ok || n.Kind() != topologies.ProcessorNode || is && spare.Spare() {
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), lookWithin)
		st, err := s.State(ctx)
		cancel()
		if err == nil && st.Status == topologies.Exited {
			e.sample(exitCode, n.ID(), float64(st.ExitCode))
		}
	}
}
