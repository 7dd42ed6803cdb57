package faults

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"surety/checker/history"
	"surety/topologies"
)

// process is a node whose state the test sets.
type process struct {
	node
	stubborn bool // it does not stop, and is killed after its grace period
	sticky   bool // its disk keeps a file when it is emptied

	mu    sync.Mutex
	state topologies.ProcessState
	calls []string
	stuck bool // kill and start are asked, and nothing happens
	disk  topologies.Stored
	spare bool
	next  string // version of the next start
	group *fakeGroup
}

// fakeGroup is joined by processes that start and left by those that are asked to stop.
type fakeGroup struct {
	mu      sync.Mutex
	n       int
	members map[string]string
	busy    bool // a rebalance goes on
}

func (g *fakeGroup) join(id string) {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.members == nil {
		g.members = map[string]string{}
	}
	g.n++
	g.members[id] = fmt.Sprintf("%s-%d", id, g.n)
}

func (g *fakeGroup) leave(id string) {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.members, id)
}

func (g *fakeGroup) ask(context.Context) (Group, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return Group{Stable: !g.busy, Members: slices.Sorted(maps.Values(g.members))}, nil
}

func (p *process) Spare() bool { return p.spare }

func (p *process) Upgrade(_ context.Context, version string) error {
	defer p.did("upgrade to " + version)()
	if p.next = version; version == topologies.OriginalVersion {
		p.next = ""
	}
	return nil
}

var _ interface {
	topologies.Killer
	topologies.Stopper
	topologies.Starter
	topologies.Wiper
	topologies.Spare
	topologies.Upgrader
	topologies.Pauser
	topologies.Stater
} = (*process)(nil)

// did notes a call; the lock is held until the returned function is called.
func (p *process) did(what string) func() {
	p.mu.Lock()
	p.calls = append(p.calls, what)
	return p.mu.Unlock
}

func (p *process) exits(code int) {
	p.state = topologies.ProcessState{Status: topologies.Exited, ExitCode: code, Starts: p.state.Starts, Since: time.Now()}
}

func (p *process) State(context.Context) (topologies.ProcessState, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state, nil
}

func (p *process) Stop(context.Context, time.Duration) error {
	defer p.did("stop")()
	if p.stubborn {
		p.exits(137)
	} else {
		p.exits(143)
		p.group.leave(p.ID())
	}
	return nil
}

func (p *process) Wipe(context.Context) error {
	defer p.did("wipe")()
	p.disk = topologies.Stored{}
	if p.sticky {
		p.disk = topologies.Stored{Files: 1, Bytes: 1}
	}
	return nil
}

func (p *process) Stored(context.Context) (topologies.Stored, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.disk, nil
}

func (p *process) Kill(context.Context) error {
	defer p.did("kill")()
	if !p.stuck {
		p.exits(137)
	}
	return nil
}

func (p *process) Start(context.Context) error {
	defer p.did("start")()
	if !p.stuck {
		p.state = topologies.ProcessState{Status: topologies.Running, PID: 2, Starts: p.state.Starts + 1, Version: p.next}
		p.group.join(p.ID())
	}
	return nil
}

func (p *process) Pause(context.Context) error {
	defer p.did("pause")()
	if !p.stuck {
		p.state.Status = topologies.Paused
	}
	return nil
}

func (p *process) Resume(context.Context) error {
	defer p.did("resume")()
	if !p.stuck {
		p.state.Status = topologies.Running
	}
	return nil
}

func running(id string) *process {
	return &process{
		node: node(id), disk: topologies.Stored{Files: 3, Bytes: 4096},
		state: topologies.ProcessState{Status: topologies.Running, PID: 1, Starts: 1},
	}
}

func seen(t *testing.T, look func(context.Context) (history.Evidence, error)) history.Evidence {
	t.Helper()
	ev, err := look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return ev
}

