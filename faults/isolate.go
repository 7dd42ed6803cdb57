package faults

import (
	"context"
	"errors"
	"fmt"

	"surety/topologies"
)

// Isolate cuts nodes off from everything else, the driver included, in both
// directions, in the way that How says, as for a cut. The harness still sees them: its own reads go around.
type Isolate struct {
	Target Selector `yaml:"target" json:"target"`
	How    How      `yaml:"how" json:"how,omitempty"`
}

// Name implements Fault.
func (*Isolate) Name() string { return "isolate" }

// Label implements Fault.
func (f *Isolate) Label() string { return "isolate " + string(f.Target) + f.How.suffix() }

// Check implements Fault.
func (f *Isolate) Check() error { return errors.Join(f.Target.Check(), f.How.Check(false)) }

// Draw implements Fault.
func (f *Isolate) Draw(pick func(int) int, nodes []Selector) (Fault, error) {
	t, err := f.Target.Draw(pick, nodes)
	return &Isolate{Target: t, How: f.How}, err
}

// Needs implements Fault.
func (f *Isolate) Needs() []topologies.Capability {
	need := []topologies.Capability{topologies.CutBrokers}
	if !f.Target.Broker() {
		need = linkNeeds(f.Target, "broker/*")
	}
	return append(need, f.How.needs()...)
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
func (f *Isolate) Inject(ctx context.Context, t Target) (Injection, error) {
	return gone(ctx, t, f.How)
}
