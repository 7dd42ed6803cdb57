package faults

import (
	"context"
	"fmt"

	"surety/topologies"
)

// Isolate cuts nodes off from everything else, the driver included, in both
// directions. The harness still sees them: its own reads go around.
type Isolate struct {
	Target Selector `yaml:"target" json:"target"`
}

// Name implements Fault.
func (*Isolate) Name() string { return "isolate" }

// Label implements Fault.
func (f *Isolate) Label() string { return "isolate " + string(f.Target) }

// Check implements Fault.
func (f *Isolate) Check() error { return f.Target.Check() }

// Draw implements Fault.
func (f *Isolate) Draw(pick func(int) int, nodes []Selector) (Fault, error) {
	t, err := f.Target.Draw(pick, nodes)
	return &Isolate{Target: t}, err
}

// Needs implements Fault.
func (f *Isolate) Needs() []topologies.Capability {
	if f.Target.Broker() {
		return []topologies.Capability{topologies.CutBrokers}
	}
	return linkNeeds(f.Target, "broker/*")
}

// Resolve implements Fault.
func (f *Isolate) Resolve(ctx context.Context, sys System) (Target, error) {
	inside, why, err := sys.ends(ctx, f.Target)
	if err != nil {
		return Target{}, err
	}
	t := Target{Why: why}
	for _, l := range sys.Links {
		if inside[l.From()] != inside[l.To()] {
			t.Links = append(t.Links, LinkStream{l, topologies.Both})
		}
	}
	if len(t.Links) == 0 {
		return t, fmt.Errorf("%q has no link in this topology", string(f.Target))
	}
	if f.Target.Broker() {
		t.Whole = sys.Whole
	}
	return t, nil
}

// Inject implements Fault.
func (f *Isolate) Inject(ctx context.Context, t Target) (Injection, error) { return hold(ctx, t) }
