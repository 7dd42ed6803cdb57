package faults

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"surety/checker/history"
	"surety/topologies"
	"surety/topologies/protocol"
)

// intercepted is rules in force on links.
type intercepted struct {
	t      Target
	rules  []topologies.Rule
	id     uint64
	before traffic // when the healing was asked
}

// each does something for every link and every rule.
func (in *intercepted) each(ctx context.Context, do func(ctx context.Context, i topologies.Interceptor, id string, r topologies.Rule) error) error {
	return together(ctx, in.t.Links, func(ctx context.Context, l LinkStream) error {
		var errs []error
		for n, r := range in.rules {
			// One id for each client: what it sends is counted over all its links.
			id := fmt.Sprintf("intercept-%d-%d-%s", in.id, n, l.Link.From())
			errs = append(errs, do(ctx, l.Link.(topologies.Interceptor), id, r))
		}
		return errors.Join(errs...)
	})
}

// did sums what the rules did on all links.
func (in *intercepted) did(ctx context.Context) (topologies.Interception, error) {
	parts := make(chan topologies.Interception, len(in.t.Links)*len(in.rules))
	err := in.each(ctx, func(ctx context.Context, i topologies.Interceptor, id string, _ topologies.Rule) error {
		one, err := i.Intercepted(ctx, id)
		parts <- one
		return err
	})
	close(parts)
	var sum topologies.Interception
	for one := range parts {
		sum.Requests += one.Requests
		sum.Matched += one.Matched
		sum.Acted += one.Acted
		sum.Records += one.Records
		sum.Holding += one.Holding
		sum.Unread = cmp.Or(sum.Unread, one.Unread)
		sum.Frames = append(sum.Frames, one.Frames...)
	}
	sum.Requests /= int64(len(in.rules)) // each rule counted them
	slices.SortFunc(sum.Frames, func(a, b topologies.Frame) int { return a.At.Compare(b.At) })
	return sum, err
}

// evidenceFrames is how many frames an evidence tells.
const evidenceFrames = 20

// evidence tells what was done to which messages.
func (in *intercepted) evidence(d topologies.Interception) history.Evidence {
	ev := history.Evidence{
		Shown: d.Acted > 0,
		Facts: map[string]any{
			"requests": d.Requests, "matched": d.Matched, "acted": d.Acted, "records": d.Records, "holding": d.Holding,
			"frames": d.Frames[max(0, len(d.Frames)-evidenceFrames):],
		},
	}
	ev.Text = fmt.Sprintf("%d of %d requests matched, none was acted on", d.Matched, d.Requests)
	if d.Acted > 0 {
		last := d.Frames[len(d.Frames)-1]
		ev.Text = fmt.Sprintf("%d of %d matching requests: %s", d.Acted, d.Matched, told(last))
		if d.Acted > 1 {
			ev.Text = fmt.Sprintf("%d of %d matching requests, the last: %s", d.Acted, d.Matched, told(last))
		}
	}
	if d.Unread != "" {
		ev.Text += "; not every connection was read: " + d.Unread
		ev.Facts["unread"] = d.Unread
	}
	return ev
}

// told is a frame in words.
func told(f topologies.Frame) string {
	of := []string{fmt.Sprintf("correlation %d", f.Correlation)}
	if f.TransactionalID != "" {
		of = append(of, "transaction of "+f.TransactionalID)
	}
	if f.Epoch >= 0 {
		of = append(of, fmt.Sprintf("epoch %d", f.Epoch))
	}
	if f.Records > 0 {
		of = append(of, fmt.Sprintf("%d records", f.Records))
	}
	s := fmt.Sprintf("%s v%d #%d on %s (%s): %s", f.API, f.Version, f.Nth, f.Link, strings.Join(of, ", "), f.Did)
	if f.Held > 0 {
		s += fmt.Sprintf(" for %s", f.Held.Round(time.Millisecond))
	}
	if f.Answer != "" {
		s += ", the " + answering(f) + " answered " + f.Answer
	}
	return s
}

// answering is who answered a message.
func answering(f topologies.Frame) string {
	if strings.HasSuffix(f.Link, ":"+protocol.Postgres.Name) {
		return "database"
	}
	return "broker"
}

// InEffect reads from the messages what was done to them.
func (in *intercepted) InEffect(ctx context.Context) (history.Evidence, error) {
	d, err := in.did(ctx)
	return in.evidence(d), err
}

// Heal takes the rules away; what they hold goes on.
func (in *intercepted) Heal(ctx context.Context) error {
	if tr, err := meter(ctx, in.t.Links); err == nil {
		in.before = tr
	}
	return in.each(ctx, func(ctx context.Context, i topologies.Interceptor, id string, _ topologies.Rule) error {
		return i.Pass(ctx, id)
	})
}

// Healed reads that nothing is held and the links carry traffic, and what became of
// what was held.
func (in *intercepted) Healed(ctx context.Context) (history.Evidence, error) {
	d, err := in.did(ctx)
	if err != nil {
		return history.Evidence{}, err
	}
	tr, err := meter(ctx, in.t.Links)
	if err != nil {
		return history.Evidence{}, err
	}
	ev := in.evidence(d)
	n := tr.delivered() - in.before.delivered()
	ev.Shown = d.Holding == 0 && n > 0
	ev.Text = fmt.Sprintf("%d bytes delivered since the healing, %d messages held", n, d.Holding)
	if d.Acted > 0 {
		ev.Text += "; " + told(d.Frames[len(d.Frames)-1])
	}
	ev.Facts["delivered_bytes"] = n
	return ev, nil
}
