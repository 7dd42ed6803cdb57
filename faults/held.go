package faults

import (
	"context"
	"fmt"
	"time"

	"surety/checker/history"
	"surety/topologies"
)

// gone breaks all links of the target at one instant, in the given way.
func gone(ctx context.Context, t Target, how How) (Injection, error) {
	switch how {
	case Refused:
		return deny(ctx, t, topologies.Refuse)
	case Rejected:
		return deny(ctx, t, topologies.Reject)
	}
	return hold(ctx, t, how == SilentReset)
}

// held is a silent cut.
type held struct {
	t       Target
	discard bool // what is held is thrown away at the healing
	at      instants
	before  traffic // when the healing was asked
}

// hold holds all streams of the target at once.
func hold(ctx context.Context, t Target, discard bool) (Injection, error) {
	for _, l := range t.Links {
		_, ok := l.Link.(topologies.Armer)
		_, ok2 := l.Link.(topologies.Holder)
		_, ok3 := l.Link.(topologies.Discarder)
		_, ok4 := l.Link.(topologies.Meter)
		if !ok || !ok2 || discard && !ok3 || !ok4 {
			return nil, fmt.Errorf("the link %s -> %s cannot be cut in this way by its provider", l.Link.From(), l.Link.To())
		}
	}
	in := &held{t: t, discard: discard}
	var err error
	in.at, err = atOnce(ctx, t.Links, func(ctx context.Context, l LinkStream, at time.Time) (time.Time, error) {
		return l.Link.(topologies.Armer).HoldAt(ctx, l.Stream, at)
	})
	return in, err
}

// InEffect reads that bytes of the victims' own traffic are held.
func (in *held) InEffect(ctx context.Context) (history.Evidence, error) {
	tr, err := meter(ctx, in.t.Links)
	if err != nil {
		return history.Evidence{}, err
	}
	bytes, busy := tr.HeldForward+tr.HeldBackward, tr.busy
	facts := map[string]any{
		"held_bytes": bytes, "held_connections": tr.HeldConns, "links_with_held_bytes": busy, "links": len(in.t.Links),
	}
	text := fmt.Sprintf("%d bytes of %d connections held, on %d of %d links", bytes, tr.HeldConns, busy, len(in.t.Links))
	return history.Evidence{Shown: bytes > 0, Text: in.at.note(text, facts), Facts: facts}, nil
}

// Heal releases all streams at once, or discards what they hold.
func (in *held) Heal(ctx context.Context) error {
	if tr, err := meter(ctx, in.t.Links); err == nil {
		in.before = tr
	}
	return together(ctx, in.t.Links, func(ctx context.Context, l LinkStream) error {
		if in.discard {
			return l.Link.(topologies.Discarder).Discard(ctx, l.Stream)
		}
		return l.Link.(topologies.Holder).Release(ctx, l.Stream)
	})
}

// Healed reads that the links deliver again, and what became of what was held.
func (in *held) Healed(ctx context.Context) (history.Evidence, error) {
	tr, err := meter(ctx, in.t.Links)
	if err != nil {
		return history.Evidence{}, err
	}
	n := tr.delivered() - in.before.delivered()
	ev := history.Evidence{
		Shown: n > 0,
		Text:  fmt.Sprintf("%d bytes delivered since the healing", n),
		Facts: map[string]any{"delivered_bytes": n},
	}
	if in.discard {
		resets, discarded := tr.Resets-in.before.Resets, tr.Discarded-in.before.Discarded
		ev.Text = fmt.Sprintf("%d connections reset and %d held bytes discarded; %s", resets, discarded, ev.Text)
		ev.Facts["resets"], ev.Facts["discarded_bytes"] = resets, discarded
	}
	return in.t.whole(ctx, ev)
}
