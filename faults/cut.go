package faults

import (
	"context"
	"errors"
	"fmt"

	"surety/checker/history"
	"surety/topologies"
)

// Cut is a network partition between two ends: Between for both directions, or
// From and To for one. Bytes are held, connections stay open, and what was held
// is delivered after the healing.
type Cut struct {
	Between []Selector `yaml:"between" json:"between,omitempty"`
	From    Selector   `yaml:"from" json:"from,omitempty"`
	To      Selector   `yaml:"to" json:"to,omitempty"`
}

// Name implements Fault.
func (*Cut) Name() string { return "cut" }

// Label implements Fault.
func (c *Cut) Label() string {
	if len(c.Between) == 2 {
		return fmt.Sprintf("cut %s <-> %s", c.Between[0], c.Between[1])
	}
	return fmt.Sprintf("cut %s -> %s", c.From, c.To)
}

func (c *Cut) ends() (a, b Selector, oneWay bool) {
	if len(c.Between) == 2 {
		return c.Between[0], c.Between[1], false
	}
	return c.From, c.To, true
}

// Check implements Fault.
func (c *Cut) Check() error {
	pair, way := len(c.Between) > 0, c.From != "" || c.To != ""
	if pair == way || pair && len(c.Between) != 2 {
		return errors.New("a cut wants either between: [A, B] (both directions) or from: A and to: B (one direction)")
	}
	a, b, _ := c.ends()
	return errors.Join(a.Check(), b.Check())
}

// Draw implements Fault.
func (c *Cut) Draw(pick func(int) int, nodes []Selector) (Fault, error) {
	a, b, oneWay := c.ends()
	a, err := a.Draw(pick, nodes)
	if err != nil {
		return nil, err
	}
	b, err = b.Draw(pick, nodes)
	if oneWay {
		return &Cut{From: a, To: b}, err
	}
	return &Cut{Between: []Selector{a, b}}, err
}

// Needs implements Fault.
func (c *Cut) Needs() []topologies.Capability {
	a, b, oneWay := c.ends()
	need := linkNeeds(a, b)
	if oneWay {
		need = append(need, topologies.OneWay)
	}
	return need
}

// linkNeeds says what a fault between two ends asks of a provider.
func linkNeeds(a, b Selector) []topologies.Capability {
	if a.Broker() && b.Broker() {
		return []topologies.Capability{topologies.CutBrokers}
	}
	need := []topologies.Capability{topologies.CutProcessors}
	for _, s := range []Selector{a, b} {
		if s.One() && !s.Broker() && s != Selector(topologies.Drive) {
			need = append(need, topologies.CutOneProcessor)
		}
	}
	return need
}

// Resolve implements Fault.
func (c *Cut) Resolve(ctx context.Context, sys System) (Target, error) {
	a, b, oneWay := c.ends()
	t, err := resolveLinks(ctx, sys, a, b)
	if err != nil || oneWay {
		return t, err
	}
	for i := range t.Links {
		t.Links[i].Stream = topologies.Both
	}
	return t, nil
}

// resolveLinks finds the streams that carry bytes from a to b.
func resolveLinks(ctx context.Context, sys System, a, b Selector) (Target, error) {
	ea, why, err := sys.ends(ctx, a)
	if err != nil {
		return Target{}, err
	}
	eb, why2, err := sys.ends(ctx, b)
	if err != nil {
		return Target{}, err
	}
	if why2.Text != "" {
		why = why2
	}
	t := Target{Links: sys.between(ea, eb), Why: why}
	if len(t.Links) == 0 {
		return t, fmt.Errorf("no link between %q and %q in this topology", string(a), string(b))
	}
	if a.Broker() && b.Broker() {
		t.Whole = sys.Whole
	}
	return t, nil
}

// Inject implements Fault.
func (c *Cut) Inject(ctx context.Context, t Target) (Injection, error) { return hold(ctx, t) }

type held struct {
	t         Target
	delivered int64 // bytes that the links had delivered when the healing was asked
}

// hold holds all streams of the target at once.
func hold(ctx context.Context, t Target) (Injection, error) {
	for _, l := range t.Links {
		_, ok := l.Link.(topologies.Holder)
		_, ok2 := l.Link.(topologies.Meter)
		if !ok || !ok2 {
			return nil, fmt.Errorf("the link %s -> %s cannot be cut by its provider", l.Link.From(), l.Link.To())
		}
	}
	return &held{t: t}, together(ctx, t.Links, func(ctx context.Context, l LinkStream) error {
		return l.Link.(topologies.Holder).Hold(ctx, l.Stream)
	})
}

// InEffect reads that bytes of the victims' own traffic are held.
func (in *held) InEffect(ctx context.Context) (history.Evidence, error) {
	var bytes, conns int64
	busy := 0
	for _, l := range in.t.Links {
		tr, err := l.Link.(topologies.Meter).Traffic(ctx)
		if err != nil {
			return history.Evidence{}, err
		}
		if n := tr.HeldForward + tr.HeldBackward; n > 0 {
			busy++
			bytes += n
		}
		conns += tr.HeldConns
	}
	return history.Evidence{
		Shown: bytes > 0,
		Text:  fmt.Sprintf("%d bytes of %d connections held, on %d of %d links", bytes, conns, busy, len(in.t.Links)),
		Facts: map[string]any{"held_bytes": bytes, "held_connections": conns, "links_with_held_bytes": busy, "links": len(in.t.Links)},
	}, nil
}

// Heal releases all streams at once.
func (in *held) Heal(ctx context.Context) error {
	if n, err := delivered(ctx, in.t.Links); err == nil {
		in.delivered = n
	}
	return together(ctx, in.t.Links, func(ctx context.Context, l LinkStream) error {
		return l.Link.(topologies.Holder).Release(ctx, l.Stream)
	})
}

// Healed reads that the links deliver again.
func (in *held) Healed(ctx context.Context) (history.Evidence, error) {
	n, err := delivered(ctx, in.t.Links)
	if err != nil {
		return history.Evidence{}, err
	}
	ev := history.Evidence{
		Shown: n > in.delivered,
		Text:  fmt.Sprintf("%d bytes delivered since the healing", n-in.delivered),
		Facts: map[string]any{"delivered_bytes": n - in.delivered},
	}
	return in.t.whole(ctx, ev)
}

// delivered sums the bytes that links have let through in both directions.
func delivered(ctx context.Context, links []LinkStream) (int64, error) {
	var sum int64
	for _, l := range links {
		tr, err := l.Link.(topologies.Meter).Traffic(ctx)
		if err != nil {
			return 0, err
		}
		sum += tr.Forward + tr.Backward
	}
	return sum, nil
}
