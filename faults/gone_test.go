package faults

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"surety/checker/history"
	"surety/topologies"
)

var pair = []Selector{"processor/*", "broker/1"}

func TestFieldsOfLinkFaultsAreChecked(t *testing.T) {
	ms := time.Millisecond
	for _, c := range []struct {
		why   string
		fault Fault
		err   string
	}{
		{"silence is the default", &Cut{Between: pair}, ""},
		{"silence by name", &Cut{Between: pair, How: Silent}, ""},
		{"held bytes of one direction can be lost", &Cut{From: "broker/1", To: "broker/2", How: SilentReset}, ""},
		{"a refusal has no direction", &Cut{From: "broker/1", To: "broker/2", How: Refused}, "how: refuse ends whole connections"},
		{"a rejection has no direction", &Cut{From: "broker/1", To: "broker/2", How: Rejected}, "how: reset ends whole connections"},
		{"a slip", &Cut{Between: pair, How: "refused"}, `unknown how "refused"; known: silent, silent-reset, refuse, reset`},
		{"both forms of the ends", &Cut{Between: pair, From: "broker/1"}, "write either between: [A, B]"},
		{"a node refuses all its dials", &Isolate{Target: "broker/1", How: Refused}, ""},
		{"a slip of isolate", &Isolate{Target: "broker/1", How: "silence"}, `unknown how "silence"`},
		{"a rate", &Bandwidth{From: "processor/*", To: "broker/*", Rate: "100KiB/s"}, ""},
		{"a rate without its time", &Bandwidth{From: "processor/*", To: "broker/*", Rate: "100KiB"}, `a bandwidth wants rate: as 500B/s, 100KiB/s or 1MiB/s; this is "100KiB"`},
		{"a rate in bits", &Bandwidth{From: "processor/*", To: "broker/*", Rate: "1Mbit/s"}, "a bandwidth wants rate:"},
		{"no rate", &Bandwidth{From: "processor/*", To: "broker/*"}, "a bandwidth wants rate:"},
		{"nothing passes", &Bandwidth{From: "processor/*", To: "broker/*", Rate: "0B/s"}, "lets nothing through"},
		{"no end", &Bandwidth{From: "processor/*", Rate: "1MiB/s"}, "target is missing"},
		{"a flap", &Flap{Between: pair, Down: 300 * ms, Up: 700 * ms, Jitter: 100 * ms}, ""},
		{"a flap one way", &Flap{From: "broker/1", To: "broker/2", Down: 300 * ms, Up: 700 * ms}, ""},
		{"never up", &Flap{Between: pair, Down: 300 * ms}, "a flap wants down: and up:"},
		{"a jitter that leaves nothing", &Flap{Between: pair, Down: 300 * ms, Up: 700 * ms, Jitter: 300 * ms}, "a jitter that leaves"},
		{"a negative jitter", &Flap{Between: pair, Down: 300 * ms, Up: 700 * ms, Jitter: -ms}, "a flap wants"},
		{"a flap of nothing", &Flap{Down: 300 * ms, Up: 700 * ms}, "write either between: [A, B]"},
	} {
		err := c.fault.Check()
		if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%s: error %v, want %q", c.why, err, c.err)
		}
	}
}

func TestByteRatesAreBytesASecond(t *testing.T) {
	for text, want := range map[ByteRate]int64{"500B/s": 500, "100KiB/s": 100 << 10, "2 MiB/s": 2 << 20} {
		if got, err := text.PerSecond(); err != nil || got != want {
			t.Errorf("%s is %d, %v; want %d", text, got, err, want)
		}
	}
}

func TestDrawnLinkFaultsKeepTheirFields(t *testing.T) {
	nodes := []Selector{"broker/1", "broker/2", "processor/1", "processor/2"}
	last := func(n int) int { return n - 1 }
	for _, c := range []struct {
		fault Fault
		label string
	}{
		{&Cut{Between: []Selector{"processor/*", "any(broker)"}, How: SilentReset}, "cut processor/* <-> broker/2 (silent-reset)"},
		{&Cut{From: "any(broker)", To: "broker/1"}, "cut broker/2 -> broker/1"},
		{&Isolate{Target: "any(processor)", How: Refused}, "isolate processor/2 (refuse)"},
		{&Bandwidth{From: "processor/*", To: "any(broker)", Rate: "1MiB/s"}, "bandwidth 1MiB/s processor/* -> broker/2"},
		{
			&Flap{Between: []Selector{"any(processor)", "broker/*"}, Down: time.Second, Up: 2 * time.Second, Jitter: 100 * time.Millisecond},
			"flap 1s down 2s up ± 100ms processor/2 <-> broker/*",
		},
	} {
		got, err := c.fault.Draw(last, nodes)
		if err != nil || got.Label() != c.label || got.Name() != c.fault.Name() {
			t.Errorf("%s: drawn as %v, %v; want %q", c.fault.Label(), got, err, c.label)
		}
		if f, ok := got.(*Flap); ok && f.Seed != 1<<30-1 {
			t.Errorf("the flap's seed is %d", f.Seed)
		}
	}
	if _, err := (&Bandwidth{From: "processor/9", To: "broker/1", Rate: "1B/s"}).Draw(last, nodes); err == nil {
		t.Error("a bandwidth of a node that does not exist was drawn")
	}
	if _, err := (&Flap{From: "processor/9", To: "broker/1"}).Draw(last, nodes); err == nil {
		t.Error("a flap of a node that does not exist was drawn")
	}
}

