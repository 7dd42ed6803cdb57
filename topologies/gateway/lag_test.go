package gateway_test

import (
	"io"
	"net"
	"testing"
	"time"

	"surety/topologies"
)

func TestLagGrowsTheRoundTripByItsDelay(t *testing.T) {
	const delay, jitter = 60 * time.Millisecond, 20 * time.Millisecond
	r := start(t, upstream(t, echo))
	c := r.dial(t)
	ok(t, r.link.Lag(t.Context(), topologies.Lag{Delay: delay, Jitter: jitter, Seed: 7}))
	for range 5 {
		began := time.Now()
		send(t, c, "ping")
		expect(t, c, "ping")
		if took := time.Since(began); took < delay-jitter || took > delay+jitter+time.Second {
			t.Errorf("a round trip took %v, want %v ± %v and what the machine adds", took, delay, jitter)
		}
	}
	tr := r.until(t, "10 delayed chunks", func(tr topologies.Traffic) bool { return tr.Delayed == 10 })
	if tr.DelayMin < (delay-jitter)/2 || tr.DelayMean < tr.DelayMin || tr.DelayMax < tr.DelayMean {
		t.Errorf("measured %v / %v / %v; want at least half of the round trip each way", tr.DelayMin, tr.DelayMean, tr.DelayMax)
	}

	ok(t, r.link.Unlag(t.Context()))
	send(t, c, "fast")
	expect(t, c, "fast")
	if after := r.traffic(t); after.Delayed != 10 {
		t.Errorf("%d chunks delayed after the lag had ended, want still 10", after.Delayed)
	}
}

func TestLagDoesNotLimitThroughput(t *testing.T) {
	const size, delay = 8 << 20, 200 * time.Millisecond
	r := start(t, upstream(t, func(c net.Conn) {
		_, _ = io.CopyN(io.Discard, c, size)
		_, _ = c.Write([]byte("done"))
	}))
	c := r.dial(t)
	ok(t, r.link.Lag(t.Context(), topologies.Lag{Delay: delay}))
	began := time.Now()
	_, err := c.Write(make([]byte, size))
	ok(t, err)
	expect(t, c, "done")
	// One chunk of at most 32 KiB at a time would take 256 delays.
	if took := time.Since(began); took > 20*delay {
		t.Errorf("8 MiB took %v under a lag of %v: chunks wait one after the other", took, delay)
	}
}

func TestWhatWaitsLeavesWhenTheLagEnds(t *testing.T) {
	r := start(t, upstream(t, echo))
	c := r.dial(t)
	ok(t, r.link.Lag(t.Context(), topologies.Lag{Delay: time.Hour}))
	send(t, c, "late")
	silent(t, c)
	ok(t, r.link.Unlag(t.Context()))
	expect(t, c, "late")
}

func TestALagIsHeldByALaterHold(t *testing.T) {
	r := start(t, upstream(t, echo))
	c := r.dial(t)
	ok(t, r.link.Lag(t.Context(), topologies.Lag{Delay: 40 * time.Millisecond}))
	send(t, c, "slow")
	ok(t, r.link.Hold(t.Context(), topologies.Backward))
	r.until(t, "the delayed answer is held", func(tr topologies.Traffic) bool { return tr.HeldBackward == 4 })
	silent(t, c)
	ok(t, r.link.Release(t.Context(), topologies.Backward))
	expect(t, c, "slow")
}

func TestNegativeLagIsRefused(t *testing.T) {
	r := start(t, upstream(t, echo))
	for _, l := range []topologies.Lag{{Delay: -1}, {Delay: 1, Jitter: -1}} {
		if err := r.link.Lag(t.Context(), l); err == nil {
			t.Errorf("the lag %+v was accepted", l)
		}
	}
}
