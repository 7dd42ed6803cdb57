package faults

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"surety/topologies"
)

// aim is a selector taken apart.
type aim struct {
	op   string // what it is: a node, a union, a choice, a role's name, ...
	arg  string // of a node its selector, of a role what stands in its brackets
	of   []aim  // of a union its parts; of a choice or a complement what it is taken from
	step int    // of same-as: the fault, counted from 1
	draw uint64 // of a choice that is made at the injection: what the seed drew for it
	set  bool   // draw is given
}

// What an aim can be, besides a role.
const (
	aNode     = "node"     // processor/1, processor/*
	aDriver   = "driver"   // the harness's own writers
	aUnion    = "+"        // all of its parts
	anyOf     = "any"      // one of them
	allOf     = "all"      // every one
	aMinority = "minority" // as many as can be lost without a quorum's noticing
	aMajority = "majority" // as many as make a quorum
	notOf     = "not"      // the others of the same kind
	sameAs    = "same-as"  // what an earlier fault was aimed at
)

// choices are the aims that the seed settles, with how many of n nodes each takes.
var choices = map[string]func(n int) int{
	anyOf:     func(n int) int { return min(n, 1) },
	aMinority: func(n int) int { return (n - 1) / 2 },
	aMajority: func(n int) int { return n/2 + 1 },
}

func (a aim) String() string {
	switch a.op {
	case aNode:
		return a.arg
	case aDriver:
		return aDriver
	case aUnion:
		return joined(a.of, "+")
	case sameAs:
		if len(a.of) == 0 {
			return fmt.Sprintf("%s(%d)", sameAs, a.step)
		}
		return fmt.Sprintf("%s(%d, %s)", sameAs, a.step, a.of[0])
	case allOf, notOf:
		return fmt.Sprintf("%s(%s)", a.op, a.of[0])
	}
	if choices[a.op] != nil {
		if a.set {
			return fmt.Sprintf("%s(%s, %d)", a.op, a.of[0], a.draw)
		}
		return fmt.Sprintf("%s(%s)", a.op, a.of[0])
	}
	if a.arg == "" {
		return a.op
	}
	return fmt.Sprintf("%s(%s)", a.op, a.arg)
}

func joined(all []aim, by string) string {
	var out []string
	for _, a := range all {
		out = append(out, a.String())
	}
	return strings.Join(out, by)
}

// walk visits the aim and all that it is made of.
func (a aim) walk(visit func(aim)) {
	visit(a)
	for _, of := range a.of {
		of.walk(visit)
	}
}

// moving tells whether the nodes can be known at the injection alone.
func (a aim) moving() bool {
	is := false
	a.walk(func(a aim) {
		_, known := roleNamed(a.op)
		is = is || known || a.op == sameAs
	})
	return is
}

// kinds tells which kinds of nodes it can mean.
func (a aim) kinds() map[topologies.NodeKind]bool {
	out := map[topologies.NodeKind]bool{}
	a.walk(func(a aim) {
		if r, is := roleNamed(a.op); is {
			out[r.Kind] = true
		}
		switch {
		case a.op == aDriver:
			out[driverKind] = true
		case a.op == aNode:
			out[kindOf(Selector(a.arg).family())] = true
		case a.op == sameAs && len(a.of) == 0: // not known before the plan is drawn
			out[topologies.BrokerNode], out[topologies.ProcessorNode] = true, true
		}
	})
	return out
}

// kindOf is the kind of the nodes of a family: of a name that is none of ours they are
// processors.
func kindOf(family string) topologies.NodeKind {
	switch k := topologies.NodeKind(family); k {
	case topologies.BrokerNode, topologies.DatabaseNode:
		return k
	}
	return topologies.ProcessorNode
}

// driverKind stands for the harness's own writers, which are no node.
const driverKind = topologies.NodeKind(topologies.Drive)

// whole tells whether every node of each of its families is meant, whoever they are.
func (a aim) whole() bool {
	switch a.op {
	case aNode:
		return strings.HasSuffix(a.arg, "/*")
	case aUnion, allOf:
		return !slices.ContainsFunc(a.of, func(a aim) bool { return !a.whole() })
	}
	return a.op == aDriver
}

// scope is where an aim is settled: the nodes that there are, and how to ask for what
// the names alone do not tell. While a plan is drawn there is nobody to ask.
type scope struct {
	nodes   []Selector
	role    func(role string) ([]Selector, error)
	earlier func(step int) ([]Selector, error)
}

