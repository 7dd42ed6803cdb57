package faults

import (
	"slices"
	"testing"
	"time"

	"surety/topologies"
)

func TestAThrottleIsShownByHowLongItsVictimsStood(t *testing.T) {
	p := running("processor-1")
	in := begun(t, &Throttle{Target: "processor/1", To: "20%", Turn: 50 * time.Millisecond}, System{Nodes: []topologies.Node{p}})
	ev := shownSoon(t, in.InEffect)
	if turns, _ := ev.Facts["processor-1_turns"].(int); turns < fewestTurns {
		t.Errorf("%+v", ev)
	}
	for range 2 {
		if err := in.Heal(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if ev := seen(t, in.Healed); !ev.Shown {
		t.Errorf("not healed: %+v", ev)
	}
	calls := called(p)
	for i, c := range calls {
		if want := []string{"pause", "resume"}[i%2]; c != want {
			t.Fatalf("calls %v", calls)
		}
	}
	if len(calls)%2 != 0 || !slices.Contains(calls, "pause") {
		t.Errorf("it is left standing: %v", calls)
	}
}

func TestAThrottleOfAProcessThatRunsOnIsNotShown(t *testing.T) {
	p := running("processor-1")
	p.stuck = true // it does as if it paused
	in := begun(t, &Throttle{Target: "processor/1", To: "20%", Turn: 50 * time.Millisecond}, System{Nodes: []topologies.Node{p}})
	waitFor(t, "three turns", func() bool { return len(called(p)) >= 2*fewestTurns+1 })
	if ev := seen(t, in.InEffect); ev.Shown {
		t.Errorf("%+v", ev)
	}
	if err := in.Heal(t.Context()); err != nil {
		t.Fatal(err)
	}
}