func TestLinkFaultsAskForWhatTheyNeed(t *testing.T) {
	for _, c := range []struct {
		fault Fault
		want  []topologies.Capability
	}{
		{&Cut{Between: pair}, []topologies.Capability{topologies.CutProcessors}},
		{&Cut{Between: pair, How: SilentReset}, []topologies.Capability{topologies.CutProcessors, topologies.DiscardHeld}},
		{&Isolate{Target: "broker/1", How: Refused}, []topologies.Capability{topologies.CutBrokers, topologies.RefuseLinks}},
		{&Isolate{Target: "processor/*", How: Rejected}, []topologies.Capability{topologies.CutProcessors, topologies.RejectLinks}},
		{&Bandwidth{From: "broker/1", To: "broker/2"}, []topologies.Capability{topologies.CutBrokers, topologies.LimitLinks}},
		{&Flap{From: "broker/1", To: "broker/2"}, []topologies.Capability{topologies.CutBrokers, topologies.OneWay}},
	} {
		if got := c.fault.Needs(); !slices.Equal(got, c.want) {
			t.Errorf("%s needs %v, want %v", c.fault.Label(), got, c.want)
		}
	}
}

func TestALimitIsOfBothDirectionsOfItsLinks(t *testing.T) {
	for _, f := range []Fault{
		&Bandwidth{From: "processor/1", To: "broker/2"},
		&Flap{Between: []Selector{"processor/1", "broker/2"}},
	} {
		target, err := f.Resolve(t.Context(), threeBrokers())
		if err != nil || !slices.Equal(target.Names(), []string{"processor-1<=>broker-2:kafka"}) {
			t.Errorf("%s: %v, %v", f.Label(), target.Names(), err)
		}
	}
}