// in gives the nodes that the aim means, in the order of the scope, the driver last.
func (a aim) in(sc scope) ([]Selector, error) {
	switch a.op {
	case aDriver:
		return []Selector{aDriver}, nil
	case aNode:
		return sc.named(Selector(a.arg))
	case aUnion, allOf:
		return a.union(sc)
	case notOf:
		return a.others(sc)
	case sameAs:
		return sc.earlier(a.step)
	}
	if many := choices[a.op]; many != nil {
		from, err := a.of[0].in(sc)
		if err != nil {
			return nil, err
		}
		return choose(from, many(len(from)), a.op, rand.New(rand.NewPCG(a.draw, 0)).IntN)
	}
	return sc.role(a.String())
}

// named finds the nodes of a name; those of a star may be many.
func (sc scope) named(s Selector) ([]Selector, error) {
	star := strings.HasSuffix(string(s), "/*")
	var out []Selector
	for _, n := range sc.nodes {
		if n == s || star && n.family() == s.family() {
			out = append(out, n)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("the topology has no %s; it has %s", strings.TrimSuffix(string(s), "/*"), list(sc.nodes))
	}
	return out, nil
}

func (a aim) union(sc scope) ([]Selector, error) {
	meant := map[Selector]bool{}
	for _, part := range a.of {
		some, err := part.in(sc)
		if err != nil {
			return nil, err
		}
		for _, s := range some {
			meant[s] = true
		}
	}
	return sc.only(func(s Selector) bool { return meant[s] }), nil
}

// only gives the nodes that are wanted, in their order.
func (sc scope) only(wanted func(Selector) bool) []Selector {
	var out []Selector
	for _, s := range append(slices.Clone(sc.nodes), aDriver) {
		if wanted(s) {
			out = append(out, s)
		}
	}
	return out
}

// others are the nodes of the same families that are not meant.
func (a aim) others(sc scope) ([]Selector, error) {
	meant, err := a.of[0].in(sc)
	if err != nil {
		return nil, err
	}
	family := map[string]bool{}
	for _, s := range meant {
		family[s.family()] = true
	}
	out := sc.only(func(s Selector) bool { return family[s.family()] && !slices.Contains(meant, s) })
	if len(out) == 0 {
		return nil, fmt.Errorf("%s means nobody: %s are all that there are", a, list(meant))
	}
	return out, nil
}

// choose takes k nodes, each as likely as the others, and keeps their order.
func choose(from []Selector, k int, op string, pick func(n int) int) ([]Selector, error) {
	if k == 0 {
		return nil, fmt.Errorf("there is no %s of %d nodes (%s)", op, len(from), list(from))
	}
	if k == 1 {
		return []Selector{from[pick(len(from))]}, nil
	}
	left, taken := slices.Clone(from), map[Selector]bool{}
	for range k {
		i := pick(len(left))
		taken[left[i]] = true
		left = slices.Delete(left, i, i+1)
	}
	return scope{nodes: from}.only(func(s Selector) bool { return taken[s] }), nil
}

// settle makes the choices that the names alone allow, and draws for the others.
func (a aim) settle(pick func(n int) int, nodes []Selector) (aim, error) {
	sc := scope{nodes: nodes}
	if a.op == aNode {
		_, err := sc.named(Selector(a.arg))
		return a, err
	}
	out := a
	out.of = nil
	for _, of := range a.of {
		settled, err := of.settle(pick, nodes)
		if err != nil {
			return a, err
		}
		out.of = append(out.of, settled)
	}
	many := choices[a.op]
	switch {
	case many == nil || a.set:
		return out, nil
	case out.moving():
		out.draw, out.set = uint64(pick(1<<30)), true
		return out, nil
	}
	from, err := out.of[0].in(sc)
	if err != nil {
		return a, err
	}
	some, err := choose(from, many(len(from)), a.op, pick)
	if err != nil {
		return a, err
	}
	return unionOf(some), nil
}

// unionOf is the aim at nodes that are known.
func unionOf(nodes []Selector) aim {
	out := aim{op: aUnion}
	for _, s := range nodes {
		out.of = append(out.of, aim{op: aNode, arg: string(s)})
	}
	if len(out.of) == 1 {
		return out.of[0]
	}
	return out
}

func number(text string, most int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return 0, fmt.Errorf("%q is no number between 1 and %d", text, most)
	}
	return n, nil
}
