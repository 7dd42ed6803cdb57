package faults

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"surety/checker/history"
	"surety/topologies"
)

// noop is a fault that breaks a counter, and fails one call in ten.
type noop struct {
	r      *rand.Rand
	broken int // 1 while broken
}

var errNow = errors.New("drawn from the seed")

func (n *noop) fails() error {
	if n.r.IntN(10) == 0 {
		return errNow
	}
	return nil
}

func (n *noop) Name() string                                       { return "noop" }
func (n *noop) Label() string                                      { return "noop" }
func (n *noop) Check() error                                       { return nil }
func (n *noop) Draw(func(int) int, []Selector) (Fault, error)      { return n, nil }
func (n *noop) Needs() []topologies.Capability                     { return nil }
func (n *noop) Resolve(context.Context, System) (Target, error)    { return Target{}, n.fails() }
func (n *noop) InEffect(context.Context) (history.Evidence, error) { return n.look(1) }
func (n *noop) Healed(context.Context) (history.Evidence, error)   { return n.look(0) }
func (n *noop) look(want int) (history.Evidence, error) {
	return history.Evidence{Shown: n.broken == want}, n.fails()
}

func (n *noop) Inject(context.Context, Target) (Injection, error) {
	if n.r.IntN(20) == 0 {
		return nil, errNow // nothing was broken
	}
	n.broken++
	return n, n.fails() // with an error: broken in part
}

func (n *noop) Heal(context.Context) error {
	if err := n.fails(); err != nil {
		return err
	}
	n.broken--
	return nil
}

// TestRandomTransitionsLeaveNothingBroken walks 10,000 random steps over many
// lives: a step that is not legal is refused and changes nothing, and whatever
// happened, Cleanup leaves the victim whole.
func TestRandomTransitionsLeaveNothingBroken(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	ctx := t.Context()
	legal := map[string][]State{
		"inject": {Idle}, "effect": {Injected}, "summary": {Injected, Active}, "heal": {Injected, Active}, "healed": {Healing},
	}
	names := []string{"inject", "effect", "summary", "heal", "healed"}
	refused, ran := 0, 0
	for steps := 0; steps < 10000; {
		n := &noop{r: r}
		l := NewLife(0, n, System{}, func(history.Fault) {})
		for range 1 + r.IntN(12) {
			steps++
			short, cancel := context.WithTimeout(ctx, time.Millisecond)
			name := names[r.IntN(len(names))]
			before, broken := l.State(), n.broken
			err := map[string]func(context.Context) error{
				"inject": l.Inject, "effect": l.AwaitEffect, "summary": l.Summary, "heal": l.Heal, "healed": l.AwaitHealed,
			}[name](short)
			cancel()
			allowed := false
			for _, s := range legal[name] {
				allowed = allowed || s == before
			}
			if !allowed {
				refused++
				if !errors.Is(err, ErrOrder) || l.State() != before || n.broken != broken {
					t.Fatalf("%s in %s: %v, now %s", name, before, err, l.State())
				}
				continue
			}
			ran++
			if n.broken > 1 || n.broken < 0 {
				t.Fatalf("%s in %s broke or healed twice: %d", name, before, n.broken)
			}
		}
		if err := l.Cleanup(ctx); err != nil {
			t.Fatal(err)
		}
		if n.broken != 0 {
			t.Fatalf("cleaned up in state %s and still broken", l.State())
		}
	}
	if refused < 1000 || ran < 1000 {
		t.Fatalf("the walk was too one-sided: %d refused, %d ran", refused, ran)
	}
}

// TestHistoryHasEveryPhaseInOrder is the plain path.
func TestHistoryHasEveryPhaseInOrder(t *testing.T) {
	var got []history.FaultPhase
	f := &calm{}
	l := NewLife(3, f, System{}, func(h history.Fault) {
		if h.Step != 3 || h.Name != "calm" {
			t.Errorf("phase of step %d, %s", h.Step, h.Name)
		}
		got = append(got, h.Phase)
	})
	ctx := t.Context()
	for _, step := range []func(context.Context) error{l.Inject, l.AwaitEffect, l.Summary, l.Heal, l.AwaitHealed, l.Cleanup} {
		if err := step(ctx); err != nil {
			t.Fatal(err)
		}
	}
	want := []history.FaultPhase{
		history.FaultResolved, history.FaultInjected, history.FaultInEffect, history.FaultInEffect,
		history.FaultHealing, history.FaultHealed,
	}
	if len(got) != len(want) {
		t.Fatalf("phases %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("phases %v, want %v", got, want)
		}
	}
}

// TestEffectThatIsNotSeenIsRecordedAsNotShown: a fault that did nothing must not
// look like one that was survived.
func TestEffectThatIsNotSeenIsRecordedAsNotShown(t *testing.T) {
	var last history.Fault
	l := NewLife(0, &calm{blind: true}, System{}, func(h history.Fault) { last = h })
	if err := l.Inject(t.Context()); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 3*time.Millisecond)
	defer cancel()
	if err := l.AwaitEffect(short); err != nil {
		t.Fatal(err)
	}
	if last.Phase != history.FaultInEffect || last.Evidence.Shown || last.Evidence.Text != "nothing seen" {
		t.Fatalf("recorded %+v", last)
	}
	if l.State() != Injected {
		t.Fatalf("state %s, want injected", l.State())
	}
}

// calm never fails; when blind, its effect is never seen.
type calm struct {
	noop
	blind, on bool
}

func (c *calm) Name() string                                      { return "calm" }
func (c *calm) Resolve(context.Context, System) (Target, error)   { return Target{}, nil }
func (c *calm) Inject(context.Context, Target) (Injection, error) { c.on = true; return c, nil }
func (c *calm) Heal(context.Context) error                        { c.on = false; return nil }
func (c *calm) Healed(context.Context) (history.Evidence, error) {
	return history.Evidence{Shown: !c.on}, nil
}

func (c *calm) InEffect(context.Context) (history.Evidence, error) {
	return history.Evidence{Shown: c.on && !c.blind, Text: "nothing seen"}, nil
}
