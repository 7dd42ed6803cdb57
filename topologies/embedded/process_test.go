package embedded_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"surety/topologies"
)

func TestAKilledProcessorIsGoneAndStartsAgain(t *testing.T) {
	top, env := up(t, topologies.ProcessorSpec{Reference: "idle", Instances: 2})
	launch(t, top)
	n := node(t, top, "processor-2")
	s := state(t, n)
	if s.Status != topologies.Running || s.Starts != 1 || !running(s.PID) {
		t.Fatalf("state %+v; want it running", s)
	}
	until(t, "its first words", func() bool { return strings.Contains(logOf(t, n), "name=processor-2 instance=2 dir="+env.Dir) })

	ok(t, n.Kill(t.Context()))
	if running(s.PID) {
		t.Errorf("pid %d is still there after the kill", s.PID)
	}
	dead := state(t, n)
	if dead.Status != topologies.Exited || dead.Signal != "killed" || dead.ExitCode != 137 || dead.PID != s.PID {
		t.Errorf("state %+v; want it killed by signal 9", dead)
	}
	if err := n.Kill(t.Context()); err == nil {
		t.Error("a dead processor was killed")
	}

	ok(t, n.Start(t.Context()))
	again := state(t, n)
	if again.Status != topologies.Running || again.Starts != 2 || again.PID == s.PID {
		t.Errorf("state %+v; want a second start with another pid", again)
	}
	if err := n.Start(t.Context()); err == nil {
		t.Error("a running processor was started")
	}
	until(t, "two starts in one log", func() bool {
		log := logOf(t, n)
		return strings.Contains(log, "--- start 1 of") && strings.Contains(log, "--- start 2 of") &&
			strings.Count(log, "name=processor-2") == 2
	})
	if other := state(t, node(t, top, "processor-1")); other.Status != topologies.Running || other.Starts != 1 {
		t.Errorf("the other instance: %+v; want it untouched", other)
	}
}

func TestAPausedProcessorIsStoppedByTheKernel(t *testing.T) {
	top, _ := up(t, topologies.ProcessorSpec{Reference: "idle", Instances: 1})
	launch(t, top)
	n := node(t, top, "processor-1")
	for range 3 {
		ok(t, n.Pause(t.Context()))
		if s := state(t, n); s.Status != topologies.Paused {
			t.Errorf("state %+v; want it paused", s)
		}
		ok(t, n.Resume(t.Context()))
		if s := state(t, n); s.Status != topologies.Running || s.Starts != 1 {
			t.Errorf("state %+v; want it running, never restarted", s)
		}
	}
	ok(t, n.Pause(t.Context()))
	ok(t, n.Kill(t.Context())) // a stopped process can be killed
}

func TestAProcessorThatExitsByItselfIsSeen(t *testing.T) {
	top, _ := up(t, topologies.ProcessorSpec{Name: "app", Reference: "exit", Instances: 1})
	launch(t, top)
	n := node(t, top, "app-1")
	until(t, "its exit", func() bool { return state(t, n).Status == topologies.Exited })
	if s := state(t, n); s.ExitCode != 3 || s.Signal != "" {
		t.Errorf("state %+v; want exit code 3", s)
	}
	if err := n.Pause(t.Context()); err == nil {
		t.Error("a dead processor was paused")
	}
}

func TestACommandGetsItsTemplatesFilledInAndItsGroupDiesWithIt(t *testing.T) {
	dir := t.TempDir()
	ok(t, os.WriteFile(dir+"/app.sh", []byte("#!/bin/sh\necho \"in=$1 from=$FROM pwd=$(pwd)\"\nsleep 1000 &\necho child=$!\nwait\n"), 0o755))
	top, _ := up(t, topologies.ProcessorSpec{
		Command: []string{"./app.sh", "{{.Input}}"}, Dir: dir, Instances: 1,
		Env: map[string]string{"FROM": "{{.Bootstrap}}"},
	})
	launch(t, top)
	n := node(t, top, "processor-1")
	want := regexp.MustCompile(`in=in from=127\.0\.0\.1:\d+,127\.0\.0\.1:\d+,127\.0\.0\.1:\d+ pwd=` + regexp.QuoteMeta(dir))
	var grandchild string
	until(t, "its words", func() bool {
		_, after, found := strings.Cut(logOf(t, n), "child=")
		grandchild = strings.TrimSpace(after)
		return found && grandchild != ""
	})
	if log := logOf(t, n); !want.MatchString(log) {
		t.Errorf("log %q; want %q", log, want)
	}
	ok(t, n.Kill(t.Context()))
	until(t, "the end of its child", func() bool {
		stat, err := os.ReadFile("/proc/" + grandchild + "/stat")
		return err != nil || strings.Contains(string(stat), ") Z") // only init can reap it
	})
}

