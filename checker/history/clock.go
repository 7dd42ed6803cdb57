package history

import "time"

// Clock is the one clock of a run. Its base is taken once, so that a step of
// the wall clock moves no record. The zero Clock is not usable: see NewClock.
type Clock struct {
	base time.Time
}

// NewClock starts a run's clock at 0.
func NewClock() Clock { return Clock{base: time.Now()} }

// Now is the time since the run began.
func (c Clock) Now() Nanos { return Nanos(time.Since(c.base)) }

// Began is the wall clock at 0, for Header.Began.
func (c Clock) Began() time.Time { return c.base.Round(0) }

// Of places a time of this process on the clock. It is exact for values of
// time.Now; a time that came from elsewhere is placed by the wall clock.
func (c Clock) Of(t time.Time) Nanos { return Nanos(t.Sub(c.base)) }
