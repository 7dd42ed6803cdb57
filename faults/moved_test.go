package faults

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"surety/checker/history"
	"surety/topologies"
)

// movingRoles is played by whom the test says; nobody plays an empty one.
type movingRoles struct {
	mu    sync.Mutex
	of    map[string]node
	asked map[string]int
}

func (m *movingRoles) Resolve(_ context.Context, role string) ([]topologies.Node, history.Evidence, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.asked == nil {
		m.asked = map[string]int{}
	}
	m.asked[role]++
	if m.of[role] == "" {
		return nil, history.Evidence{}, errors.New("nobody plays it now")
	}
	return []topologies.Node{m.of[role]}, history.Evidence{Shown: true, Text: "said by the cluster"}, nil
}

func (m *movingRoles) move(role string, to node) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.of[role] = to
}

func (m *movingRoles) times(role string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.asked[role]
}

// A role that moves while the fault is on is told once for each move, and never for
// the time in which nobody plays it.
func TestARoleThatMovesWhileTheFaultIsOnIsTold(t *testing.T) {
	const leader, controller = "leader(input/0)", "controller"
	roles := &movingRoles{of: map[string]node{leader: "broker-1", controller: "broker-2"}}
	sys := threeBrokers()
	sys.Roles = roles
	var mu sync.Mutex
	var told []history.Fault
	moves := func() (out []history.Fault) {
		mu.Lock()
		defer mu.Unlock()
		for _, f := range told {
			if f.Phase == history.FaultRoleMoved {
				out = append(out, f)
			}
		}
		return out
	}
	l := NewLife(0, &aimedOnly{Target: "leader(input/0)+controller"}, sys, func(f history.Fault) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, f)
	})
	if err := l.Inject(t.Context()); err != nil {
		t.Fatal(err)
	}
	if ev := told[0].Evidence; told[0].Phase != history.FaultResolved || ev.Facts[leader] != "broker-1" || ev.Facts[controller] != "broker-2" {
		t.Errorf("resolved as %+v", told[0])
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	watching := make(chan struct{})
	watch, stop := context.WithCancel(ctx)
	go func() { defer close(watching); l.WatchRoles(watch) }()
	askedAgain := func() {
		for n := roles.times(leader); roles.times(leader) < n+2 && ctx.Err() == nil; {
			rest(ctx, time.Millisecond)
		}
	}
	askedAgain()
	if got := moves(); len(got) > 0 {
		t.Errorf("nothing moved, told was %+v", got)
	}
	roles.move(leader, "")
	askedAgain()
	roles.move(leader, "broker-3")
	askedAgain()
	stop()
	<-watching
	got := moves()
	if len(got) != 1 || got[0].Evidence.Facts["from"] != "broker-1" || got[0].Evidence.Facts["to"] != "broker-3" || got[0].Evidence.Facts["role"] != leader {
		t.Fatalf("told %+v", got)
	}
	if err := l.Heal(ctx); err != nil {
		t.Fatal(err)
	}
}

// All of a fault is aimed at the same nodes: a role that moves between two looks would
// make a cut that nobody asked for.
func TestARoleIsAskedForOnceByAFault(t *testing.T) {
	roles := &movingRoles{of: map[string]node{"controller": "broker-2"}}
	sys := threeBrokers()
	sys.Roles = roles
	l := NewLife(0, &Cut{Between: []Selector{"controller", "not(controller)"}}, sys, func(history.Fault) {})
	target, err := l.resolve(t.Context())
	if err != nil || roles.times("controller") != 1 {
		t.Fatalf("asked %d times: %v", roles.times("controller"), err)
	}
	if names := target.Names(); !slices.Contains(names, "broker-1<=>broker-2:kafka") || len(names) != 8 {
		t.Errorf("%v", names)
	}
}
