package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

func TestAStoredPlanIsRunAgain(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	file := scenario(t, "loses", "{reference: commit-before-processing, instances: 2}", crash)
	first := verify(t, "run", file, "--seed", "7c1e04", "--out", out)
	if first.code != exitViolated {
		t.Fatalf("exit code %d\n%s\n%s", first.code, first.stdout, first.stderr)
	}
	of := filepath.Join(out, "loses-7c1e04", "loses")
	replay := verify(t, "replay", of, "--out", out, "--trials", "2", "--json")
	if replay.code != exitViolated {
		t.Fatalf("exit code %d\n%s\n%s", replay.code, replay.stdout, replay.stderr)
	}
	var d struct {
		trialsOf
		Replay struct {
			Of, Verdict string
			Faults      []struct {
				Label, Planned string
				Same           int `json:"same_targets"`
				Then           struct {
					At      int64 `json:"at_ns"`
					Targets []string
					Shown   bool
				}
				Now []struct {
					At int64 `json:"at_ns"`
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(replay.stdout), &d); err != nil {
		t.Fatal(err)
	}
	if s := d.Trials.Scenarios[0]; s.Judged != 2 || s.Violated < 1 || s.Interval == nil {
		t.Errorf("the trials are %+v", s)
	}
	r := d.Replay
	if r.Of != of || r.Verdict != "violated" || len(r.Faults) != 1 {
		t.Fatalf("the replay is %+v", r)
	}
	// Nothing can be injected before its time, which is 100 ms after the start.
	f := r.Faults[0]
	if f.Planned != "0.10 s" || f.Same != 2 || !f.Then.Shown || f.Then.At < 1e8 || len(f.Now) != 2 || f.Now[0].At < 1e8 {
		t.Errorf("the fault is %+v", f)
	}
	plan, err := os.ReadFile(filepath.Join(of, "plan.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range d.Scenarios {
		again, err := os.ReadFile(filepath.Join(s.Run, "plan.json"))
		if err != nil || !bytes.Equal(plan, again) {
			t.Errorf("%s has another plan than %s: %v", s.Run, of, err)
		}
	}
}
