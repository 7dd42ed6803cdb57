package gateway

import (
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"surety/topologies"
)

// lags is the state of one link's lag: the setting in force and what was
// measured under it.
type lags struct {
	setting atomic.Pointer[lagSetting]

	mu       sync.Mutex
	active   []topologies.Lag // oldest first
	count    int64
	sum      time.Duration
	min, max time.Duration
}

// lagSetting is one state of the lag; changed is closed when the next one stands.
type lagSetting struct {
	on      bool
	lag     topologies.Lag
	changed chan struct{}
}

func newLags() *lags {
	l := &lags{}
	l.setting.Store(&lagSetting{changed: make(chan struct{})})
	return l
}

// lag adds a lag, which replaces the older ones until one of them ends.
func (l *lags) lag(lag topologies.Lag) error {
	if lag.Delay < 0 || lag.Jitter < 0 {
		return errors.New("the delay and the jitter of a lag must not be negative")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.active = append(l.active, lag)
	l.count, l.sum, l.min, l.max = 0, 0, 0, 0
	l.apply()
	return nil
}

// unlag ends the oldest lag; what waits for it leaves at once, in order, if it
// was the last.
func (l *lags) unlag() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.active) > 0 {
		l.active = l.active[1:]
	}
	l.apply()
}

func (l *lags) apply() {
	next := &lagSetting{changed: make(chan struct{})}
	old := l.setting.Load()
	if n := len(l.active); n > 0 {
		next.on, next.lag = true, l.active[n-1]
		if old.on && old.lag == next.lag {
			return
		}
	}
	l.setting.Store(next)
	close(old.changed)
}

// measure counts a chunk that has left, from its arrival at the gateway to now.
// Chunks of an earlier lag do not count.
func (l *lags) measure(d delayed) {
	if d.setting == nil {
		return
	}
	took := time.Since(d.chunk.Timestamp)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.setting.Load() != d.setting {
		return
	}
	if l.count == 0 || took < l.min {
		l.min = took
	}
	l.max = max(l.max, took)
	l.sum += took
	l.count++
}

func (l *lags) read(t *topologies.Traffic) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t.Delayed, t.DelayMin, t.DelayMax = l.count, l.min, l.max
	if l.count > 0 {
		t.DelayMean = l.sum / time.Duration(l.count)
	}
}

// draws are the delays of one direction of one connection. They depend on the
// seed, the connection's ordinal and the direction only.
type draws struct {
	of  *lagSetting
	rng *rand.Rand
}

func newDraws(s *lagSetting, ordinal uint64, dir int) *draws {
	return &draws{of: s, rng: rand.New(rand.NewPCG(s.lag.Seed, ordinal<<1|uint64(dir)))}
}

// next is half of the round trip's delay ± half of its jitter, uniformly drawn.
func (d *draws) next() time.Duration {
	delay, jitter := d.of.lag.Delay/2, d.of.lag.Jitter/2
	if jitter > 0 {
		delay += time.Duration(d.rng.Int64N(2*int64(jitter)+1)) - jitter
	}
	return max(delay, 0)
}
