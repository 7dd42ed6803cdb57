package faults

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"surety/checker/history"
	"surety/topologies"
)

// drawAim draws an aim of every form, nested a little.
func drawAim(t *rapid.T, deep int) aim {
	forms := []string{aNode, "star", aDriver, "role", sameAs}
	if deep > 0 {
		forms = append(forms, aUnion, anyOf, allOf, aMinority, aMajority, notOf)
	}
	switch form := rapid.SampledFrom(forms).Draw(t, "form"); form {
	case aNode:
		return aim{op: aNode, arg: fmt.Sprintf("broker/%d", rapid.IntRange(1, 5).Draw(t, "broker"))}
	case "star":
		return aim{op: aNode, arg: rapid.SampledFrom([]string{"broker/*", "processor/*"}).Draw(t, "family")}
	case aDriver:
		return aim{op: aDriver}
	case "role":
		r := rapid.SampledFrom(Roles).Draw(t, "role")
		return aim{op: r.Name, arg: r.Of}
	case sameAs:
		return aim{op: sameAs, step: rapid.IntRange(1, 9).Draw(t, "step")}
	case aUnion:
		return aim{op: aUnion, of: []aim{drawAim(t, 0), drawAim(t, 0)}}
	default:
		a := aim{op: form, of: []aim{drawAim(t, deep-1)}}
		if choices[form] != nil && rapid.Bool().Draw(t, "drawn") {
			a.draw, a.set = rapid.Uint64().Draw(t, "draw"), true
		}
		return a
	}
}

// What a plan stores is read back as what was meant.
func TestATargetIsReadBackAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := drawAim(t, 3).String()
		got, err := parseAim(text)
		if err != nil || got.String() != text {
			t.Fatalf("%q is read as %q, %v", text, got, err)
		}
	})
}

// A target that is no such thing is refused, never taken for another, and nothing
// panics.
func TestAnyTextIsATargetOrAnError(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune("anybroker/1*+(), -leadinput0notsame"))).Draw(t, "text")
		a, err := parseAim(text)
		if err != nil {
			return
		}
		again, err := parseAim(a.String())
		if err != nil || again.String() != a.String() {
			t.Fatalf("%q is read as %q and that as %q, %v", text, a, again, err)
		}
	})
}

// brokersOnly is a system of n brokers whose controller is the first one.
func brokersOnly(n int) System {
	sys := System{Roles: fixedRoles{"controller": "broker-1"}, Aimed: &Aimed{}}
	for i := range n {
		sys.Nodes = append(sys.Nodes, node(fmt.Sprintf("broker-%d", i+1)))
	}
	return sys
}

func TestASeedSplitsBrokersIntoAMinorityAndTheOthers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(3, 9).Draw(t, "brokers")
		sys := brokersOnly(n)
		seed := rapid.Uint64().Draw(t, "seed")
		draw := func(s Selector) Selector {
			out, err := s.Draw(rand.New(rand.NewPCG(seed, 1)).IntN, selectorsOf(sys.Nodes))
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		if a, b := draw("minority(broker)"), draw("minority(broker)"); a != b {
			t.Fatalf("one seed drew %s and %s", a, b)
		}
		few := draw("minority(broker)")
		small, err := sys.find(context.Background(), few)
		if err != nil || len(small) != (n-1)/2 {
			t.Fatalf("a minority of %d is %v, %v", n, small, err)
		}
		large, err := sys.find(context.Background(), draw("majority(not(minority(broker)))"))
		if err != nil || 2*len(large) <= n-len(small) {
			t.Fatalf("a majority of the others is %v, %v", large, err)
		}
		others, err := sys.find(context.Background(), "not("+few+")")
		if err != nil || len(others)+len(small) != n || 2*len(others) <= n {
			t.Fatalf("%d brokers are split into %v and %v, %v", n, small, others, err)
		}
		for _, s := range small {
			if slices.Contains(others, s) {
				t.Fatalf("%s is on both sides", s)
			}
		}
	})
}

