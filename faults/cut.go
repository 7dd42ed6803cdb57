package faults

import (
	"context"
	"errors"
	"fmt"

	"surety/topologies"
)

// Cut is a network partition between two ends: Between for both directions, or
// From and To for one. How says in which way the far side is gone; without it,
// bytes are held, connections stay open, and what was held is delivered after the
// healing.
type Cut struct {
	Between []Selector `yaml:"between" json:"between,omitempty"`
	From    Selector   `yaml:"from" json:"from,omitempty"`
	To      Selector   `yaml:"to" json:"to,omitempty"`
	How     How        `yaml:"how" json:"how,omitempty"`
}

// Name implements Fault.
func (*Cut) Name() string { return "cut" }

// Label implements Fault.
func (c *Cut) Label() string { return "cut " + c.path() + c.How.suffix() }

// path names both ends and the direction, for labels.
func (c *Cut) path() string {
	a, b, oneWay := c.ends()
	if oneWay {
		return fmt.Sprintf("%s -> %s", a, b)
	}
	return fmt.Sprintf("%s <-> %s", a, b)
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
		return errors.New("write either between: [A, B] (both directions) or from: A and to: B (one direction)")
	}
	a, b, oneWay := c.ends()
	return errors.Join(a.Check(), b.Check(), c.How.Check(oneWay))
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
		return &Cut{From: a, To: b, How: c.How}, err
	}
	return &Cut{Between: []Selector{a, b}, How: c.How}, err
}

// Needs implements Fault.
func (c *Cut) Needs() []topologies.Capability {
	a, b, oneWay := c.ends()
	need := linkNeeds(a, b)
	if oneWay {
		need = append(need, topologies.OneWay)
	}
	return append(need, c.How.needs()...)
}

// Resolve implements Fault.
func (c *Cut) Resolve(ctx context.Context, sys System) (Target, error) {
	a, b, oneWay := c.ends()
	if oneWay {
		return resolveLinks(ctx, sys, a, b)
	}
	return resolveBoth(ctx, sys, a, b)
}

// resolveBoth finds the links between a and b, with both streams of each.
func resolveBoth(ctx context.Context, sys System, a, b Selector) (Target, error) {
	t, err := resolveLinks(ctx, sys, a, b)
	for i := range t.Links {
		t.Links[i].Stream = topologies.Both
	}
	return t, err
}

// resolveLinks finds the streams that carry bytes from a to b.
func resolveLinks(ctx context.Context, sys System, a, b Selector) (Target, error) {
	ea, err := sys.ends(ctx, a)
	if err != nil {
		return Target{}, err
	}
	eb, err := sys.ends(ctx, b)
	if err != nil {
		return Target{}, err
	}
	t := Target{Links: sys.between(ea, eb)}
	if len(t.Links) == 0 {
		return t, fmt.Errorf("no link between %q and %q in this topology", string(a), string(b))
	}
	if a.means(topologies.BrokerNode) && b.means(topologies.BrokerNode) {
		t.Whole = sys.Whole
	}
	return t, nil
}

// Inject implements Fault.
func (c *Cut) Inject(ctx context.Context, t Target) (Injection, error) { return gone(ctx, t, c.How) }
