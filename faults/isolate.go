package faults

import (
	"context"
	"errors"
	"fmt"

	"surety/topologies"
)

// Isolate cuts nodes off from everything else, the driver included, or only from what
// From names, in both directions, in the way that How says, as for a cut. What is
// within the target stays whole. The harness still sees it: its own reads go around.
type Isolate struct {
	Target Selector `yaml:"target" json:"target"`
	From   Selector `yaml:"from" json:"from,omitempty"`
	How    How      `yaml:"how" json:"how,omitempty"`
}

// Name implements Fault.
func (*Isolate) Name() string { return "isolate" }

// Label implements Fault.
func (f *Isolate) Label() string {
	s := "isolate " + string(f.Target)
	if f.From != "" {
		s += " from " + string(f.From)
	}
	return s + f.How.suffix()
}

// Check implements Fault.
func (f *Isolate) Check() error {
	err := errors.Join(f.Target.Check(), f.How.Check(false))
	if f.From != "" {
		err = errors.Join(err, f.From.Check())
	}
	return err
}

// Draw implements Fault.
func (f *Isolate) Draw(pick func(int) int, nodes []Selector) (Fault, error) {
	out := *f
	var err error
	if out.Target, err = f.Target.Draw(pick, nodes); err != nil || f.From == "" {
		return &out, err
	}
	out.From, err = f.From.Draw(pick, nodes)
	return &out, err
}

// Needs implements Fault.
func (f *Isolate) Needs() []topologies.Capability {
	from := f.From
	if from == "" {
		from = "broker/*"
	}
	return append(linkNeeds(f.Target, from), f.How.needs()...)
}

// Resolve implements Fault.
func (f *Isolate) Resolve(ctx context.Context, sys System) (Target, error) {
	inside, err := sys.ends(ctx, f.Target)
	if err != nil {
		return Target{}, err
	}
	outside := func(end string) bool { return !inside[end] }
	if f.From != "" {
		from, err := sys.ends(ctx, f.From)
		if err != nil {
			return Target{}, err
		}
		outside = func(end string) bool { return !inside[end] && from[end] }
	}
	var t Target
	for _, l := range sys.Links {
		if inside[l.From()] && outside(l.To()) || outside(l.From()) && inside[l.To()] {
			t.Links = append(t.Links, LinkStream{l, topologies.Both})
		}
	}
	if len(t.Links) == 0 {
		return t, fmt.Errorf("%s would cut no link of this topology", f.Label())
	}
	if f.Target.shared() {
		t.Whole = sys.Whole
	}
	return t, nil
}

// Inject implements Fault.
func (f *Isolate) Inject(ctx context.Context, t Target) (Injection, error) {
	return gone(ctx, t, f.How)
}
