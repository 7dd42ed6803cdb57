package faults

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"surety/checker/history"
	"surety/topologies"
)

// Selector names nodes: "processor/1", "processor/*", "broker/2", "driver", a role
// that is resolved at injection ("leader(input/0)", "controller"), or a choice
// that the seed makes when the plan is drawn ("any(processor)").
type Selector string

var (
	indexed = regexp.MustCompile(`^([a-z][a-z0-9-]*)/(\*|[1-9][0-9]*)$`)
	anyOf   = regexp.MustCompile(`^any\(([a-z][a-z0-9-]*)\)$`)
	role    = regexp.MustCompile(`^(controller|(leader|follower|coordinator)\([^()]+\))$`)
)

// errSelector carries the forms that are known.
func errSelector(s Selector) error {
	return fmt.Errorf("unknown target %q; known: processor/1, processor/*, broker/1, broker/*, any(processor), any(broker), "+
		"leader(input/0), controller, coordinator(group), driver", string(s))
}

// Check tells whether the selector has a known form.
func (s Selector) Check() error {
	switch {
	case s == "":
		return errors.New("target is missing; known: processor/1, processor/*, broker/1, leader(input/0), controller")
	case s == Selector(topologies.Drive), indexed.MatchString(string(s)), anyOf.MatchString(string(s)), role.MatchString(string(s)):
		return nil
	}
	return errSelector(s)
}

// Family is the kind of node that a selector can only mean: "processor", "broker",
// "driver", or the name of a processor.
func (s Selector) Family() string {
	if m := indexed.FindStringSubmatch(string(s)); m != nil {
		return m[1]
	}
	if m := anyOf.FindStringSubmatch(string(s)); m != nil {
		return m[1]
	}
	if role.MatchString(string(s)) {
		return string(topologies.BrokerNode)
	}
	return string(s)
}

// Broker tells whether the selector can only mean brokers.
func (s Selector) Broker() bool { return s.Family() == string(topologies.BrokerNode) }

// One tells whether the selector means a single node of its family.
func (s Selector) One() bool { return !strings.HasSuffix(string(s), "/*") }

// Draw settles any(...) by the seed and checks that the node will exist.
func (s Selector) Draw(pick func(n int) int, nodes []Selector) (Selector, error) {
	if err := s.Check(); err != nil {
		return s, err
	}
	if m := anyOf.FindStringSubmatch(string(s)); m != nil {
		var some []Selector
		for _, n := range nodes {
			if n.Family() == m[1] {
				some = append(some, n)
			}
		}
		if len(some) == 0 {
			return s, fmt.Errorf("target %q: the topology has no %s; it has %s", string(s), m[1], list(nodes))
		}
		return some[pick(len(some))], nil
	}
	if indexed.MatchString(string(s)) {
		if slices.Contains(nodes, s) {
			return s, nil
		}
		if !s.One() && slices.ContainsFunc(nodes, func(n Selector) bool { return n.Family() == s.Family() }) {
			return s, nil
		}
		return s, fmt.Errorf("target %q does not exist in this topology; it has %s", string(s), list(nodes))
	}
	return s, nil
}

func list(nodes []Selector) string {
	var out []string
	for _, n := range nodes {
		out = append(out, string(n))
	}
	return strings.Join(out, ", ")
}

// SelectorOf gives the selector of a node's id: broker-1 is broker/1.
func SelectorOf(id string) Selector {
	i := strings.LastIndexByte(id, '-')
	if i < 0 {
		return Selector(id)
	}
	return Selector(id[:i] + "/" + id[i+1:])
}

// System is what faults may touch of a running topology.
type System struct {
	Nodes []topologies.Node
	Links []topologies.Link
	Roles topologies.Roles
	// Names are the topics and groups of the run, by what a scenario calls them.
	Names map[string]string
	// Whole looks whether all brokers are registered and all replicas in sync.
	Whole func(ctx context.Context) (history.Evidence, error)
}

// Find gives the nodes that a selector means now.
func (sys System) Find(ctx context.Context, s Selector) ([]topologies.Node, history.Evidence, error) {
	if role.MatchString(string(s)) {
		if sys.Roles == nil {
			return nil, history.Evidence{}, fmt.Errorf("target %q: this topology resolves no roles", string(s))
		}
		nodes, why, err := sys.Roles.Resolve(ctx, string(s))
		if err != nil {
			return nil, why, fmt.Errorf("target %q could not be resolved: %w", string(s), err)
		}
		return nodes, why, nil
	}
	var out []topologies.Node
	for _, n := range sys.Nodes {
		if at := SelectorOf(n.ID()); at == s || !s.One() && at.Family() == s.Family() {
			out = append(out, n)
		}
	}
	if len(out) == 0 {
		return nil, history.Evidence{}, fmt.Errorf("target %q: no such node is running", string(s))
	}
	return out, history.Evidence{}, nil
}

// allProcessors tells whether every processor is among the ends.
func (sys System) allProcessors(ends map[string]bool) bool {
	found := false
	for _, n := range sys.Nodes {
		if n.Kind() == topologies.ProcessorNode {
			if found = true; !ends[n.ID()] {
				return false
			}
		}
	}
	return found
}

// ends gives the names under which the selected nodes stand at links. A provider
// may have one link for all processors, whose end is called "processors".
func (sys System) ends(ctx context.Context, s Selector) (map[string]bool, history.Evidence, error) {
	if s == Selector(topologies.Drive) {
		return map[string]bool{string(s): true}, history.Evidence{}, nil
	}
	nodes, why, err := sys.Find(ctx, s)
	if err != nil {
		return nil, why, err
	}
	ends := map[string]bool{}
	for _, n := range nodes {
		ends[n.ID()] = true
	}
	if sys.allProcessors(ends) {
		ends[string(topologies.ProcessorNode)+"s"] = true
	}
	return ends, why, nil
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
