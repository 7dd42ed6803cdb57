package faults

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"surety/topologies"
)

func flapOf(down, up time.Duration) *Flap { return &Flap{Between: pair, Down: down, Up: up} }

func TestAFlapTurnsUntilItIsHealed(t *testing.T) {
	target, links := fakes(2)
	for _, l := range links {
		l.carry(func(tr *topologies.Traffic) { tr.HeldForward = 5 })
	}
	in := inject(t, flapOf(shortest, shortest), target)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	ev, err := await(ctx, in.InEffect)
	for err == nil && ev.Facts["cycles"].(int) < 3 && ctx.Err() == nil {
		ev, err = await(ctx, in.InEffect)
	}
	if err != nil || !ev.Shown || ev.Facts["held_bytes"].(int64) < 30 || ev.Facts["cycles_with_held_bytes"] != ev.Facts["cycles"] {
		t.Fatalf("evidence %+v, %v; want 3 cycles that held 10 bytes each", ev, err)
	}
	if err := in.Heal(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := in.Heal(t.Context()); err != nil {
		t.Errorf("healing twice: %v", err)
	}
	for i, l := range links {
		for j, what := range l.done() {
			if want := [2]string{"hold 3\n", "release 3\n"}[j%2]; what != want {
				t.Fatalf("link %d did %q; want holds and releases in turn", i, l.done())
			}
		}
		if n := len(l.done()); n%2 != 0 {
			t.Errorf("link %d is still held after %d turns", i, n)
		}
		l.carry(func(tr *topologies.Traffic) { tr.Forward = 3 })
	}
	healed, err := in.Healed(t.Context())
	look(t, healed, err, true, "6 bytes delivered since the healing")
}

func TestAFlapThatWasHealedAtOnceLeavesNothingHeld(t *testing.T) {
	target, links := fakes(1)
	in := inject(t, flapOf(time.Hour, time.Hour), target)
	if err := in.Heal(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := links[0].done(); !slices.Equal(got, []string{"hold 3\n", "release 3\n"}) {
		t.Errorf("the link did %q", got)
	}
}

func TestAFlapThatCannotTurnSaysSoAndHealsLater(t *testing.T) {
	target, links := fakes(1)
	in := inject(t, flapOf(shortest, shortest), target)
	links[0].breaks("release", true)
	<-in.(*flapping).done // it gives up
	if _, err := in.InEffect(t.Context()); !errors.Is(err, errFake) {
		t.Fatalf("error %v, want the link's", err)
	}
	if err := in.Heal(t.Context()); !errors.Is(err, errFake) {
		t.Errorf("healed with %v, though the link cannot be released", err)
	}
	links[0].breaks("release", false)
	if err := in.Heal(t.Context()); err != nil {
		t.Errorf("the second healing: %v", err)
	}
	if got := links[0].done(); !slices.Contains(got, "release 3\n") {
		t.Errorf("the link did %q; want it released", got)
	}
}

func TestAFlapThatBreaksOnlyAPartIsHealed(t *testing.T) {
	target, links := fakes(2)
	links[1].breaks("hold", true)
	in, err := flapOf(time.Second, time.Second).Inject(t.Context(), target)
	if !errors.Is(err, errFake) || in == nil {
		t.Fatalf("%v, %v; want the error and something to heal", in, err)
	}
	if err := in.Heal(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestTheTimesOfAFlapAreThoseOfItsSeed(t *testing.T) {
	draw := func(seed uint64) []time.Duration {
		f := flapOf(300*time.Millisecond, 700*time.Millisecond)
		f.Jitter, f.Seed = 100*time.Millisecond, seed
		times := f.times()
		var out []time.Duration
		for range 50 {
			down, up := times()
			if down < 200*time.Millisecond || down > 400*time.Millisecond || up < 600*time.Millisecond || up > 800*time.Millisecond {
				t.Fatalf("drawn %s down and %s up; want 300 ms and 700 ms ± 100 ms", down, up)
			}
			out = append(out, down, up)
		}
		return out
	}
	if !slices.Equal(draw(7), draw(7)) {
		t.Error("one seed gives two schedules")
	}
	if slices.Equal(draw(7), draw(8)) {
		t.Error("two seeds give one schedule")
	}
}