// What is drawn for a role is settled by the plan: whoever plays it, the same place
// among them is taken.
func TestAChoiceAmongThoseWhoPlayARoleIsThePlans(t *testing.T) {
	sys := brokersOnly(5)
	s, err := Selector("any(not(controller))").Draw(rand.New(rand.NewPCG(3, 4)).IntN, selectorsOf(sys.Nodes))
	if err != nil || !strings.HasPrefix(string(s), "any(not(controller), ") {
		t.Fatalf("drawn %q, %v", s, err)
	}
	first, err := sys.find(t.Context(), s)
	if err != nil || len(first) != 1 || first[0] == "broker/1" {
		t.Fatalf("%s is %v, %v", s, first, err)
	}
	for range 5 {
		if again, err := sys.find(t.Context(), s); err != nil || !slices.Equal(again, first) {
			t.Fatalf("%s was %v and is %v, %v", s, first, again, err)
		}
	}
}

func TestTheSameAsAnEarlierFaultIsWhoThatWasAimedAt(t *testing.T) {
	sys := brokersOnly(3)
	roles := fixedRoles{"controller": "broker-3"}
	sys.Roles = roles
	first, second := &Kill{Target: "controller"}, &Pause{Target: "same-as(1)"}
	third := &Cut{Between: []Selector{"same-as(2)", "not(same-as(1))"}}
	list := []Fault{first, second, third}
	for i, f := range list {
		if err := Bind(f, list[:i]); err != nil {
			t.Fatal(err)
		}
	}
	if second.Target != "same-as(1, controller)" || third.Between[0] != "same-as(2, same-as(1, controller))" {
		t.Fatalf("bound to %q and %q", second.Target, third.Between)
	}
	if need := second.Needs(); !slices.Equal(need, []topologies.Capability{topologies.PauseBroker}) {
		t.Errorf("the pause of a broker asks for %v", need)
	}
	if _, err := sys.find(t.Context(), second.Target); err == nil || !strings.Contains(err.Error(), "fault 1 has not been aimed at anything yet") {
		t.Errorf("before the first fault: %v", err)
	}
	life := NewLife(0, &aimedOnly{Target: first.Target}, sys, func(history.Fault) {})
	if err := life.Inject(t.Context()); err != nil {
		t.Fatal(err)
	}
	roles["controller"] = "broker-1" // it moved
	for _, s := range []Selector{second.Target, third.Between[0]} {
		sys.Aimed.note(2, []Selector{"broker/3"})
		if got, err := sys.find(t.Context(), s); err != nil || !slices.Equal(got, []Selector{"broker/3"}) {
			t.Errorf("%s is %v, %v", s, got, err)
		}
	}
	if got, err := sys.find(t.Context(), third.Between[1]); err != nil || !slices.Equal(got, []Selector{"broker/1", "broker/2"}) {
		t.Errorf("the others are %v, %v", got, err)
	}
}

// aimedOnly is a fault that does nothing to its nodes.
type aimedOnly struct {
	calm
	Target Selector
}

func (f *aimedOnly) Resolve(ctx context.Context, sys System) (Target, error) {
	return resolveNodes(ctx, sys, f.Target)
}

func TestSameAsIsBoundToAnEarlierFault(t *testing.T) {
	for _, c := range []struct {
		why  string
		list []Fault
		want Selector
		err  string
	}{
		{"a name stays a name", []Fault{&Kill{Target: "broker/2"}, &Kill{Target: "same-as(1)"}}, "broker/2", ""},
		{"within a complement", []Fault{&Kill{Target: "broker/2"}, &Kill{Target: "not(same-as(1))"}}, "not(broker/2)", ""},
		{"of a cut its first end", []Fault{&Cut{Between: []Selector{"broker/1", "broker/2"}}, &Kill{Target: "same-as(1)"}}, "broker/1", ""},
		{"itself", []Fault{&Kill{Target: "same-as(1)"}}, "", "stands in place 1"},
		{"a later one", []Fault{&Kill{Target: "broker/2"}, &Kill{Target: "same-as(3)"}}, "", "stands in place 2"},
		{"one that is aimed at nobody", []Fault{&noop{}, &Kill{Target: "same-as(1)"}}, "", "fault 1, noop, is aimed at no node"},
	} {
		last := len(c.list) - 1
		err := Bind(c.list[last], c.list[:last])
		switch {
		case c.err == "" && (err != nil || c.list[last].(*Kill).Target != c.want):
			t.Errorf("%s: %q, %v", c.why, c.list[last].(*Kill).Target, err)
		case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
			t.Errorf("%s: error %v, want %q", c.why, err, c.err)
		}
	}
}
