package faults

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"surety/checker/history"
	"surety/topologies"
)

// Surge is an overload: while it is on, the workload offers Times as many records a
// second as usual. The plan knows when, so that the schedule of the load stays open
// loop; the fault itself only looks at what came of it.
type Surge struct {
	Times float64 `yaml:"times" json:"times"`
}

// Offer is how a load is offered and what waits behind it.
type Offer struct {
	// Rate is the usual one, in records a second.
	Rate float64
	// Sent counts the records that were handed to the client so far.
	Sent func() int64
	// Queued is how many records wait before the processors; nil = nobody knows.
	Queued func(ctx context.Context) (int64, error)
}

// Name implements Fault.
func (*Surge) Name() string { return "surge" }

// Label implements Fault.
func (s *Surge) Label() string { return fmt.Sprintf("surge of %g times the rate", s.Times) }

// Check implements Fault.
func (s *Surge) Check() error {
	if !(s.Times > 1 && s.Times <= 1000) {
		return fmt.Errorf("times: is how many times the usual rate is offered, above 1 and up to 1000; this is %g", s.Times)
	}
	return nil
}

// Draw implements Fault.
func (s *Surge) Draw(func(int) int, []Selector) (Fault, error) { return s, nil }

// Needs implements Fault.
func (*Surge) Needs() []topologies.Capability { return nil }

// Resolve implements Fault.
func (s *Surge) Resolve(_ context.Context, sys System) (Target, error) {
	if sys.Offer == nil || sys.Offer.Rate <= 0 {
		return Target{}, errors.New("there is no load with a rate that could surge")
	}
	return Target{Offer: sys.Offer}, nil
}

type surging struct {
	offer *Offer
	times float64
	began time.Time
	sent  int64 // before
	queue int64 // before; -1 where nobody knows

	mu      sync.Mutex
	deepest int64
	ended   time.Time
}

// Inject implements Fault. The schedule of the load does it.
func (s *Surge) Inject(ctx context.Context, t Target) (Injection, error) {
	return &surging{offer: t.Offer, times: s.Times, began: time.Now(), sent: t.Offer.Sent(), queue: t.Offer.depth(ctx)}, nil
}

// depth is how many records wait; -1 where nobody knows.
func (o *Offer) depth(ctx context.Context) int64 {
	if o.Queued == nil {
		return -1
	}
	n, err := o.Queued(ctx)
	if err != nil {
		return -1
	}
	return n
}

// shareOffered is which part of the rate that was asked for must have been offered.
const shareOffered = 0.7

// tellsAfter is how long a surge lasts before its rate can be told.
const tellsAfter = 200 * time.Millisecond

// InEffect reads how many records were really offered since the surge began, and how
// many wait before the processors.
func (in *surging) InEffect(ctx context.Context) (history.Evidence, error) {
	passed := time.Since(in.began)
	rate := perSecond(in.offer.Sent()-in.sent, passed)
	queue := in.offer.depth(ctx)
	in.mu.Lock()
	defer in.mu.Unlock()
	in.deepest = max(in.deepest, queue)
	asked := in.times * in.offer.Rate
	ev := history.Evidence{
		Shown: passed >= tellsAfter && rate >= shareOffered*asked,
		Text:  fmt.Sprintf("%.0f of %.0f records/s offered, usual are %.0f", rate, asked, in.offer.Rate),
		Facts: map[string]any{"offered_per_s": rate, "asked_per_s": asked, "usual_per_s": in.offer.Rate},
	}
	in.queued(&ev, queue)
	return ev, nil
}

// queued adds to evidence what waits before the processors.
func (in *surging) queued(ev *history.Evidence, now int64) {
	if now < 0 || in.queue < 0 {
		return
	}
	ev.Text += fmt.Sprintf("; %d records wait, %d before, %d at most", now, in.queue, in.deepest)
	ev.Facts["queued_records"], ev.Facts["queued_before_records"], ev.Facts["queued_most_records"] = now, in.queue, in.deepest
}

// Heal notes the end of the surge, which the schedule brings.
func (in *surging) Heal(context.Context) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.ended = time.Now()
	return nil
}

// usualQueue is what may wait at the usual rate: what comes in this time.
const usualQueue = 500 * time.Millisecond

// Healed reads that no more records wait than before the surge, and how long it took
// to drain them.
func (in *surging) Healed(ctx context.Context) (history.Evidence, error) {
	queue := in.offer.depth(ctx)
	in.mu.Lock()
	defer in.mu.Unlock()
	in.deepest = max(in.deepest, queue)
	took := time.Since(in.ended)
	ev := history.Evidence{
		Shown: in.queue < 0 || queue >= 0 && queue <= max(in.queue, int64(in.offer.Rate*usualQueue.Seconds())),
		Text:  fmt.Sprintf("drained %.1f s after the surge", took.Seconds()),
		Facts: map[string]any{"drained_ms": ms(took)},
	}
	in.queued(&ev, queue)
	return ev, nil
}
