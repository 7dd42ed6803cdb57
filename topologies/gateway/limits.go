package gateway

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"surety/topologies"
)

const (
	// pace is about how long one piece of a limited stream takes.
	pace = 20 * time.Millisecond
	// catchUp is how much a link may be late and still keep its schedule. More is
	// time in which there was nothing to send, which is not made up for.
	catchUp = 200 * time.Millisecond
)

// limits is the state of one link's bandwidth: the limit in force, when each
// direction is free again, and what was measured under it.
type limits struct {
	setting atomic.Pointer[limit]

	mu     sync.Mutex
	active []int64      // bytes a second
	free   [2]time.Time // when what was let in has passed
	left   [2]time.Time // when the last piece left
	bytes  int64
	busy   time.Duration
}

// limit is one state of the bandwidth; changed is closed when the next one stands.
type limit struct {
	rate    int64 // bytes a second; 0 is no limit
	changed chan struct{}
}

func newLimits() *limits {
	l := &limits{}
	l.setting.Store(&limit{changed: make(chan struct{})})
	return l
}

// limit adds a limit; the smallest is in force.
func (l *limits) limit(rate int64) error {
	if rate <= 0 {
		return fmt.Errorf("a limit of %d bytes a second would never let anything through; hold the link for that", rate)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.active = append(l.active, rate)
	l.bytes, l.busy = 0, 0
	l.apply()
	return nil
}

// unlimit ends one limit of this rate. Without such a limit it does nothing.
func (l *limits) unlimit(rate int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.Index(l.active, rate); i >= 0 {
		l.active = slices.Delete(l.active, i, i+1)
	}
	l.apply()
	return nil
}

func (l *limits) apply() {
	next := &limit{changed: make(chan struct{})}
	if len(l.active) > 0 {
		next.rate = slices.Min(l.active)
	}
	old := l.setting.Load()
	if old.rate == next.rate {
		return
	}
	now := time.Now()
	l.free, l.left = [2]time.Time{now, now}, [2]time.Time{now, now}
	l.setting.Store(next)
	close(old.changed)
}

// piece is how many bytes pass at once under a limit, of those there are.
func (s *limit) piece(have int) int {
	return int(min(int64(have), max(1, int64(float64(s.rate)*pace.Seconds()))))
}

// admit gives n bytes that arrived at the given time their place behind what is
// under way in their direction, and tells when they have passed.
func (l *limits) admit(s *limit, dir, n int, arrived time.Time) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	begin := latest(l.free[dir], arrived, time.Now().Add(-catchUp))
	due := begin.Add(time.Duration(float64(n) / float64(s.rate) * float64(time.Second)))
	if l.setting.Load() == s {
		l.free[dir] = due
	}
	return due
}

// measure counts n bytes that have left under a limit. The time in which nothing
// waited does not count.
func (l *limits) measure(s *limit, dir, n int, arrived time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.setting.Load() != s {
		return
	}
	now := time.Now()
	l.busy += now.Sub(latest(l.left[dir], arrived))
	l.left[dir] = now
	l.bytes += int64(n)
}

func latest(first time.Time, more ...time.Time) time.Time {
	for _, t := range more {
		if t.After(first) {
			first = t
		}
	}
	return first
}

func (l *limits) read(t *topologies.Traffic) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t.Limited, t.LimitedFor = l.bytes, l.busy
}
