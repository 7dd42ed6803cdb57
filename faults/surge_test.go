package faults

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestASurgeIsShownByTheRateThatWasOffered(t *testing.T) {
	for _, c := range []struct {
		why   string
		sent  int64 // in the 10 s since it began
		shown bool
	}{
		{"five times as many", 50_000, true},
		{"a little fewer: the client was late", 40_000, true},
		{"the usual rate", 10_000, false},
		{"nothing", 0, false},
	} {
		var sent atomic.Int64
		sent.Store(700)
		in := begun(t, &Surge{Times: 5}, System{Offer: &Offer{Rate: 1000, Sent: sent.Load}})
		in.(*surging).began = time.Now().Add(-10 * time.Second)
		sent.Add(c.sent)
		if ev := seen(t, in.InEffect); ev.Shown != c.shown || !strings.Contains(ev.Text, "of 5000 records/s offered") {
			t.Errorf("%s: %+v", c.why, ev)
		}
	}
}

func TestASurgeIsOverWhenWhatQueuedUpIsDrained(t *testing.T) {
	var queue atomic.Int64
	queue.Store(20)
	failing := false
	in := begun(t, &Surge{Times: 5}, System{Offer: &Offer{Rate: 1000, Sent: func() int64 { return 0 }, Queued: func(context.Context) (int64, error) {
		if failing {
			return 0, errors.New("no broker answers")
		}
		return queue.Load(), nil
	}}})
	queue.Store(9000)
	seen(t, in.InEffect)
	if err := in.Heal(t.Context()); err != nil {
		t.Fatal(err)
	}
	if ev := seen(t, in.Healed); ev.Shown {
		t.Errorf("9000 records wait: %+v", ev)
	}
	failing = true
	if ev := seen(t, in.Healed); ev.Shown {
		t.Errorf("nobody knows how many wait: %+v", ev)
	}
	failing = false
	queue.Store(500)
	if ev := seen(t, in.Healed); !ev.Shown || ev.Facts["queued_most_records"] != int64(9000) || ev.Facts["queued_before_records"] != int64(20) {
		t.Errorf("what comes in half a second waits: %+v", ev)
	}
}

func TestASurgeWantsALoadWithARate(t *testing.T) {
	for _, sys := range []System{{}, {Offer: &Offer{}}} {
		if _, err := (&Surge{Times: 5}).Resolve(t.Context(), sys); err == nil {
			t.Errorf("%+v surges", sys)
		}
	}
}

func TestFieldsThatMakeNoSenseAreRefused(t *testing.T) {
	for _, c := range []struct {
		fault Fault
		says  string
	}{
		{&Surge{}, "times: is how many times"},
		{&Surge{Times: 1}, "above 1"},
		{&Throttle{Target: "processor/1"}, "a share is written as 20%"},
		{&Throttle{Target: "processor/1", To: "0%"}, "1% to 90%"},
		{&Throttle{Target: "processor/1", To: "20%", Turn: time.Millisecond}, "turn: is"},
		{&Roll{Target: "processor/*", Back: true}, "say which one they are rolled to"},
		{&Roll{Target: "processor/*", How: "gently"}, `unknown how "gently"; known: stop, kill`},
		{&Roll{Target: "driver"}, "the driver is part of the harness"},
		{&Scale{Target: "processor/1", To: 2}, "the instances of one processor"},
		{&Scale{Target: "broker/*", To: 2}, "the instances of one processor"},
		{&Scale{Target: "processor/*"}, "to: is how many"},
		{&Scale{Target: "processor/*", To: 2, Times: -1}, "times: is how often"},
		{&Isolate{Target: "broker/1", From: "x"}, `unknown target "x"`},
	} {
		if err := c.fault.Check(); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", c.fault.Label(), err, c.says)
		}
	}
}
