package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"surety/checker"
	"surety/scenarios"
	"surety/scenarios/runner"
)

// trialsOf is what the JSON document says of trials.
type trialsOf struct {
	ExitCode int `json:"exit_code"`
	Trials   struct {
		Asked     int
		Scenarios []struct {
			Scenario  string
			Judged    int
			Violated  int
			NotBegun  int `json:"not_begun"`
			Interval  *struct{ Low, High float64 }
			First     int `json:"first_violated"`
			Expected  int `json:"as_expected"`
			Undecided int `json:"inconclusive"`
		}
	}
	Scenarios []struct {
		Name, Verdict, Run, Again string
		Trial                     int
	}
}

func TestTrialsAreRunsOfTheirOwnWithABound(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	file := scenario(t, "small", "{reference: at-least-once}", crash)
	run := verify(t, "run", file, "--seed", "7c1e04", "--out", out, "--trials", "2", "--parallel", "2", "--json")
	if run.code != exitUpheld {
		t.Fatalf("exit code %d\n%s\n%s", run.code, run.stdout, run.stderr)
	}
	var d trialsOf
	if err := json.Unmarshal([]byte(run.stdout), &d); err != nil {
		t.Fatal(err)
	}
	if len(d.Trials.Scenarios) != 1 || len(d.Scenarios) != 2 || d.Trials.Asked != 2 {
		t.Fatalf("the document is %+v", d)
	}
	if s := d.Trials.Scenarios[0]; s.Judged != 2 || s.Violated != 0 || s.Expected != 2 || s.Interval == nil || s.Interval.High < 0.84 || s.Interval.High > 0.85 {
		t.Errorf("the trials are %+v", s)
	}
	seeds := map[scenarios.Seed]bool{}
	for i, s := range d.Scenarios {
		p, err := readPlan(s.Run)
		if err != nil {
			t.Fatal(err)
		}
		if want := scenarios.Seed("7c1e04").Trial(i + 1); p.Seed != want || s.Trial != i+1 {
			t.Errorf("trial %d (%d) has the seed %s, want %s", i+1, s.Trial, p.Seed, want)
		}
		if want := "verify run " + file + " --seed " + string(p.Seed); s.Again != want {
			t.Errorf("again %q, want %q", s.Again, want)
		}
		seeds[p.Seed] = true
	}
	if len(seeds) != 2 {
		t.Errorf("two trials had the seeds %v", seeds)
	}
	again := verify(t, "report", filepath.Join(out, "small-7c1e04"))
	says(t, again.stdout, "95 % confidence", "0 of 2", "[0 %, 84.19 %]", "2 of 2")
}

func TestAViolationEndsTheTryingWhereAsked(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	// It loses with no fault at all, so that the first trial is violated.
	file := scenario(t, "loses", somebody(t, "forgets"), "guarantee: {delivery: at-least-once}\nexpect: {violated: lost}\n")
	run := verify(t, "run", file, "--out", out, "--trials", "50", "--until-violated", "--json")
	if run.code != exitUpheld { // it is expected
		t.Fatalf("exit code %d\n%s\n%s", run.code, run.stdout, run.stderr)
	}
	var d trialsOf
	if err := json.Unmarshal([]byte(run.stdout), &d); err != nil {
		t.Fatal(err)
	}
	s := d.Trials.Scenarios[0]
	if s.Violated != 1 || s.Interval != nil || s.First != len(d.Scenarios) || s.NotBegun != 50-len(d.Scenarios) {
		t.Errorf("the trials are %+v of %d runs", s, len(d.Scenarios))
	}
	// What was asked is kept: the stored trials bound nothing either.
	again := verify(t, "report", only(t, out, "loses-*"))
	says(t, again.stdout, "none: it ended with trial ", "verify run with --trials alone does")
}

func TestAnInterruptionKeepsTheTrialsThatWere(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var ended atomic.Int32
	file := scenario(t, "small", "{reference: at-least-once}", "")
	run := verifyUntil(ctx, func(line string) {
		if strings.Contains(line, "(1 of 40)") {
			ended.Add(1)
			cancel()
		}
	}, "run", file, "--seed", "1", "--out", out, "--trials", "40")
	if run.code != exitInterrupted || ended.Load() == 0 {
		t.Fatalf("exit code %d\n%s\n%s", run.code, run.stdout, run.stderr)
	}
	says(t, run.stdout, "0 of 1", "[0 %, 97.50 %]", "not begun")
	says(t, verify(t, "report", filepath.Join(out, "small-1", "trial-1")).stdout, "✔ upheld")
}

func TestWhichTrialsBegin(t *testing.T) {
	x := runner.Job{Plan: &scenarios.Plan{Scenario: "x"}, Trial: 2}
	y := runner.Job{Plan: &scenarios.Plan{Scenario: "y"}, Trial: 2}
	violated := runner.Result{Job: x, Verdict: &checker.Verdict{Answer: checker.Violated}}
	for _, tt := range []struct {
		reason string
		flags  trialFlags
		since  time.Duration
		x, y   bool
	}{
		{"a fixed number has no end before its own", trialFlags{trials: 5}, time.Hour, true, true},
		{"of what was violated none, of others all", trialFlags{trials: 5, untilViolated: true}, 0, false, true},
		{"a budget that is not used up", trialFlags{budget: time.Hour}, time.Minute, true, true},
		{"a budget that is", trialFlags{budget: time.Hour}, time.Hour, false, false},
	} {
		tr := newTrying(tt.flags)
		tr.began = time.Now().Add(-tt.since)
		if !tr.begin(x) && tt.x {
			t.Errorf("%s: nothing begins at first", tt.reason)
		}
		tr.done(violated)
		if tr.begin(x) != tt.x || tr.begin(y) != tt.y {
			t.Errorf("%s: x begins %t, y %t", tt.reason, tr.begin(x), tr.begin(y))
		}
	}
}

func readPlan(run string) (p scenarios.Plan, err error) {
	b, err := os.ReadFile(filepath.Join(run, "plan.json"))
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	return p, err
}
