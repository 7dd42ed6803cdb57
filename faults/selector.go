package faults

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"surety/topologies"
)

// Selector names nodes: "processor/1", "processor/*", "database", "driver", several of them with
// "+" between, a role that is resolved at injection ("leader(input/0)"), a choice that
// the seed makes ("any(processor)", "minority(broker)"), the others ("not(controller)")
// or what an earlier fault was aimed at ("same-as(1)").
type Selector string

// known lists the forms for messages.
func known() string {
	forms := []string{"processor/1", "processor/*", "broker/1", "broker/*", "database", "driver"}
	for _, r := range Roles {
		forms = append(forms, r.String())
	}
	forms = append(forms, "any(broker)", "all(broker)", "minority(broker)", "majority(broker)", "not(controller)", "same-as(1)")
	return strings.Join(forms, ", ") + ", and several of them with + between"
}

// aim takes the selector apart.
func (s Selector) aim() (aim, error) {
	if s == "" {
		return aim{}, errors.New("target is missing; known: " + known())
	}
	a, err := parseAim(string(s))
	if err != nil {
		return a, fmt.Errorf("unknown target %q: %w; known: %s", string(s), err, known())
	}
	return a, nil
}

// Check tells whether the selector has a known form.
func (s Selector) Check() error {
	_, err := s.aim()
	return err
}

// CheckNodes is Check for what is done to processes: the driver is none.
func (s Selector) CheckNodes() error {
	err := s.Check()
	if err == nil && s.means(driverKind) {
		err = fmt.Errorf("target %q: the driver is part of the harness; its links can be broken, not itself", string(s))
	}
	return err
}

// family is the part before the slash: "broker", or the name of a processor.
func (s Selector) family() string {
	name, _, _ := strings.Cut(string(s), "/")
	return name
}

// shared tells whether nodes can be meant that every processor depends on, and that are
// whole again only when they serve.
func (s Selector) shared() bool {
	return s.means(topologies.BrokerNode) || s.means(topologies.DatabaseNode)
}

// means tells whether nodes of a kind can be among those that are meant.
func (s Selector) means(k topologies.NodeKind) bool {
	a, err := s.aim()
	return err == nil && a.kinds()[k]
}

// Means tells whether nodes of a family can be among those that are meant: broker, or
// the name of a processor.
func (s Selector) Means(family string) bool {
	a, err := s.aim()
	if err != nil {
		return false
	}
	kind, is := kindOf(family), false
	a.walk(func(a aim) {
		r, role := roleNamed(a.op)
		is = is || role && r.Kind == kind || a.op == aNode && Selector(a.arg).family() == family
	})
	return is
}

// Names tells whether nodes of a family are meant by their own names, and not by a part
// that they play.
func (s Selector) Names(family string) bool {
	a, err := s.aim()
	is := false
	a.walk(func(a aim) {
		is = is || a.op == aNode && Selector(a.arg).family() == family
	})
	return is && err == nil
}

// Draw makes the choices that the seed has and checks that the nodes will exist.
func (s Selector) Draw(pick func(n int) int, nodes []Selector) (Selector, error) {
	a, err := s.aim()
	if err != nil {
		return s, err
	}
	drawn, err := a.settle(pick, nodes)
	if err != nil {
		return s, fmt.Errorf("target %q: %w", string(s), err)
	}
	return Selector(drawn.String()), nil
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

// selectorsOf gives those of nodes, in their order.
func selectorsOf(nodes []topologies.Node) []Selector {
	out := make([]Selector, len(nodes))
	for i, n := range nodes {
		out[i] = SelectorOf(n.ID())
	}
	return out
}

// linkNeeds says what a fault between two ends asks of a provider.
func linkNeeds(a, b Selector) []topologies.Capability {
	var need []topologies.Capability
	if a.means(topologies.BrokerNode) && b.means(topologies.BrokerNode) {
		need = append(need, topologies.CutBrokers)
	}
	outside := false
	for _, s := range []Selector{a, b} {
		outside = outside || s.means(topologies.ProcessorNode) || s.means(driverKind)
	}
	if outside {
		need = append(need, topologies.CutProcessors)
	}
	for _, s := range []Selector{a, b} {
		if s.single() && !slices.Contains(need, topologies.CutOneProcessor) {
			need = append(need, topologies.CutOneProcessor)
		}
	}
	return need
}

// single tells whether some but not all processors may be meant.
func (s Selector) single() bool {
	a, err := s.aim()
	if err != nil {
		return false
	}
	for _, part := range a.parts() {
		if part.kinds()[topologies.ProcessorNode] && !part.whole() {
			return true
		}
	}
	return false
}

// parts are the members of a union, else the aim itself.
func (a aim) parts() []aim {
	if a.op == aUnion {
		return a.of
	}
	return []aim{a}
}
