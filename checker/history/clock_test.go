package history

import (
	"testing"
	"time"
)

func TestClockIsMonotonicFromItsBase(t *testing.T) {
	before := time.Now()
	clock := NewClock()
	after := time.Now()
	if began := clock.Began(); began.Before(before.Round(0)) || began.After(after.Round(0)) {
		t.Errorf("began %v, not between %v and %v", began, before, after)
	}
	if clock.Of(before) > 0 || clock.Of(after) < 0 {
		t.Errorf("0 is not between %v and %v", clock.Of(before), clock.Of(after))
	}
	if got := clock.Of(after.Add(time.Second)) - clock.Of(after); got != 1e9 {
		t.Errorf("a second is %d ns", got)
	}
	if a, b := clock.Now(), clock.Now(); a < 0 || b < a {
		t.Errorf("the clock went from %d to %d", a, b)
	}
}
