// Package faults breaks one declared thing through a node or a link, shows from
// the victim's side that it broke, and puts it back. A fault is a value with its
// own typed fields and one line in the catalogue; Life owns the legal order of
// its steps.
package faults

import (
	"context"
	"time"

	"surety/checker/history"
	"surety/topologies"
)

// Fault is one way to break something. Its exported fields are what a scenario
// may set (yaml) and what the plan stores (json).
type Fault interface {
	// Name as in scenarios: kill, pause, cut, ...
	Name() string
	// Label says what it does to whom, for people: "kill processor/1".
	Label() string
	// Check finds what is missing or contradictory in the fields.
	Check() error
	// Draw settles what is left to the seed ("any(processor)") and returns the fault
	// as the plan stores it. pick(n) is a seeded index below n; nodes lists the
	// selectors of all nodes that will exist.
	Draw(pick func(n int) int, nodes []Selector) (Fault, error)
	// Needs lists the capabilities of the provider that it asks for.
	Needs() []topologies.Capability
	// Resolve finds the victims at the moment of injection.
	Resolve(ctx context.Context, sys System) (Target, error)
	// Inject breaks the target. An Injection returned together with an error must
	// still be healed: part of the target may be broken.
	Inject(ctx context.Context, t Target) (Injection, error)
}

// Slow is a fault whose effect takes a while of its own to be complete: the node
// that is asked to stop, the loop of crashes.
type Slow interface {
	// Takes is how long at most.
	Takes() time.Duration
}

// Injection is a fault that was injected.
type Injection interface {
	// InEffect looks at the victim's side once. Shown is false while nothing is seen.
	InEffect(ctx context.Context) (history.Evidence, error)
	// Heal puts everything back. It may be called again after an error.
	Heal(ctx context.Context) error
	// Healed looks at the victim's side once, after Heal.
	Healed(ctx context.Context) (history.Evidence, error)
}

// Target is what a fault resolved to: the nodes or links that it will break.
type Target struct {
	Nodes []topologies.Node
	Links []LinkStream
	// Called are the Names of the System.
	Called map[string]string
	// Answers is the sink whose answers are broken.
	Answers Answerer
	// Offer is the load, where that is what is broken.
	Offer *Offer
	// Group asks for the processors' group; nil where no processor is broken.
	Group func(ctx context.Context) (Group, error)
	// Crash makes a service end itself at a named point; nil where none serves orders.
	Crash func(ctx context.Context, node, point string, after time.Duration) error
	// Whole looks whether the brokers' cluster is whole; nil where no broker is broken.
	Whole func(ctx context.Context) (history.Evidence, error)
}

// LinkStream is the part of a link that a fault is about.
type LinkStream struct {
	Link   topologies.Link
	Stream topologies.Stream
}

// Names lists the targets for the history.
func (t Target) Names() []string {
	var out []string
	for _, n := range t.Nodes {
		out = append(out, n.ID())
	}
	for _, l := range t.Links {
		arrow := map[topologies.Stream]string{
			topologies.Forward: "=>", topologies.Backward: "<=", topologies.Both: "<=>",
		}[l.Stream]
		out = append(out, l.Link.From()+arrow+l.Link.To()+":"+l.Link.Port())
	}
	return out
}
