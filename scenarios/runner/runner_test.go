package runner_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"surety/checker"
	"surety/checker/history"
	"surety/faults"
	"surety/scenarios"
	"surety/scenarios/runner"
	"surety/topologies"
)

// provider is one that never gets a system up, and tells what it saw.
type provider struct {
	can topologies.Set
	up  func(ctx context.Context, env topologies.Env) (topologies.Topology, error)
}

func (p provider) Name() string                 { return "fake" }
func (p provider) Capabilities() topologies.Set { return p.can }
func (p provider) Up(ctx context.Context, _ topologies.Spec, env topologies.Env) (topologies.Topology, error) {
	return p.up(ctx, env)
}

// half is a topology of which something was started.
type half struct {
	topologies.Topology
	closed func(ctx context.Context)
}

func (h half) Close(ctx context.Context) error { h.closed(ctx); return nil }

func plan(t *testing.T, steps ...scenarios.Step) *scenarios.Plan {
	t.Helper()
	s := &scenarios.Scenario{
		Name: "small",
		Topology: scenarios.Topology{
			Provider: "fake", Broker: scenarios.Broker{Kind: "kafka", Nodes: 1}, Partitions: 1,
			Processors: []scenarios.Processor{{Name: "processor", Reference: "any", Instances: 1}},
			Sinks:      []scenarios.Sink{{Name: "output", Role: "output", Oracle: "identity"}},
		},
		Workload:  scenarios.Workload{Records: 10, Rate: 100, Keys: 1, Writers: 1, Value: 100},
		Guarantee: scenarios.Guarantee{Delivery: checker.AtLeastOnce, Order: checker.OrderNone},
		Faults:    steps,
	}
	p, err := scenarios.Resolve(s, "1")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func options(t *testing.T, p provider) runner.Options {
	return runner.Options{
		Dir: t.TempDir(), Log: io.Discard, Parallel: 1,
		Provider: func(string) (topologies.Provider, error) { return p, nil },
		Vocabulary: scenarios.Vocabulary{NewFault: func(name string) faults.Fault {
			if name == "kill" {
				return new(faults.Kill)
			}
			return nil
		}},
	}
}

// TestJobsThatAreNotToBeginAreLeftOut: the others run, each in a directory of its own.
func TestJobsThatAreNotToBeginAreLeftOut(t *testing.T) {
	opt := options(t, provider{up: func(context.Context, topologies.Env) (topologies.Topology, error) {
		return nil, errors.New("no engine")
	}})
	opt.Begin = func(j runner.Job) bool { return j.Trial != 2 }
	var jobs []runner.Job
	for n := range 3 {
		jobs = append(jobs, runner.Job{Plan: plan(t), Trial: n + 1})
	}
	for i, r := range runner.RunAll(t.Context(), jobs, opt) {
		out := i == 1
		if r.LeftOut != out || r.Trial != i+1 || (r.Err == nil) != out {
			t.Errorf("trial %d is %+v", i+1, r)
		}
		if want := filepath.Join(opt.Dir, fmt.Sprintf("trial-%d", i+1), "small"); !out && r.Dir != want {
			t.Errorf("trial %d is kept in %s, want %s", i+1, r.Dir, want)
		}
	}
}

// TestThePlanIsStoredBeforeAnythingStarts: a run that dies at once can still be
// understood and run again.
func TestThePlanIsStoredBeforeAnythingStarts(t *testing.T) {
	var stored []byte
	opt := options(t, provider{up: func(_ context.Context, env topologies.Env) (topologies.Topology, error) {
		stored, _ = os.ReadFile(filepath.Join(env.Dir, "plan.json"))
		return nil, errors.New("no engine")
	}})
	p := plan(t)
	r := runner.Run(t.Context(), runner.Job{Plan: p}, opt)
	want, err := p.Bytes()
	if err != nil || string(stored) != string(want) {
		t.Errorf("when the provider was asked, plan.json held %q", stored)
	}
	if r.Err == nil || r.Verdict != nil || r.Interrupted {
		t.Errorf("a provider that fails is breakage and no verdict: %+v", r)
	}
}

// TestWhatWasStartedIsClosedAlsoAfterAFailure, with a context that is still alive
// when the run's own is not.
func TestWhatWasStartedIsClosedAlsoAfterAFailure(t *testing.T) {
	for _, c := range []struct {
		why         string
		interrupted bool
	}{{"the provider failed half way", false}, {"the user interrupted", true}} {
		t.Run(c.why, func(t *testing.T) {
			closed := 0
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			opt := options(t, provider{up: func(context.Context, topologies.Env) (topologies.Topology, error) {
				if c.interrupted {
					cancel()
				}
				return half{closed: func(ctx context.Context) {
					closed++
					if ctx.Err() != nil {
						t.Errorf("the clean-up got a context that is over: %v", ctx.Err())
					}
					if _, bounded := ctx.Deadline(); !bounded {
						t.Error("the clean-up is not bounded")
					}
				}}, errors.New("the second broker did not start")
			}})
			r := runner.Run(ctx, runner.Job{Plan: plan(t)}, opt)
			if closed != 1 || r.Interrupted != c.interrupted || (r.Err == nil) != c.interrupted || r.Verdict != nil {
				t.Errorf("closed %d times, result %+v", closed, r)
			}
			h, err := history.Open(r.Dir)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = h.Close() }()
			var end history.End
			for {
				var rec history.Record
				if err := h.Next(&rec); err != nil {
					break
				}
				if rec.Kind == history.KindEnd {
					if err := rec.As(&end); err != nil {
						t.Fatal(err)
					}
				}
			}
			if !end.Interrupted {
				t.Error("a history without a whole run must say so, or absence would be judged in it")
			}
		})
	}
}

