package gateway_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"surety/topologies"
)

func TestHoldsOfSeveralGatewaysBeginAtTheAgreedInstant(t *testing.T) {
	var rigs []*rig
	for range 4 {
		rigs = append(rigs, start(t, upstream(t, echo)))
	}
	at := time.Now().Add(100 * time.Millisecond)
	times := make([]time.Time, len(rigs))
	errs := make([]error, len(rigs))
	var wg sync.WaitGroup
	for i, r := range rigs {
		wg.Go(func() { times[i], errs[i] = r.link.HoldAt(t.Context(), topologies.Both, at) })
	}
	wg.Wait()
	t.Logf("spread over %d gateways: %s", len(rigs), slices.MaxFunc(times, time.Time.Compare).Sub(slices.MinFunc(times, time.Time.Compare)))
	for i, r := range rigs {
		ok(t, errs[i])
		if times[i].Before(at) {
			t.Errorf("the hold of gateway %d began %s too early", i, at.Sub(times[i]))
		}
		c := r.dial(t)
		send(t, c, "x")
		r.until(t, "a held byte", func(tr topologies.Traffic) bool { return tr.HeldForward == 1 })
		ok(t, r.link.Release(t.Context(), topologies.Both))
		expect(t, c, "x")
	}
}

func TestAnInstantThatHasJustPassedIsNow(t *testing.T) {
	r := start(t, upstream(t, echo))
	at := time.Now().Add(-50 * time.Millisecond)
	done, err := r.link.HoldAt(t.Context(), topologies.Both, at)
	ok(t, err)
	if done.Before(at.Add(50 * time.Millisecond)) {
		t.Errorf("the hold is said to have begun at %s, before it was asked for", done)
	}
}

func TestAnArmedHoldIsWithdrawnWhenItsCallerGoes(t *testing.T) {
	r := start(t, upstream(t, echo))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	at := time.Now().Add(400 * time.Millisecond)
	if _, err := r.link.HoldAt(ctx, topologies.Both, at); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("the caller saw %v", err)
	}
	// A denial that is armed for later than the hold was tells that the hold's time
	// is over.
	if _, err := r.link.Deny(t.Context(), topologies.Reject, at.Add(50*time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	ok(t, r.link.Allow(t.Context(), topologies.Reject))
	c := r.dial(t)
	send(t, c, "passes")
	expect(t, c, "passes")
}

func TestAnInstantOfAnotherClockIsRefused(t *testing.T) {
	r := start(t, upstream(t, echo))
	for _, far := range []time.Duration{-time.Hour, time.Hour} {
		if _, err := r.link.HoldAt(t.Context(), topologies.Both, time.Now().Add(far)); err == nil {
			t.Errorf("an instant %s away was accepted", far)
		}
	}
	c := r.dial(t)
	send(t, c, "x")
	expect(t, c, "x")
}
