package faults

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"surety/checker/history"
	"surety/topologies"
)

// fleet is n processors that are in one group, and further spare ones.
func fleet(n, spare int) (System, []*process, *fakeGroup) {
	g := &fakeGroup{}
	sys := System{Group: g.ask}
	var all []*process
	for i := range n + spare {
		p := running("processor-" + string(rune('1'+i)))
		p.group = g
		if i < n {
			g.join(p.ID())
		} else {
			p.spare, p.state = true, topologies.ProcessState{Status: topologies.Exited}
		}
		all = append(all, p)
		sys.Nodes = append(sys.Nodes, p)
	}
	return sys, all, g
}

func begun(t *testing.T, f Fault, sys System) Injection {
	t.Helper()
	if err := f.Check(); err != nil {
		t.Fatal(err)
	}
	target, err := f.Resolve(t.Context(), sys)
	if err != nil {
		t.Fatal(err)
	}
	in, err := f.Inject(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func TestARollTakesOneNodeAfterTheOther(t *testing.T) {
	for _, c := range []struct {
		why   string
		fault Roll
		calls string
		after string // the healing
		as    string
	}{
		{"the same version", Roll{Target: "processor/*"}, "stop start", "stop start", ""},
		{"by a kill", Roll{Target: "processor/*", How: ByKill}, "kill start", "kill start", ""},
		{"an upgrade that stays", Roll{Target: "processor/*", To: "v2"}, "stop upgrade to v2 start", "stop upgrade to v2 start", "v2"},
		{
			"an upgrade that is rolled back", Roll{Target: "processor/*", To: "v2", Back: true},
			"stop upgrade to v2 start", "stop upgrade to v2 start stop upgrade to original start", "v2",
		},
	} {
		t.Run(c.why, func(t *testing.T) {
			sys, all, _ := fleet(3, 0)
			in := begun(t, &c.fault, sys)
			ev := shownSoon(t, in.InEffect)
			for _, p := range all {
				if got := strings.Join(p.calls, " "); got != c.calls {
					t.Errorf("%s: calls %q", p.ID(), got)
				}
			}
			if v, _ := ev.Facts["processor-2_version"].(string); v != c.as || ev.Facts["group_members_gone"] != 3 && c.fault.How != ByKill {
				t.Errorf("%+v", ev)
			}
			for range 2 { // the second time there is nothing to do
				if err := in.Heal(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if ev := seen(t, in.Healed); !ev.Shown {
				t.Errorf("not healed: %+v", ev)
			}
			for _, p := range all {
				if got := strings.Join(p.calls, " "); got != c.after {
					t.Errorf("%s: calls %q after the healing", p.ID(), got)
				}
			}
		})
	}
}

// The next one waits until the one before has joined a group that is at rest, and for a
// broker until the cluster is whole.
func TestARollWaitsForHealthBetweenTwoNodes(t *testing.T) {
	sys, all, group := fleet(2, 0)
	group.busy = true
	in := begun(t, &Roll{Target: "processor/*"}, sys)
	waitFor(t, "the first one was started", func() bool { return len(called(all[0])) == 2 })
	if ev := seen(t, in.InEffect); ev.Shown || len(called(all[1])) > 0 {
		t.Errorf("the second one was touched before the group was at rest: %v, %+v", called(all[1]), ev)
	}
	group.mu.Lock()
	group.busy = false
	group.mu.Unlock()
	shownSoon(t, in.InEffect)
	if err := in.Heal(t.Context()); err != nil {
		t.Fatal(err)
	}

	var mu sync.Mutex
	whole := false
	b1, b2 := running("broker-1"), running("broker-2")
	in = begun(t, &Roll{Target: "broker/*"}, System{Nodes: []topologies.Node{b1, b2}, Whole: func(context.Context) (history.Evidence, error) {
		mu.Lock()
		defer mu.Unlock()
		if !whole {
			return history.Evidence{}, errors.New("broker 1 does not answer")
		}
		return history.Evidence{Shown: true}, nil
	}})
	waitFor(t, "the first broker was started", func() bool { return len(called(b1)) == 2 })
	if len(called(b2)) > 0 {
		t.Error("the second broker was touched before the cluster was whole")
	}
	mu.Lock()
	whole = true
	mu.Unlock()
	shownSoon(t, in.InEffect)
	if err := in.Heal(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// A victim that runs as another version than it was meant to is no upgrade, whatever
// the provider said.
func TestARollThatGaveAnotherVersionIsNotShown(t *testing.T) {
	sys, all, _ := fleet(2, 0)
	in := begun(t, &Roll{Target: "processor/*", To: "v2"}, sys)
	shownSoon(t, in.InEffect)
	all[0].mu.Lock()
	all[0].state.Version = ""
	all[0].mu.Unlock()
	if ev := seen(t, in.InEffect); ev.Shown {
		t.Errorf("%+v", ev)
	}
	if err := in.Heal(t.Context()); err != nil {
		t.Fatal(err)
	}
	if ev := seen(t, in.Healed); ev.Shown {
		t.Errorf("healed: %+v", ev)
	}
}

func TestAScaleStartsSpareInstancesAndStopsTheLastOnes(t *testing.T) {
	for _, c := range []struct {
		why        string
		spare      int
		fault      Scale
		third      string // calls of the third instance
		changes    int
		runs       int // while it is on
		afterwards string
	}{
		{"more", 2, Scale{Target: "processor/*", To: 4}, "start", 1, 4, "start stop"},
		{"fewer", 0, Scale{Target: "processor/*", To: 1}, "", 1, 1, ""},
		{"a storm", 2, Scale{Target: "processor/*", To: 3, Times: 3, Every: 1}, "start stop start stop start", 5, 3, "start stop start stop start stop"},
	} {
		t.Run(c.why, func(t *testing.T) {
			sys, all, _ := fleet(2, c.spare)
			in := begun(t, &c.fault, sys)
			ev := shownSoon(t, in.InEffect)
			if ev.Facts["running"] != c.runs || ev.Facts["running_before"] != 2 || ev.Facts["group_members"] != c.runs || ev.Facts["changes"] != c.changes {
				t.Errorf("%+v", ev)
			}
			if c.spare > 0 && strings.Join(called(all[2]), " ") != c.third {
				t.Errorf("calls of the third instance: %v", called(all[2]))
			}
			if ev := seen(t, in.Healed); ev.Shown {
				t.Errorf("healed before it was: %+v", ev)
			}
			if err := in.Heal(t.Context()); err != nil {
				t.Fatal(err)
			}
			if ev := shownSoon(t, in.Healed); ev.Facts["running"] != 2 {
				t.Errorf("%+v", ev)
			}
			if c.spare > 0 && strings.Join(called(all[2]), " ") != c.afterwards {
				t.Errorf("calls of the third instance: %v", called(all[2]))
			}
		})
	}
}

func TestASpareInstanceIsMeantOnlyOnceItRan(t *testing.T) {
	sys, all, _ := fleet(2, 1)
	for _, c := range []struct {
		why  string
		want []Selector
	}{
		{"before its first start", []Selector{"processor/1", "processor/2"}},
		{"after it", []Selector{"processor/1", "processor/2", "processor/3"}},
	} {
		if got, err := sys.find(t.Context(), "processor/*"); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, %v", c.why, got, err)
		}
		if err := all[2].Start(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func called(p *process) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.calls)
}
