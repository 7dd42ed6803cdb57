package faults

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"surety/checker/history"
	"surety/topologies"
)

// shownSoon waits until the evidence is shown.
func shownSoon(t *testing.T, look func(context.Context) (history.Evidence, error)) history.Evidence {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	ev, err := await(ctx, look)
	if err != nil || !ev.Shown {
		t.Fatalf("not shown: %+v, %v", ev, err)
	}
	return ev
}

func injectInto(t *testing.T, f Fault, nodes ...topologies.Node) Injection {
	t.Helper()
	target, err := f.Resolve(t.Context(), System{Nodes: nodes})
	if err != nil {
		t.Fatal(err)
	}
	in, err := f.Inject(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func TestAStopTellsHowTheProcessEnded(t *testing.T) {
	for _, c := range []struct {
		why      string
		stubborn bool
		code     int
		says     string
	}{
		{"it heeds its stop signal", false, 143, "exited with code 143"},
		{"it does not, and is killed after its grace period", true, 137, "killed as it did not stop"},
	} {
		p := running("processor-1")
		p.stubborn = c.stubborn
		in := injectInto(t, &Stop{Target: "processor/1"}, p)
		ev := shownSoon(t, in.InEffect)
		if ev.Facts["processor-1_exit_code"] != c.code || !strings.Contains(ev.Text, c.says) || ev.Facts["processor-1_killed_after_grace"] != c.stubborn {
			t.Errorf("%s: %+v", c.why, ev)
		}
		if ev := seen(t, in.Healed); ev.Shown {
			t.Errorf("%s: healed before it was started: %+v", c.why, ev)
		}
		for range 2 { // the second time there is nothing to do
			if err := in.Heal(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if ev := seen(t, in.Healed); !ev.Shown {
			t.Errorf("%s: not healed: %+v", c.why, ev)
		}
		if got := strings.Join(p.calls, " "); got != "stop start" {
			t.Errorf("%s: calls %q", c.why, got)
		}
	}
}

func TestARestartIsShownByTheEndAndTheNewProcess(t *testing.T) {
	for _, c := range []struct {
		why   string
		fault Restart
		calls string
		code  int
	}{
		{"asked to stop", Restart{Target: "processor/1"}, "stop start", 143},
		{"killed", Restart{Target: "processor/1", How: ByKill}, "kill start", 137},
		{"stopped, with an empty disk", Restart{Target: "processor/1", Disk: Empty}, "stop wipe start", 143},
	} {
		p := running("processor-1")
		in := injectInto(t, &c.fault, p)
		ev := shownSoon(t, in.InEffect)
		if ev.Facts["processor-1_exit_code"] != c.code || !strings.Contains(ev.Text, "start 2") {
			t.Errorf("%s: %+v", c.why, ev)
		}
		if err := in.Heal(t.Context()); err != nil {
			t.Fatal(err)
		}
		shownSoon(t, in.Healed)
		if got := strings.Join(p.calls, " "); got != c.calls {
			t.Errorf("%s: calls %q, want %q", c.why, got, c.calls)
		}
	}
}

func TestAnEmptyDiskIsShownByWhatTheNodeFindsAtItsStart(t *testing.T) {
	for _, c := range []struct {
		why    string
		sticky bool
	}{
		{"nothing is there", false},
		{"a file is left: the node did not lose all", true},
	} {
		p := running("processor-1")
		p.sticky = c.sticky
		in := injectInto(t, &Kill{Target: "processor/1", Disk: Empty}, p)
		if ev := seen(t, in.InEffect); !ev.Shown {
			t.Fatalf("%s: not killed: %+v", c.why, ev)
		}
		if err := in.Heal(t.Context()); err != nil {
			t.Fatal(err)
		}
		ev := seen(t, in.Healed)
		if ev.Shown == c.sticky || ev.Facts["processor-1_lost_files"] != 3 || ev.Facts["processor-1_lost_bytes"] != int64(4096) {
			t.Errorf("%s: %+v", c.why, ev)
		}
	}
}

func TestACrashLoopIsShownByEveryEndAndStart(t *testing.T) {
	a, b := running("processor-1"), running("processor-2")
	in := injectInto(t, &CrashLoop{Target: "processor/*", Times: 4, Up: time.Millisecond}, a, b)
	ev := shownSoon(t, in.InEffect)
	for _, id := range []string{"processor-1", "processor-2"} {
		if ev.Facts[id+"_kills"] != 4 || ev.Facts[id+"_starts"] != 4 {
			t.Errorf("%s: %+v", id, ev)
		}
	}
	if err := in.Heal(t.Context()); err != nil {
		t.Fatal(err)
	}
	if ev := seen(t, in.Healed); !ev.Shown {
		t.Errorf("not healed: %+v", ev)
	}
}

func TestACrashLoopThatIsHealedEarlyEndsWithANodeThatRuns(t *testing.T) {
	p := running("processor-1")
	in := injectInto(t, &CrashLoop{Target: "processor/1", Times: 5, Up: time.Minute}, p)
	if ev := seen(t, in.InEffect); ev.Shown {
		t.Errorf("one crash of five is shown as the loop: %+v", ev)
	}
	if err := in.Heal(t.Context()); err != nil {
		t.Fatal(err)
	}
	shownSoon(t, in.Healed)
	if got := strings.Join(p.calls, " "); got != "kill start" {
		t.Errorf("calls %q", got)
	}
}

func TestACrashLoopSaysThatItsVictimEndedByItself(t *testing.T) {
	p := running("processor-1")
	p.exits(3)
	in := injectInto(t, &CrashLoop{Target: "processor/1", Times: 2}, p)
	if err := in.(*crashing).finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := in.InEffect(t.Context())
	if err == nil || !strings.Contains(err.Error(), "processor-1 ended by itself with code 3") {
		t.Errorf("error %v", err)
	}
	if err := in.Heal(t.Context()); err != nil {
		t.Fatal(err)
	}
	if ev := seen(t, in.Healed); !ev.Shown {
		t.Errorf("not healed: %+v", ev)
	}
}

func TestAHealingThatCannotWaitForTheEndSaysSo(t *testing.T) {
	p := running("processor-1")
	hold := p.did("held") // its stop blocks until this is released
	in := injectInto(t, &Stop{Target: "processor/1"}, &slowToTell{p})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := in.Heal(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	hold()
	if err := in.Heal(t.Context()); err != nil {
		t.Fatal(err)
	}
	shownSoon(t, in.Healed)
}

// slowToTell is a process whose state is known before the fault without its lock.
type slowToTell struct{ *process }

func (p *slowToTell) State(ctx context.Context) (topologies.ProcessState, error) {
	if !p.mu.TryLock() {
		return topologies.ProcessState{Status: topologies.Running, Starts: 1}, nil
	}
	p.mu.Unlock()
	return p.process.State(ctx)
}

func TestFieldsOfProcessFaultsAreChecked(t *testing.T) {
	for _, c := range []struct {
		why   string
		fault Fault
		says  string // empty = accepted
	}{
		{"a stop needs no more than its target", &Stop{Target: "broker/1"}, ""},
		{"a grace period below nothing", &Stop{Target: "broker/1", Grace: -time.Second}, "grace:"},
		{"a disk that nobody knows", &Kill{Target: "broker/1", Disk: "new"}, `unknown disk "new"; known: kept, empty`},
		{"an ending that nobody knows", &Restart{Target: "broker/1", How: "halt"}, `unknown how "halt"; known: stop, kill`},
		{"a kill has no grace", &Restart{Target: "broker/1", How: ByKill, Grace: time.Second}, "how: kill does not ask"},
		{"one crash is no loop", &CrashLoop{Target: "broker/1", Times: 1}, "once is a kill"},
		{"crashes without end", &CrashLoop{Target: "broker/1", Times: 100000}, "times: 2 to 1000"},
		{"a time below nothing", &CrashLoop{Target: "broker/1", Times: 2, Up: -1}, "up:"},
	} {
		err := c.fault.Check()
		if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: %v", c.why, err)
		}
	}
}

func TestProcessFaultsAskForWhatTheyDoToWhom(t *testing.T) {
	for _, c := range []struct {
		fault Fault
		want  []topologies.Capability
	}{
		{&Stop{Target: "processor/1"}, []topologies.Capability{topologies.StopProcessor}},
		{&Stop{Target: "leader(input/0)", Disk: Empty}, []topologies.Capability{topologies.StopBroker, topologies.EmptyBroker}},
		{&Restart{Target: "app/*", How: ByKill, Disk: Empty}, []topologies.Capability{topologies.KillProcessor, topologies.EmptyProcessor}},
		{&Kill{Target: "broker/1", Disk: Empty}, []topologies.Capability{topologies.KillBroker, topologies.EmptyBroker}},
		{&CrashLoop{Target: "broker/1"}, []topologies.Capability{topologies.KillBroker}},
	} {
		if got := c.fault.Needs(); !slices.Equal(got, c.want) {
			t.Errorf("%s needs %v, want %v", c.fault.Label(), got, c.want)
		}
	}
}

// waitFor waits until the condition holds.
func waitFor(t *testing.T, what string, cond func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for !cond() {
		if !rest(ctx, time.Millisecond) {
			t.Fatalf("not in time: %s", what)
		}
	}
}
