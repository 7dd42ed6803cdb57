package faults

import (
	"context"
	"errors"
	"fmt"

	"surety/checker/history"
	"surety/topologies"
)

// Reset closes the open connections between two ends with a TCP reset. New ones
// are let through, so there is nothing to heal.
type Reset struct {
	From Selector `yaml:"from" json:"from"`
	To   Selector `yaml:"to" json:"to"`
}

// Name implements Fault.
func (*Reset) Name() string { return "reset" }

// Label implements Fault.
func (f *Reset) Label() string { return fmt.Sprintf("reset %s -> %s", f.From, f.To) }

// Check implements Fault.
func (f *Reset) Check() error { return errors.Join(f.From.Check(), f.To.Check()) }

// Draw implements Fault.
func (f *Reset) Draw(pick func(int) int, nodes []Selector) (Fault, error) {
	from, err := f.From.Draw(pick, nodes)
	if err != nil {
		return nil, err
	}
	to, err := f.To.Draw(pick, nodes)
	return &Reset{From: from, To: to}, err
}

// Needs implements Fault.
func (f *Reset) Needs() []topologies.Capability {
	return append(linkNeeds(f.From, f.To), topologies.ResetLinks)
}

// Resolve implements Fault.
func (f *Reset) Resolve(ctx context.Context, sys System) (Target, error) {
	return resolveLinks(ctx, sys, f.From, f.To)
}

type reset struct {
	t            Target
	resets, dial int64 // before
}

// Inject implements Fault.
func (f *Reset) Inject(ctx context.Context, t Target) (Injection, error) {
	in := &reset{t: t}
	for _, l := range t.Links {
		_, ok := l.Link.(topologies.Resetter)
		m, ok2 := l.Link.(topologies.Meter)
		if !ok || !ok2 {
			return nil, fmt.Errorf("the link %s -> %s cannot be reset by its provider", l.Link.From(), l.Link.To())
		}
		tr, err := m.Traffic(ctx)
		if err != nil {
			return nil, err
		}
		in.resets += tr.Resets
		in.dial += tr.Dials
	}
	return in, together(ctx, t.Links, func(ctx context.Context, l LinkStream) error {
		return l.Link.(topologies.Resetter).Reset(ctx)
	})
}

func (in *reset) counts(ctx context.Context) (resets, dials int64, err error) {
	for _, l := range in.t.Links {
		tr, err := l.Link.(topologies.Meter).Traffic(ctx)
		if err != nil {
			return 0, 0, err
		}
		resets += tr.Resets
		dials += tr.Dials
	}
	return resets - in.resets, dials - in.dial, nil
}

// InEffect reads that open connections were reset and that a victim dialled again.
func (in *reset) InEffect(ctx context.Context) (history.Evidence, error) {
	resets, dials, err := in.counts(ctx)
	return history.Evidence{
		Shown: resets > 0 && dials > 0,
		Text:  fmt.Sprintf("%d connections reset, %d dialled since", resets, dials),
		Facts: map[string]any{"resets": resets, "dials": dials},
	}, err
}

// Heal implements Injection: there is nothing to put back.
func (in *reset) Heal(context.Context) error { return nil }

// Healed reads that the victims are connected again.
func (in *reset) Healed(ctx context.Context) (history.Evidence, error) {
	_, dials, err := in.counts(ctx)
	return history.Evidence{Shown: dials > 0, Text: fmt.Sprintf("%d connections dialled since", dials)}, err
}
