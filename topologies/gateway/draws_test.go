package gateway

import (
	"slices"
	"testing"
	"time"

	"surety/topologies"
)

func sequence(l topologies.Lag, ordinal uint64, dir int) []time.Duration {
	d := newDraws(&lagSetting{on: true, lag: l}, ordinal, dir)
	s := make([]time.Duration, 100)
	for i := range s {
		s[i] = d.next()
	}
	return s
}

func TestJitterDependsOnSeedConnectionAndDirectionOnly(t *testing.T) {
	lag := topologies.Lag{Delay: 100 * time.Millisecond, Jitter: 20 * time.Millisecond, Seed: 42}
	other := lag
	other.Seed = 43
	want := sequence(lag, 3, forward)
	for _, tc := range []struct {
		why  string
		got  []time.Duration
		same bool
	}{
		{"the same again", sequence(lag, 3, forward), true},
		{"another seed", sequence(other, 3, forward), false},
		{"another connection", sequence(lag, 4, forward), false},
		{"the other direction", sequence(lag, 3, backward), false},
	} {
		if slices.Equal(want, tc.got) != tc.same {
			t.Errorf("%s: equal is %v, want %v", tc.why, !tc.same, tc.same)
		}
	}
	low, high := slices.Min(want), slices.Max(want)
	if low < 40*time.Millisecond || high > 60*time.Millisecond || high-low < 10*time.Millisecond {
		t.Errorf("delays from %v to %v; want them spread over 50ms ± 10ms each way", low, high)
	}
}

func TestJitterBeyondTheDelayIsNoTimeTravel(t *testing.T) {
	for _, d := range sequence(topologies.Lag{Delay: time.Millisecond, Jitter: time.Second}, 1, forward) {
		if d < 0 {
			t.Fatalf("a delay of %v", d)
		}
	}
}
