package faults

import (
	"context"
	"sync"
	"time"

	"surety/topologies"
)

// traffic sums what the links of a fault carried.
type traffic struct {
	topologies.Traffic     // sums; the fields of delays are not filled
	busy               int // links with held bytes
	refusing           int // links that refuse dials
}

// meter reads the counters of links that are all topologies.Meters.
func meter(ctx context.Context, links []LinkStream) (traffic, error) {
	var sum traffic
	var mu sync.Mutex
	err := together(ctx, links, func(ctx context.Context, l LinkStream) error {
		tr, err := l.Link.(topologies.Meter).Traffic(ctx)
		mu.Lock()
		defer mu.Unlock()
		sum.add(tr)
		return err
	})
	return sum, err
}

func (s *traffic) add(t topologies.Traffic) {
	s.Dials += t.Dials
	s.FailedDials += t.FailedDials
	s.RejectedDials += t.RejectedDials
	s.Open += t.Open
	s.Resets += t.Resets
	s.Closed += t.Closed
	s.Forward += t.Forward
	s.Backward += t.Backward
	s.HeldForward += t.HeldForward
	s.HeldBackward += t.HeldBackward
	s.HeldConns += t.HeldConns
	s.Discarded += t.Discarded
	s.Limited += t.Limited
	s.LimitedFor += t.LimitedFor
	if t.HeldForward+t.HeldBackward > 0 {
		s.busy++
	}
	if t.Refusing {
		s.refusing++
	}
}

// delivered is the bytes that the links let through in both directions.
func (s *traffic) delivered() int64 { return s.Forward + s.Backward }

// accepted is the connections that reached the far side.
func (s *traffic) accepted() int64 { return s.Dials - s.FailedDials - s.RejectedDials }

// perSecond is a count over a time, 0 where no time has passed.
func perSecond(n int64, d time.Duration) float64 {
	if d <= 0 {
		return 0
	}
	return float64(n) / d.Seconds()
}