// inject breaks fake links with a fault.
func inject(t *testing.T, f Fault, target Target) Injection {
	t.Helper()
	in, err := f.Inject(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func look(t *testing.T, ev history.Evidence, err error, shown bool, text string) {
	t.Helper()
	if err != nil || ev.Shown != shown || !strings.Contains(ev.Text, text) {
		t.Errorf("shown %t, %q, %v; want shown %t and %q", ev.Shown, ev.Text, err, shown, text)
	}
}

func TestEachKindOfGoneIsShownAndHealed(t *testing.T) {
	type step struct {
		carry func(*topologies.Traffic)
		shown bool
		text  string
	}
	for _, c := range []struct {
		fault   Fault
		effect  []step
		healed  []step
		did     []string
		because string
	}{
		{
			&Cut{Between: pair},
			[]step{
				{func(*topologies.Traffic) {}, false, "0 bytes of 0 connections held"},
				{func(tr *topologies.Traffic) { tr.HeldForward, tr.HeldConns = 7, 1 }, true, "7 bytes of 1 connections held, on 1 of 1 links"},
			},
			[]step{
				{func(*topologies.Traffic) {}, false, "0 bytes delivered"},
				{func(tr *topologies.Traffic) { tr.Forward = 7 }, true, "7 bytes delivered since the healing"},
			},
			[]string{"hold 3\n", "release 3\n"},
			"what was held is delivered",
		},
		{
			&Isolate{Target: "processor/*", How: SilentReset},
			[]step{{func(tr *topologies.Traffic) { tr.HeldBackward, tr.HeldConns = 7, 1 }, true, "7 bytes"}},
			[]step{
				{func(tr *topologies.Traffic) { tr.Resets, tr.Discarded = 2, 7 }, false, "2 connections reset and 7 held bytes discarded"},
				{func(tr *topologies.Traffic) { tr.Forward = 3 }, true, "3 bytes delivered since the healing"},
			},
			[]string{"hold 3\n", "discard 3\n"},
			"what was held is discarded, and new connections deliver",
		},
		{
			&Cut{Between: pair, How: Refused},
			[]step{
				{func(tr *topologies.Traffic) { tr.Refusing = true }, false, "0 connections closed"},
				{func(tr *topologies.Traffic) { tr.Closed, tr.Open = 2, 1 }, false, "1 open"},
				{func(tr *topologies.Traffic) { tr.Open = 0 }, true, "2 connections closed, 0 open; 1 of 1 links refuse a dial"},
				{func(tr *topologies.Traffic) { tr.Refusing = false }, false, "0 of 1 links refuse a dial"},
			},
			[]step{
				{func(tr *topologies.Traffic) { tr.Dials, tr.FailedDials = 1, 1 }, false, "0 connections dialled"},
				{func(tr *topologies.Traffic) { tr.Dials, tr.Backward = 2, 9 }, true, "1 connections dialled and 9 bytes"},
			},
			[]string{"deny refuse\n", "allow refuse\n"},
			"victims lose their connections and dials are refused",
		},
		{
			&Cut{Between: pair, How: Rejected},
			[]step{
				{func(tr *topologies.Traffic) { tr.Resets = 2 }, false, "2 connections reset, 0 open, 0 dials reset"},
				{func(tr *topologies.Traffic) { tr.Dials, tr.RejectedDials = 4, 4 }, true, "4 dials reset"},
			},
			[]step{
				{func(*topologies.Traffic) {}, false, "0 connections dialled"},
				{func(tr *topologies.Traffic) { tr.Dials, tr.Forward = 5, 9 }, true, "1 connections dialled"},
			},
			[]string{"deny reset\n", "allow reset\n"},
			"victims are reset when they dial again",
		},
		{
			&Bandwidth{From: "processor/*", To: "broker/1", Rate: "1KiB/s"},
			[]step{
				{func(*topologies.Traffic) {}, false, "no traffic on 1 links"},
				{func(tr *topologies.Traffic) { tr.Limited, tr.LimitedFor = 4096, 2*time.Second }, false, "2.0 of 1.0 KiB/s"},
				{func(tr *topologies.Traffic) { tr.LimitedFor = 4 * time.Second }, true, "4096 bytes in 4000 ms of sending, 1.0 of 1.0 KiB/s"},
			},
			[]step{
				{func(tr *topologies.Traffic) { tr.Forward, tr.Limited = 1, 4097 }, false, "1 of them limited"},
				{func(tr *topologies.Traffic) { tr.Forward, tr.Limited = 9, 4096 }, true, "9 bytes delivered since the healing, 0 of them"},
			},
			[]string{"limit 1024\n", "unlimit 1024\n"},
			"the victims' bytes go no faster than asked",
		},
	} {
		t.Run(c.fault.Label(), func(t *testing.T) {
			target, links := fakes(1)
			in := inject(t, c.fault, target)
			for _, s := range c.effect {
				links[0].carry(s.carry)
				ev, err := in.InEffect(t.Context())
				look(t, ev, err, s.shown, s.text)
			}
			if err := in.Heal(t.Context()); err != nil {
				t.Fatal(err)
			}
			for _, s := range c.healed {
				links[0].carry(s.carry)
				ev, err := in.Healed(t.Context())
				look(t, ev, err, s.shown, s.text)
			}
			if got := links[0].done(); !slices.Equal(got, c.did) {
				t.Errorf("%s: the link did %q, want %q", c.because, got, c.did)
			}
		})
	}
}

func TestALinkThatCannotBeBrokenThatWayIsNamed(t *testing.T) {
	target := Target{Links: []LinkStream{{link{"processors", "broker-1", "kafka"}, topologies.Both}}}
	for _, f := range []Fault{
		&Cut{Between: pair}, &Cut{Between: pair, How: Refused}, &Isolate{Target: "broker/1", How: SilentReset},
		&Bandwidth{From: "processor/*", To: "broker/*", Rate: "1KiB/s"}, &Flap{Between: pair, Down: time.Second, Up: time.Second},
	} {
		in, err := f.Inject(t.Context(), target)
		if in != nil || err == nil || !strings.Contains(err.Error(), "processors -> broker-1") {
			t.Errorf("%s: %v, %v; want an error that names the link", f.Label(), in, err)
		}
	}
}

func TestTheSpreadOfACutIsInItsEvidence(t *testing.T) {
	for _, how := range []How{Silent, Refused, Rejected} {
		target, links := fakes(3)
		links[1].late = 12 * time.Millisecond
		in := inject(t, &Cut{Between: pair, How: how}, target)
		ev, err := in.InEffect(t.Context())
		if err != nil || ev.Facts["spread_ms"] != 12.0 || !strings.Contains(ev.Text, "; 3 links broken within 12.0 ms") {
			t.Errorf("%s: %q, %v, %v; want a spread of 12 ms", how, ev.Text, ev.Facts, err)
		}
	}
}

func TestALinkThatCannotBeArmedCallsTheOthersBack(t *testing.T) {
	for how, action := range map[How]string{Silent: "hold", Refused: "deny"} {
		target, links := fakes(4)
		links[2].breaks(action, true)
		in, err := (&Cut{Between: pair, How: how}).Inject(t.Context(), target)
		if !errors.Is(err, errFake) || strings.Contains(err.Error(), "canceled") || in == nil {
			t.Errorf("%s: injected %v with error %v; want something to heal and the link's own error", how, in, err)
		}
		for i, l := range links {
			if got := l.done(); len(got) > 0 {
				t.Errorf("%s: link %d did %q though another one could not be armed", how, i, got)
			}
		}
	}
}