func TestAKillIsShownByTheExitOfTheProcess(t *testing.T) {
	for _, c := range []struct {
		why   string
		after func(p *process)
		shown bool
	}{
		{"ended by the signal", func(*process) {}, true},
		{"still there, whatever the injector returned", func(p *process) { p.state.Status = topologies.Running }, false},
		{"ended by itself with another code", func(p *process) { p.state.ExitCode = 1 }, false},
		{"back already, before anyone looked", func(p *process) { p.state.Status, p.state.Starts = topologies.Running, 2 }, false},
	} {
		p := running("processor-1")
		sys := System{Nodes: []topologies.Node{p}}
		k := &Kill{Target: "processor/1"}
		target, err := k.Resolve(t.Context(), sys)
		if err != nil {
			t.Fatal(err)
		}
		in, err := k.Inject(t.Context(), target)
		if err != nil {
			t.Fatal(err)
		}
		c.after(p)
		if ev := seen(t, in.InEffect); ev.Shown != c.shown || !strings.Contains(ev.Text, "processor-1 ") {
			t.Errorf("%s: %+v", c.why, ev)
		}
	}
}

func TestAKillIsHealedByANewProcessAndAWholeCluster(t *testing.T) {
	b, p := running("broker-1"), running("processor-1")
	whole := false
	sys := System{
		Nodes: []topologies.Node{b, p},
		Roles: fixedRoles{},
		Whole: func(context.Context) (history.Evidence, error) {
			if !whole {
				return history.Evidence{}, errors.New("broker 1 does not answer")
			}
			return history.Evidence{Shown: true, Text: "whole"}, nil
		},
	}
	k := &Kill{Target: "broker/1"}
	target, err := k.Resolve(t.Context(), sys)
	if err != nil {
		t.Fatal(err)
	}
	in, err := k.Inject(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	if ev := seen(t, in.Healed); ev.Shown {
		t.Errorf("healed before it was: %+v", ev)
	}
	if err := in.Heal(t.Context()); err != nil {
		t.Fatal(err)
	}
	if ev := seen(t, in.Healed); ev.Shown || !strings.Contains(ev.Text, "broker 1 does not answer") {
		t.Errorf("a broker that runs is not yet a cluster that is whole: %+v", ev)
	}
	whole = true
	if ev := seen(t, in.Healed); !ev.Shown {
		t.Errorf("not healed: %+v", ev)
	}
	if err := in.Heal(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(b.calls, " "); got != "kill start" || len(p.calls) > 0 {
		t.Errorf("calls %q and %q: healing twice must not start twice, nor touch others", got, p.calls)
	}
}

func TestAPauseIsShownAndHealedByTheStateOfTheProcess(t *testing.T) {
	p := running("processor-1")
	f := &Pause{Target: "processor/*"}
	target, err := f.Resolve(t.Context(), System{Nodes: []topologies.Node{running("broker-1"), p}})
	if err != nil {
		t.Fatal(err)
	}
	p.stuck = true
	in, err := f.Inject(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	if ev := seen(t, in.InEffect); ev.Shown {
		t.Errorf("a process that runs on is not paused: %+v", ev)
	}
	p.stuck, p.state.Status = false, topologies.Paused
	if ev := seen(t, in.InEffect); !ev.Shown {
		t.Errorf("not shown: %+v", ev)
	}
	if ev := seen(t, in.Healed); ev.Shown {
		t.Errorf("healed while it stands still: %+v", ev)
	}
	if err := in.Heal(t.Context()); err != nil {
		t.Fatal(err)
	}
	if ev := seen(t, in.Healed); !ev.Shown {
		t.Errorf("not healed: %+v", ev)
	}
}

func TestANodeThatCannotBeBrokenIsRefused(t *testing.T) {
	sys := System{Nodes: []topologies.Node{node("processor-1")}}
	for _, f := range []Fault{
		&Kill{Target: "processor/1"}, &Pause{Target: "processor/1"}, &Stop{Target: "processor/1"},
		&Restart{Target: "processor/1", How: ByKill}, &CrashLoop{Target: "processor/1", Times: 2},
		&Roll{Target: "processor/1"}, &Scale{Target: "processor/*", To: 1}, &Throttle{Target: "processor/1", To: "10%"},
	} {
		target, err := f.Resolve(t.Context(), sys)
		if err != nil {
			t.Fatal(err)
		}
		if in, err := f.Inject(t.Context(), target); err == nil || in != nil {
			t.Errorf("%s: %v, %v", f.Label(), in, err)
		}
	}
}
