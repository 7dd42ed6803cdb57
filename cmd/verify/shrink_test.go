package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const three = `faults:
  - lag: {from: processor/*, to: broker/*, delay: 5ms, at: 100ms, for: 200ms}
  - kill: {target: processor/1, at: 400ms, restart: 300ms}
  - lag: {from: processor/*, to: broker/*, delay: 5ms, at: 900ms, for: 200ms}
floors: {records-in-fault: 20}
timing: {session: 1s}
`

// losing runs a scenario with three faults, of which one makes its processor lose
// records, and gives the directory of the run.
func losing(t *testing.T, out string) string {
	t.Helper()
	file := scenario(t, "loses", "{reference: commit-before-processing, instances: 2}", three)
	first := verify(t, "run", file, "--seed", "7c1e04", "--out", out, "--records", "3000")
	if first.code != exitViolated {
		t.Fatalf("exit code %d\n%s\n%s", first.code, first.stdout, first.stderr)
	}
	return filepath.Join(out, "loses-7c1e04", "loses")
}

func TestAViolatingRunIsReducedToAScenarioThatViolates(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	small := filepath.Join(out, "small.yaml")
	run := verify(t, "shrink", losing(t, out), "--out", out, "-o", small, "--runs", "1", "--least", "1", "--confirm", "5", "--budget", "90s", "--json")
	if run.code != exitUpheld {
		t.Fatalf("exit code %d\n%s\n%s", run.code, run.stdout, run.stderr)
	}
	var d struct {
		Was, Is struct {
			Faults    []string
			Instances int
			Records   int64
		}
		Violated struct{ Hits, Trials int64 }
		Classes  []string
		File     string
	}
	if err := json.Unmarshal([]byte(run.stdout), &d); err != nil {
		t.Fatal(err)
	}
	if len(d.Was.Faults) != 3 || len(d.Is.Faults) != 1 || !strings.HasPrefix(d.Is.Faults[0], "kill processor/1 at ") {
		t.Errorf("the faults were %q and are %q", d.Was.Faults, d.Is.Faults)
	}
	if d.Violated.Trials != 5 || d.Violated.Hits < 4 || len(d.Classes) != 1 || d.Classes[0] != "lost" || d.Is.Records > d.Was.Records {
		t.Errorf("the outcome is %+v", d)
	}
	// The file is a scenario like any other.
	says(t, verify(t, "explain", small).stdout, "loses", "kill processor/1")
}

func TestAnInterruptedReductionKeepsTheSmallestSoFar(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	of := losing(t, out)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var once sync.Once
	run := verifyUntil(ctx, func(line string) {
		if strings.Contains(line, "smaller: ") {
			once.Do(cancel)
		}
	}, "shrink", of, "--out", out, "--runs", "1", "--least", "1")
	if run.code != exitInterrupted {
		t.Fatalf("exit code %d\n%s\n%s", run.code, run.stdout, run.stderr)
	}
	says(t, run.stdout, "not reduced to the end: it was interrupted", "? not confirmed: the smallest was not run once more", "file   ")
	text, err := os.ReadFile(only(t, out, "shrink-loses-7c1e04", "*.yaml"))
	if err != nil || !strings.Contains(string(text), "scenario: loses\n") {
		t.Errorf("the file is\n%s\n%v", text, err)
	}
}