func TestACommandThatDoesNotExistIsTheEnvironments(t *testing.T) {
	for _, tc := range []struct {
		why  string
		spec topologies.ProcessorSpec
	}{
		{"no such program", topologies.ProcessorSpec{Command: []string{"no-such-program"}, Instances: 1}},
		{"no such file", topologies.ProcessorSpec{Command: []string{"./nothing"}, Dir: t.TempDir(), Instances: 1}},
		{"no such directory", topologies.ProcessorSpec{Command: []string{"true"}, Dir: "/no/such/dir", Instances: 1}},
	} {
		top, _ := up(t, tc.spec)
		err := top.Launch(t.Context(), func(topologies.ProcessorSpec, int) topologies.Vars { return topologies.Vars{} })
		var env *topologies.EnvironmentError
		if !errors.As(err, &env) || !strings.Contains(err.Error(), "processor-1") {
			t.Errorf("%s: error %v; want an environment error that names the processor", tc.why, err)
		}
	}
}

func TestCloseLeavesNoProcess(t *testing.T) {
	for _, tc := range []struct {
		why       string
		reference string
		paused    bool
		says      bool // it gets the chance to stop by itself
	}{
		{"one that obeys", "idle", false, true},
		{"one that is paused", "idle", true, true},
		{"one that does not listen", "stubborn", false, false},
	} {
		t.Run(tc.why, func(t *testing.T) {
			top, _ := up(t, topologies.ProcessorSpec{Reference: tc.reference, Instances: 1})
			launch(t, top)
			n := node(t, top, "processor-1")
			until(t, "its first words", func() bool { return strings.Contains(logOf(t, n), "name=") })
			if tc.paused {
				ok(t, n.Pause(t.Context()))
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			ok(t, top.Close(ctx))
			ok(t, top.Close(ctx))
			s := state(t, n)
			if s.Status != topologies.Exited || running(s.PID) {
				t.Errorf("state %+v after the close", s)
			}
			if got := strings.Contains(logOf(t, n), "asked to stop"); got != tc.says {
				t.Errorf("stopped by itself: %v, want %v", got, tc.says)
			}
		})
	}
}

func TestProcessorsDieWithTheHarness(t *testing.T) {
	exe, err := os.Executable()
	ok(t, err)
	harness := exec.Command(exe, "processor", "harness")
	out, err := harness.StdoutPipe()
	ok(t, err)
	harness.Env = append(os.Environ(), "SURETY_DIR="+t.TempDir())
	ok(t, harness.Start())
	var pid int
	_, err = fmt.Fscanf(bufio.NewReader(out), "pid %d\n", &pid)
	ok(t, errors.Join(err, harness.Process.Kill()))
	_ = harness.Wait() // killed, as it should be
	until(t, "the end of the processor", func() bool {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		return err != nil || strings.Contains(string(stat), ") Z") // only init can reap it
	})
}

func TestAStopIsHeededOrEndsInAKill(t *testing.T) {
	top, _ := up(t, topologies.ProcessorSpec{Reference: "idle", Instances: 1}, topologies.ProcessorSpec{Name: "deaf", Reference: "stubborn", Instances: 1})
	launch(t, top)
	for _, c := range []struct {
		why, id string
		grace   time.Duration
		code    int
		signal  string
	}{
		{"it ends when it is asked", "processor-1", patience, 0, ""},
		{"it does not listen and is killed after its grace", "deaf-1", 50 * time.Millisecond, 137, "killed"},
	} {
		n := node(t, top, c.id)
		until(t, "its first words", func() bool { return strings.Contains(logOf(t, n), "name=") })
		ok(t, n.Stop(t.Context(), c.grace))
		if s := state(t, n); s.Status != topologies.Exited || s.ExitCode != c.code || s.Signal != c.signal {
			t.Errorf("%s: state %+v", c.why, s)
		}
		if err := n.Stop(t.Context(), c.grace); err == nil {
			t.Errorf("%s: a dead processor was stopped", c.why)
		}
	}
}

func TestAPausedProcessorStops(t *testing.T) {
	top, _ := up(t, topologies.ProcessorSpec{Reference: "idle", Instances: 1})
	launch(t, top)
	n := node(t, top, "processor-1")
	until(t, "its first words", func() bool { return strings.Contains(logOf(t, n), "name=") })
	ok(t, n.Pause(t.Context()))
	ok(t, n.Stop(t.Context(), patience))
	if s := state(t, n); s.Status != topologies.Exited || s.ExitCode != 0 {
		t.Errorf("state %+v", s)
	}
}

func TestAnEmptiedDiskHoldsNothing(t *testing.T) {
	top, env := up(t, topologies.ProcessorSpec{Reference: "idle", Instances: 1})
	launch(t, top)
	n := node(t, top, "processor-1")
	own := filepath.Join(env.Dir, "data", "processor-1")
	ok(t, os.MkdirAll(filepath.Join(own, "deep", "er"), 0o755))
	ok(t, os.WriteFile(filepath.Join(own, "deep", "er", "state"), []byte("12345"), 0o600))
	if err := n.Wipe(t.Context()); err == nil {
		t.Error("the disk of a processor that runs was emptied")
	}
	ok(t, n.Kill(t.Context()))
	before, err := n.Stored(t.Context())
	ok(t, err)
	if before != (topologies.Stored{Files: 1, Bytes: 5}) {
		t.Errorf("stored %v", before)
	}
	ok(t, n.Wipe(t.Context()))
	after, err := n.Stored(t.Context())
	ok(t, err)
	entries, err := os.ReadDir(own)
	ok(t, err)
	if after.Files != 0 || len(entries) != 0 {
		t.Errorf("after: %v, %v", after, entries)
	}
	ok(t, n.Start(t.Context()))
}
