package faults

import (
	"context"
	"fmt"
	"time"

	"surety/checker/history"
	"surety/topologies"
)

// System is what faults may touch of a running topology.
type System struct {
	Nodes []topologies.Node
	Links []topologies.Link
	Roles topologies.Roles
	// Names are the topics and groups of the run, by what a scenario calls them.
	Names map[string]string
	// Aimed keeps what the faults of a run were aimed at; nil = same-as finds nothing.
	Aimed *Aimed
	// Group asks for the processors' consumer group; nil = there is none.
	Group func(ctx context.Context) (Group, error)
	// Effects are the sinks that take effects, by their names.
	Effects map[string]Answerer
	// Offer is the load; nil = there is none.
	Offer *Offer
	// Crash makes a service end itself at a named point, from so long after now on; nil =
	// no processor takes orders.
	Crash func(ctx context.Context, node, point string, after time.Duration) error
	// Whole looks whether all brokers are registered and all replicas in sync.
	Whole func(ctx context.Context) (history.Evidence, error)
}

// find gives what a selector means now; the driver is named, and is no node.
func (sys System) find(ctx context.Context, s Selector) ([]Selector, error) {
	a, err := s.aim()
	if err != nil {
		return nil, err
	}
	nodes, err := sys.present(ctx)
	if err != nil {
		return nil, err
	}
	found, err := a.in(scope{
		nodes: selectorsOf(nodes),
		role:  func(role string) ([]Selector, error) { return sys.playing(ctx, role) },
		earlier: func(step int) ([]Selector, error) {
			return sys.Aimed.at(step)
		},
	})
	if err != nil {
		return nil, fmt.Errorf("target %q: %w", string(s), err)
	}
	return found, nil
}

// present are the nodes without the spare instances that were never started.
func (sys System) present(ctx context.Context) ([]topologies.Node, error) {
	var out []topologies.Node
	for _, n := range sys.Nodes {
		if s, is := n.(topologies.Spare); is && s.Spare() {
			st, err := n.(topologies.Stater).State(ctx)
			if err != nil {
				return nil, err
			}
			if st.Starts == 0 {
				continue
			}
		}
		out = append(out, n)
	}
	return out, nil
}

// playing asks who plays a role now.
func (sys System) playing(ctx context.Context, role string) ([]Selector, error) {
	if sys.Roles == nil {
		return nil, fmt.Errorf("this topology resolves no roles, and so not %s", role)
	}
	nodes, _, err := sys.Roles.Resolve(ctx, role)
	if err != nil {
		return nil, fmt.Errorf("%s could not be resolved: %w", role, err)
	}
	return selectorsOf(nodes), nil
}

// Find gives the nodes that a selector means now.
func (sys System) Find(ctx context.Context, s Selector) ([]topologies.Node, error) {
	found, err := sys.find(ctx, s)
	if err != nil {
		return nil, err
	}
	byName := map[Selector]topologies.Node{}
	for _, n := range sys.Nodes {
		byName[SelectorOf(n.ID())] = n
	}
	var out []topologies.Node
	for _, f := range found {
		n := byName[f]
		if n == nil {
			return nil, fmt.Errorf("target %q: %s is no node that is running", string(s), f)
		}
		out = append(out, n)
	}
	return out, nil
}

// ends gives the names under which what is selected stands at links. A provider may
// have one link for all processors, whose end is called "processors".
func (sys System) ends(ctx context.Context, s Selector) (map[string]bool, error) {
	found, err := sys.find(ctx, s)
	if err != nil {
		return nil, err
	}
	named := map[Selector]bool{}
	for _, f := range found {
		named[f] = true
	}
	present, err := sys.present(ctx)
	if err != nil {
		return nil, err
	}
	ends, processors, all := map[string]bool{}, 0, true
	if named[aDriver] {
		ends[aDriver] = true
	}
	for _, n := range present {
		meant := named[SelectorOf(n.ID())]
		if meant {
			ends[n.ID()] = true
		}
		if n.Kind() == topologies.ProcessorNode {
			processors++
			all = all && meant
		}
	}
	if processors > 0 && all {
		ends[string(topologies.ProcessorNode)+"s"] = true
	}
	return ends, nil
}

// between gives the streams that carry bytes from a to b: what links opened by a
// send, and what links opened by b answer. A network that drops packets of one
// direction stops both.
func (sys System) between(a, b map[string]bool) []LinkStream {
	var out []LinkStream
	for _, l := range sys.Links {
		switch {
		case a[l.From()] && b[l.To()]:
			out = append(out, LinkStream{l, topologies.Forward})
		case b[l.From()] && a[l.To()]:
			out = append(out, LinkStream{l, topologies.Backward})
		}
	}
	return out
}
