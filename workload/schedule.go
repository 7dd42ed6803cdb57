package workload

import (
	"context"
	"time"

	"surety/checker/history"
)

// LateAfter is how far behind its intended time a record may be handed to the
// client before it counts as late.
const LateAfter = 100 * time.Millisecond

// Schedule is the open-loop timetable of a load: record n is due at a fixed time
// whatever the system under test does, so a stall is charged to every record
// that it delayed (coordinated omission).
type Schedule struct {
	Begin history.Nanos // when record 0 is due
	Rate  float64       // records a second; 0 = always due
	// Surges are by rising time and do not overlap.
	Surges []Surge
}

// Due gives the intended time of record n; now where there is no rate.
func (s Schedule) Due(n int64, now history.Nanos) history.Nanos {
	if s.Rate <= 0 {
		return now
	}
	if len(s.Surges) > 0 {
		return s.Begin + history.Nanos(s.after(float64(n)))
	}
	return s.Begin + history.Nanos(float64(n)/s.Rate*float64(time.Second))
}

// Wait returns when record n is due, and that time. It does not wait for a
// record that is overdue.
func (s Schedule) Wait(ctx context.Context, clock Clock, n int64) (history.Nanos, error) {
	now := clock.Now()
	due := s.Due(n, now)
	if due <= now {
		return due, nil
	}
	return due, pause(ctx, time.Duration(due-now))
}

// pause waits for d or the end of ctx.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