// TestMissingCapabilitiesAreFoundBeforeAnythingStarts: unsupported is a result of
// its own, never a silent skip.
func TestMissingCapabilitiesAreFoundBeforeAnythingStarts(t *testing.T) {
	opt := options(t, provider{up: func(context.Context, topologies.Env) (topologies.Topology, error) {
		t.Error("the provider was asked to start")
		return nil, nil
	}})
	r := runner.Run(t.Context(), runner.Job{Plan: plan(t, scenarios.Step{Fault: &faults.Kill{Target: "broker/1"}})}, opt)
	if len(r.Unsupported) != 1 || r.Unsupported[0] != topologies.KillBroker || r.Err != nil || r.Verdict != nil {
		t.Errorf("result %+v", r)
	}
}

// TestAnInterruptedSuiteAnswersForEveryPlan: what was not begun is interrupted,
// not missing.
func TestAnInterruptedSuiteAnswersForEveryPlan(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	started := 0
	opt := options(t, provider{up: func(context.Context, topologies.Env) (topologies.Topology, error) {
		started++
		cancel()
		return nil, errors.New("interrupted")
	}})
	first, second, third := plan(t), plan(t), plan(t)
	second.Scenario, third.Scenario = "second", "third"
	results := runner.RunAll(ctx, runner.Once(first, second, third), opt)
	for i, r := range results {
		if r.Plan == nil || !r.Interrupted {
			t.Errorf("result %d: %+v", i, r)
		}
	}
	if len(results) != 3 || started != 1 {
		t.Errorf("%d results, %d started", len(results), started)
	}
}

func TestRejudgeRefusesWhatIsNoRun(t *testing.T) {
	dir := t.TempDir()
	if _, err := runner.Rejudge(dir); err == nil || !strings.Contains(err.Error(), "plan.json") {
		t.Errorf("an empty directory: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "plan.json"), []byte(`{"format": 99}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := runner.Rejudge(dir); err == nil || !strings.Contains(err.Error(), "format 99") {
		t.Errorf("a plan of another format: %v", err)
	}
}
