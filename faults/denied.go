package faults

import (
	"context"
	"fmt"
	"time"

	"surety/checker/history"
	"surety/topologies"
)

// denied is a cut whose links turn connections away.
type denied struct {
	t             Target
	how           topologies.Denial
	at            instants
	start, before traffic // before the fault, and when the healing was asked
}

// deny makes all links of the target turn connections away at once.
func deny(ctx context.Context, t Target, how topologies.Denial) (Injection, error) {
	for _, l := range t.Links {
		_, ok := l.Link.(topologies.Denier)
		_, ok2 := l.Link.(topologies.Meter)
		if !ok || !ok2 {
			return nil, fmt.Errorf("the link %s -> %s cannot be cut in this way by its provider", l.Link.From(), l.Link.To())
		}
	}
	in := &denied{t: t, how: how}
	var err error
	if in.start, err = meter(ctx, t.Links); err != nil {
		return nil, err
	}
	in.at, err = atOnce(ctx, t.Links, func(ctx context.Context, l LinkStream, at time.Time) (time.Time, error) {
		return l.Link.(topologies.Denier).Deny(ctx, how, at)
	})
	return in, err
}

// InEffect reads that the victims lost their connections and get no new ones. Dials
// that are refused never arrive, so that a dial of the gateway's own shows it.
func (in *denied) InEffect(ctx context.Context) (history.Evidence, error) {
	tr, err := meter(ctx, in.t.Links)
	if err != nil {
		return history.Evidence{}, err
	}
	links := len(in.t.Links)
	closed, resets, rejected := tr.Closed-in.start.Closed, tr.Resets-in.start.Resets, tr.RejectedDials-in.start.RejectedDials
	var ev history.Evidence
	if in.how == topologies.Refuse {
		ev = history.Evidence{
			Shown: closed > 0 && tr.Open == 0 && tr.refusing == links,
			Text:  fmt.Sprintf("%d connections closed, %d open; %d of %d links refuse a dial", closed, tr.Open, tr.refusing, links),
			Facts: map[string]any{"closed": closed, "open": tr.Open, "links_that_refuse": tr.refusing, "links": links},
		}
	} else {
		ev = history.Evidence{
			Shown: tr.Open == 0 && rejected > 0,
			Text:  fmt.Sprintf("%d connections reset, %d open, %d dials reset", resets, tr.Open, rejected),
			Facts: map[string]any{"resets": resets, "open": tr.Open, "rejected_dials": rejected, "links": links},
		}
	}
	ev.Text = in.at.note(ev.Text, ev.Facts)
	return ev, nil
}

// Heal lets all links accept again.
func (in *denied) Heal(ctx context.Context) error {
	if tr, err := meter(ctx, in.t.Links); err == nil {
		in.before = tr
	}
	return together(ctx, in.t.Links, func(ctx context.Context, l LinkStream) error {
		return l.Link.(topologies.Denier).Allow(ctx, in.how)
	})
}

// Healed reads that the victims are connected again.
func (in *denied) Healed(ctx context.Context) (history.Evidence, error) {
	tr, err := meter(ctx, in.t.Links)
	if err != nil {
		return history.Evidence{}, err
	}
	dials, n := tr.accepted()-in.before.accepted(), tr.delivered()-in.before.delivered()
	return in.t.whole(ctx, history.Evidence{
		Shown: dials > 0 && n > 0 && tr.refusing == 0,
		Text:  fmt.Sprintf("%d connections dialled and %d bytes delivered since the healing", dials, n),
		Facts: map[string]any{"dials": dials, "delivered_bytes": n},
	})
}
