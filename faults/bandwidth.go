package faults

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"surety/checker/history"
	"surety/topologies"
)

// Bandwidth limits what the links between two ends carry: each link and each
// direction has the rate for itself, and all connections of the link share it.
type Bandwidth struct {
	From Selector `yaml:"from" json:"from"`
	To   Selector `yaml:"to" json:"to"`
	Rate ByteRate `yaml:"rate" json:"rate"`
}

// ByteRate is a number of bytes a second, written as 100KiB/s.
type ByteRate string

var byteRate = regexp.MustCompile(`^([0-9]{1,9})\s*(B|KiB|MiB)/s$`)

// PerSecond is the rate in bytes a second. It fails where the text is not of the
// known form or the rate is 0.
func (r ByteRate) PerSecond() (int64, error) {
	m := byteRate.FindStringSubmatch(string(r))
	if m == nil {
		return 0, fmt.Errorf("a bandwidth wants rate: as 500B/s, 100KiB/s or 1MiB/s; this is %q", string(r))
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	if err == nil && n == 0 {
		err = errors.New("a bandwidth of 0 lets nothing through; use a cut for that")
	}
	return n * map[string]int64{"B": 1, "KiB": 1 << 10, "MiB": 1 << 20}[m[2]], err
}

// Name implements Fault.
func (*Bandwidth) Name() string { return "bandwidth" }

// Label implements Fault.
func (f *Bandwidth) Label() string { return fmt.Sprintf("bandwidth %s %s -> %s", f.Rate, f.From, f.To) }

// Check implements Fault.
func (f *Bandwidth) Check() error {
	_, err := f.Rate.PerSecond()
	return errors.Join(err, f.From.Check(), f.To.Check())
}

// Draw implements Fault.
func (f *Bandwidth) Draw(pick func(int) int, nodes []Selector) (Fault, error) {
	out := *f
	var err error
	if out.From, err = f.From.Draw(pick, nodes); err != nil {
		return nil, err
	}
	out.To, err = f.To.Draw(pick, nodes)
	return &out, err
}

// Needs implements Fault.
func (f *Bandwidth) Needs() []topologies.Capability {
	return append(linkNeeds(f.From, f.To), topologies.LimitLinks)
}

// Resolve implements Fault.
func (f *Bandwidth) Resolve(ctx context.Context, sys System) (Target, error) {
	return resolveBoth(ctx, sys, f.From, f.To)
}

type limited struct {
	t      Target
	rate   int64
	before traffic // when the limit was taken away
}

// Inject implements Fault.
func (f *Bandwidth) Inject(ctx context.Context, t Target) (Injection, error) {
	rate, err := f.Rate.PerSecond()
	if err != nil {
		return nil, err
	}
	for _, l := range t.Links {
		_, ok := l.Link.(topologies.Limiter)
		_, ok2 := l.Link.(topologies.Meter)
		if !ok || !ok2 {
			return nil, fmt.Errorf("the link %s -> %s cannot be limited by its provider", l.Link.From(), l.Link.To())
		}
	}
	return &limited{t: t, rate: rate}, together(ctx, t.Links, func(ctx context.Context, l LinkStream) error {
		return l.Link.(topologies.Limiter).Limit(ctx, rate)
	})
}

// aboveRate is how much faster than asked the victims' traffic may have been for
// the limit to count as in effect.
const aboveRate = 1.2

// InEffect reads how fast the victims' own bytes went through, over the time in
// which there were any.
func (in *limited) InEffect(ctx context.Context) (history.Evidence, error) {
	tr, err := meter(ctx, in.t.Links)
	if err != nil {
		return history.Evidence{}, err
	}
	if tr.Limited == 0 {
		return history.Evidence{Text: fmt.Sprintf("no traffic on %d links", len(in.t.Links))}, nil
	}
	got := perSecond(tr.Limited, tr.LimitedFor)
	return history.Evidence{
		Shown: got > 0 && got <= aboveRate*float64(in.rate),
		Text: fmt.Sprintf("%d bytes in %.0f ms of sending, %.1f of %.1f KiB/s a direction",
			tr.Limited, ms(tr.LimitedFor), got/(1<<10), float64(in.rate)/(1<<10)),
		Facts: map[string]any{
			"limited_bytes": tr.Limited, "limited_ms": ms(tr.LimitedFor), "throughput_bytes_per_s": got,
			"asked_bytes_per_s": in.rate, "links": len(in.t.Links),
		},
	}, nil
}

// Heal takes the limit away.
func (in *limited) Heal(ctx context.Context) error {
	err := together(ctx, in.t.Links, func(ctx context.Context, l LinkStream) error {
		return l.Link.(topologies.Limiter).Unlimit(ctx, in.rate)
	})
	if err != nil {
		return err
	}
	in.before, err = meter(ctx, in.t.Links)
	return err
}

// Healed reads that the links carry traffic and limit none of it.
func (in *limited) Healed(ctx context.Context) (history.Evidence, error) {
	tr, err := meter(ctx, in.t.Links)
	if err != nil {
		return history.Evidence{}, err
	}
	n, slow := tr.delivered()-in.before.delivered(), tr.Limited-in.before.Limited
	return in.t.whole(ctx, history.Evidence{
		Shown: n > 0 && slow == 0,
		Text:  fmt.Sprintf("%d bytes delivered since the healing, %d of them limited", n, slow),
		Facts: map[string]any{"delivered_bytes": n, "limited_bytes": slow},
	})
}
