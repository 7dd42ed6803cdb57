package faults

import (
	"context"
	"errors"
	"fmt"
	"time"

	"surety/checker/history"
	"surety/topologies"
)

// Lag adds a delay to the round trips between two ends, with a jitter that is
// drawn from the run's seed.
type Lag struct {
	From   Selector      `yaml:"from" json:"from"`
	To     Selector      `yaml:"to" json:"to"`
	Delay  time.Duration `yaml:"delay" json:"delay_ns"`
	Jitter time.Duration `yaml:"jitter" json:"jitter_ns,omitempty"`
	Seed   uint64        `yaml:"-" json:"seed,omitempty"`
}

// Name implements Fault.
func (*Lag) Name() string { return "lag" }

// Label implements Fault.
func (f *Lag) Label() string {
	s := fmt.Sprintf("lag %s", f.Delay)
	if f.Jitter > 0 {
		s += fmt.Sprintf(" ± %s", f.Jitter)
	}
	return s + fmt.Sprintf(" %s -> %s", f.From, f.To)
}

// Check implements Fault.
func (f *Lag) Check() error {
	if f.Delay <= 0 || f.Jitter < 0 || f.Jitter > f.Delay {
		return errors.New("a lag wants a delay above 0 and a jitter between 0 and the delay")
	}
	return errors.Join(f.From.Check(), f.To.Check())
}

// Draw implements Fault.
func (f *Lag) Draw(pick func(int) int, nodes []Selector) (Fault, error) {
	out := *f
	var err error
	if out.From, err = f.From.Draw(pick, nodes); err != nil {
		return nil, err
	}
	out.To, err = f.To.Draw(pick, nodes)
	out.Seed = uint64(pick(1 << 30))
	return &out, err
}

// Needs implements Fault.
func (f *Lag) Needs() []topologies.Capability {
	return append(linkNeeds(f.From, f.To), topologies.LagLinks)
}

// Resolve implements Fault.
func (f *Lag) Resolve(ctx context.Context, sys System) (Target, error) {
	return resolveLinks(ctx, sys, f.From, f.To)
}

type lagged struct {
	t                  Target
	lag                topologies.Lag
	delayed, delivered int64 // when the delay was taken away
}

// Inject implements Fault.
func (f *Lag) Inject(ctx context.Context, t Target) (Injection, error) {
	in := &lagged{t: t, lag: topologies.Lag{Delay: f.Delay, Jitter: f.Jitter, Seed: f.Seed}}
	for _, l := range t.Links {
		_, ok := l.Link.(topologies.Lagger)
		_, ok2 := l.Link.(topologies.Meter)
		if !ok || !ok2 {
			return nil, fmt.Errorf("the link %s -> %s cannot be slowed by its provider", l.Link.From(), l.Link.To())
		}
	}
	return in, together(ctx, t.Links, func(ctx context.Context, l LinkStream) error {
		return l.Link.(topologies.Lagger).Lag(ctx, in.lag)
	})
}

// InEffect reads how long the victims' own traffic was delayed, measured chunk by
// chunk from arrival to departure; each way takes half of the delay.
func (in *lagged) InEffect(ctx context.Context) (history.Evidence, error) {
	var chunks int64
	var sum, lo, hi time.Duration
	for _, l := range in.t.Links {
		tr, err := l.Link.(topologies.Meter).Traffic(ctx)
		if err != nil {
			return history.Evidence{}, err
		}
		if tr.Delayed == 0 {
			continue
		}
		if chunks == 0 || tr.DelayMin < lo {
			lo = tr.DelayMin
		}
		hi = max(hi, tr.DelayMax)
		chunks += tr.Delayed
		sum += time.Duration(tr.Delayed) * tr.DelayMean
	}
	if chunks == 0 {
		return history.Evidence{Text: fmt.Sprintf("no traffic on %d links", len(in.t.Links))}, nil
	}
	mean := sum / time.Duration(chunks)
	return history.Evidence{
		// A quarter of the round trip is half of one way: below it nothing was slowed.
		Shown: mean >= in.lag.Delay/4,
		Text: fmt.Sprintf("%d chunks delayed by %s to %s each way, mean %s", chunks,
			lo.Round(time.Millisecond), hi.Round(time.Millisecond), mean.Round(time.Millisecond)),
		Facts: map[string]any{"chunks": chunks, "one_way_min_ms": ms(lo), "one_way_mean_ms": ms(mean), "one_way_max_ms": ms(hi)},
	}, nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// Heal takes the delay away.
func (in *lagged) Heal(ctx context.Context) error {
	err := together(ctx, in.t.Links, func(ctx context.Context, l LinkStream) error {
		return l.Link.(topologies.Lagger).Unlag(ctx)
	})
	if err != nil {
		return err
	}
	in.delayed, in.delivered, err = in.counts(ctx)
	return err
}

func (in *lagged) counts(ctx context.Context) (delayed, bytes int64, err error) {
	for _, l := range in.t.Links {
		tr, err := l.Link.(topologies.Meter).Traffic(ctx)
		if err != nil {
			return 0, 0, err
		}
		delayed += tr.Delayed
		bytes += tr.Forward + tr.Backward
	}
	return delayed, bytes, nil
}

// Healed reads that the links carry traffic and delay none of it.
func (in *lagged) Healed(ctx context.Context) (history.Evidence, error) {
	delayed, bytes, err := in.counts(ctx)
	if err != nil {
		return history.Evidence{}, err
	}
	return in.t.whole(ctx, history.Evidence{
		Shown: bytes > in.delivered && delayed == in.delayed,
		Text:  fmt.Sprintf("%d bytes delivered since the healing, %d chunks delayed", bytes-in.delivered, delayed-in.delayed),
	})
}
