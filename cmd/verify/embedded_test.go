package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// only gives the directory of the one run below a directory of runs.
func only(t *testing.T, pattern ...string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(pattern...))
	if err != nil || len(found) != 1 {
		t.Fatalf("one run is wanted at %s; there are %v, %v", filepath.Join(pattern...), found, err)
	}
	return found[0]
}

// answer is the part of the JSON document that callers rely on.
type answer struct {
	Seed      string
	Tally     map[string]int
	ExitCode  int `json:"exit_code"`
	Scenarios []struct {
		Name, Verdict string
		Met           bool
		Guarantee     struct{ Delivery string }
		Counts        map[string]int64
		Examined      *struct{ Attempts, OK int64 }
		Faults        []struct {
			Label    string
			Shown    bool
			Evidence []json.RawMessage
		}
	}
}

// document wants exactly one JSON document.
func document(t *testing.T, text string) answer {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	var a answer
	if err := d.Decode(&a); err != nil {
		t.Fatalf("stdout is no JSON document: %v\n%s", err, text)
	}
	if err := d.Decode(new(any)); !errors.Is(err, io.EOF) {
		t.Errorf("stdout has more than one JSON document: %v\n%s", err, text)
	}
	return a
}

const crash = "faults:\n  - kill: {target: processor/1, at: 20%, restart: 300ms}\nfloors: {records-in-fault: 20}\n"

func TestARunIsJudgedTheSameFromItsDirectory(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	file := scenario(t, "small", "{reference: at-least-once}", crash)
	first := verify(t, "run", file, "--seed", "7c1e04", "--out", out)
	if first.code != exitUpheld {
		t.Fatalf("exit code %d\n%s\n%s", first.code, first.stdout, first.stderr)
	}
	says(t, first.stdout, "declared", "small", "at-least-once", "✔ upheld", "500/0/0", "kill", "1 upheld · 0 violated · 0 inconclusive",
		"again  verify run "+file+" --seed 7c1e04")
	says(t, first.stderr, "surety  scenario small", "seed 7c1e04", "fault on: kill processor/1", "(1 of 1)")

	second := verify(t, "run", file, "--seed", "7c1e04", "--out", out, "--json")
	if second.code != exitUpheld {
		t.Fatalf("exit code %d\n%s\n%s", second.code, second.stdout, second.stderr)
	}
	a := document(t, second.stdout)
	if a.Seed != "7c1e04" || a.ExitCode != 0 || a.Tally["upheld"] != 1 || len(a.Scenarios) != 1 {
		t.Fatalf("the document is %+v", a)
	}
	if s := a.Scenarios[0]; s.Name != "small" || s.Verdict != "upheld" || !s.Met || s.Guarantee.Delivery != "at-least-once" ||
		s.Examined.OK != 500 || s.Counts["lost"] != 0 || len(s.Faults) != 1 || !s.Faults[0].Shown || len(s.Faults[0].Evidence) == 0 {
		t.Errorf("the scenario is %+v", s)
	}

	runs := []string{filepath.Join(out, "small-7c1e04", "small"), filepath.Join(out, "small-7c1e04-2", "small")}
	var plans [2][]byte
	for i, dir := range runs {
		b, err := os.ReadFile(filepath.Join(dir, "plan.json"))
		if err != nil {
			t.Fatal(err)
		}
		plans[i] = b
	}
	if !bytes.Equal(plans[0], plans[1]) {
		t.Errorf("one seed, two plans:\n%s\n%s", plans[0], plans[1])
	}

	checked := verify(t, "check", runs[1], "--json")
	if checked.code != exitUpheld || checked.stderr != "" {
		t.Errorf("check ends with %d: %s", checked.code, checked.stderr)
	}
	before, after := verdictOf(t, second.stdout), verdictOf(t, checked.stdout)
	if !bytes.Equal(before, after) {
		t.Errorf("check judges otherwise than the run:\n%s\n%s", before, after)
	}

	exported := verify(t, "export", runs[0])
	if exported.code != exitUpheld {
		t.Errorf("export ends with %d: %s", exported.code, exported.stderr)
	}
	lines := 0
	for line := range strings.Lines(exported.stdout) {
		lines++
		if !json.Valid([]byte(line)) {
			t.Fatalf("line %d is no JSON: %s", lines, line)
		}
	}
	if lines < 3*500 {
		t.Errorf("%d lines for 500 intents, outcomes and observations", lines)
	}
}

// verdictOf is all that a document says of what was found.
func verdictOf(t *testing.T, text string) []byte {
	t.Helper()
	var d struct{ Scenarios []map[string]json.RawMessage }
	if err := json.Unmarshal([]byte(text), &d); err != nil || len(d.Scenarios) != 1 {
		t.Fatalf("%v:\n%s", err, text)
	}
	for _, field := range []string{"took_s", "again", "run", "cluster"} {
		delete(d.Scenarios[0], field)
	}
	b, err := json.MarshalIndent(d.Scenarios[0], "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSomebodyElsesProgramIsJudged(t *testing.T) {
	t.Parallel()
	const declared = "guarantee: {delivery: at-least-once}\n"
	for _, tt := range []struct {
		reason, how, more string
		code              int
		want              []string
	}{
		{"it forwards everything and is killed once", "forwards", declared + crash, exitUpheld, []string{"✔ upheld", "kill"}},
		{"it forgets every fiftieth record", "forgets", declared, exitViolated, []string{"✘ violated", "lost ", "by the processor", "without any fault", "look at"}},
		{"it forgets, as was expected", "forgets", declared + "expect: {violated: lost}\n", exitUpheld, []string{"✔ caught", "1 violated as expected"}},
		{"it forgets, and may", "forgets", "guarantee: {delivery: at-most-once}\n", exitUpheld, []string{"✔ upheld", "is what their guarantees allow"}},
		{"the mistake that was to be caught is not there", "forwards", declared + "expect: {violated: lost}\n", exitViolated, []string{"✘ not caught", "violated: lost"}},
	} {
		t.Run(tt.reason, func(t *testing.T) {
			t.Parallel()
			file := scenario(t, "theirs", somebody(t, tt.how), tt.more)
			if data, err := os.ReadFile(file); err != nil || bytes.Count(data, []byte("\n")) > 25 {
				t.Errorf("the file is longer than 25 lines: %v\n%s", err, data)
			}
			got := verify(t, "run", file, "--out", t.TempDir())
			if got.code != tt.code {
				t.Errorf("exit code %d, want %d\n%s", got.code, tt.code, got.stderr)
			}
			says(t, got.stdout, tt.want...)
		})
	}
}

func TestAProgramThatNeverWorkedIsTheEnvironments(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		reason, program string
		want            []string
	}{
		{"no such command", "{command: [no-such-program-anywhere]}", []string{"cannot be started", "no-such-program-anywhere", "try  check the command"}},
		{"it ends at once", somebody(t, "quits"), []string{"ended by itself with exit code 7", "configuration: no route to production", "try  read its log"}},
		{"it hangs after an error", somebody(t, "idles"), []string{"before any fault", "is running", "waiting for a configuration that never comes"}},
		{"it writes to another topic", somebody(t, "astray"), []string{"before any fault", "the topic dead-", "(dead) has ", "output is set to dead-"}},
		{"it writes values without identity", somebody(t, "unnamed"), []string{
			"before any fault", "output shows", `that do not say what went in, the first is "done"`, "say identity: of this sink", "writing short answers",
		}},
	} {
		t.Run(tt.reason, func(t *testing.T) {
			t.Parallel()
			out := t.TempDir()
			file := lettered(t, "broken", tt.program, "guarantee: {delivery: at-least-once}\ntiming: {warm: 8s}\n")
			got := verify(t, "run", file, "--out", out)
			if got.code != exitEnvironment {
				t.Errorf("exit code %d", got.code)
			}
			says(t, got.stdout, append(tt.want, "! environment", "0 upheld", "1 environment")...)
		})
	}
}

// lettered is a scenario with a sink for dead letters beside the output.
func lettered(t *testing.T, name, program, more string) string {
	t.Helper()
	text, err := os.ReadFile(scenario(t, name, program, more))
	if err != nil {
		t.Fatal(err)
	}
	return written(t, name+".yaml", strings.Replace(string(text), "topology:\n", "topology:\n  sinks: [{name: output}, {name: dead, role: dead-letter}]\n", 1))
}

// What worked and broke under the fault is the program's: the report says how it ended
// and what it said last.
func TestAProgramThatBreaksUnderAFaultViolates(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	vanishing := written(t, "vanishing.sh", "#!/bin/sh\nrm \"$0\"\nexec '"+self+"' somebody forwards\n")
	if err := os.Chmod(vanishing, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		reason, program string
		want            []string
	}{
		{"it does not start again", "{command: [" + strconv.Quote(vanishing) + "]}", []string{"stuck ", "had ended by itself with exit code 127", "the command cannot be started", "no such file"}},
		{"it ends at once", somebody(t, "quits-later"), []string{"stuck ", "had ended by itself with exit code 7", "configuration: no route to production"}},
		{"it hangs after an error", somebody(t, "idles-later"), []string{"stuck ", "processor-1 ran to the end", "waiting for a configuration that never comes"}},
		{"it writes to another topic", somebody(t, "astray-later"), []string{"stuck ", "processor-1 ran to the end", "output is set to dead-"}},
		{"it writes values without identity", somebody(t, "unnamed-later"), []string{"corrupted ", "writing short answers"}},
	} {
		t.Run(tt.reason, func(t *testing.T) {
			t.Parallel()
			file := lettered(t, "broken", tt.program, "guarantee: {delivery: at-least-once}\ntiming: {session: 2s, quiet: 3s, deadline: 8s, warm: 60s}\n"+crash)
			got := verify(t, "run", file, "--out", t.TempDir())
			if got.code != exitViolated {
				t.Errorf("exit code %d\n%s", got.code, got.stderr)
			}
			says(t, got.stdout, append(tt.want, "✘ violated")...)
		})
	}
}

func TestAnInterruptedRunKeepsAHistoryThatCanBeJudged(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	file := scenario(t, "long", "{reference: exactly-once, instances: 2}", "faults: [{kill: {target: processor/1, at: 5%, restart: 5s}}]\n")
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	got := verifyUntil(ctx, func(line string) {
		if strings.Contains(line, "fault on: kill processor/1") {
			interrupt()
		}
	}, "run", file, "--records", "20000", "--out", out)
	if got.code != exitInterrupted {
		t.Fatalf("exit code %d\n%s\n%s", got.code, got.stdout, got.stderr)
	}
	dir := only(t, out, "long-*", "long")
	says(t, got.stdout, "! interrupted", "verify check "+dir)

	checked := verify(t, "check", dir, "--json")
	if checked.code != exitInconclusive {
		t.Errorf("check ends with %d: %s", checked.code, checked.stderr)
	}
	a := document(t, checked.stdout).Scenarios[0]
	if a.Verdict != "inconclusive" {
		t.Errorf("a history that was cut off is %s", a.Verdict)
	}
	for _, class := range []string{"lost", "phantom", "vanished"} {
		if a.Counts[class] != 0 {
			t.Errorf("a history that was cut off has %d %s", a.Counts[class], class)
		}
	}
	says(t, checked.stdout, "cut off")
}

// Headers that are dropped break a guarantee that preserves them, and no other.
func TestHeadersAreJudgedWhereTheyAreToBePreserved(t *testing.T) {
	t.Parallel()
	const preserve = "guarantee: {preserve: headers}\n"
	out := t.TempDir()
	dropped := scenario(t, "dropped", "{reference: values-only}", preserve)
	for _, row := range []struct {
		why, file string
		code      int
	}{
		{"they come through", scenario(t, "kept", "{reference: exactly-once}", preserve), exitUpheld},
		{"they are dropped", dropped, exitViolated},
		{"nobody declared them", scenario(t, "undeclared", "{reference: values-only}", ""), exitUpheld},
	} {
		got := verify(t, "run", row.file, "--out", out)
		if got.code != row.code {
			t.Errorf("%s: exit code %d, want %d\n%s\n%s", row.why, got.code, row.code, got.stdout, got.stderr)
		}
		if row.code == exitViolated {
			says(t, got.stdout, "altered", "500 of 500")
		}
	}
}

// A processor of several outputs finds each by the name of its sink.
func TestTheVariablesOfAPlannedRunNameEveryOutput(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	file := written(t, "two.yaml", `scenario: two
topology:
  partitions: 2
  processors:
    - reference: exactly-once
      files: {topics.txt: "{{.Outputs.first}} {{.Outputs.dead}}"}
  sinks: [{name: first}, {name: dead, role: dead-letter}]
workload: {records: 500, rate: 1000/s, keys: 10}
`)
	if got := verify(t, "run", file, "--out", out, "--seed", "7c1e04"); got.code != exitUpheld {
		t.Fatalf("exit code %d\n%s\n%s", got.code, got.stdout, got.stderr)
	}
	text, err := os.ReadFile(only(t, out, "two-7c1e04", "two", "data", "processor-1", "topics.txt"))
	if first, dead, two := strings.Cut(string(text), " "); err != nil || !two || !strings.HasPrefix(first, "first-") || !strings.HasPrefix(dead, "dead-") {
		t.Errorf("the processor was told %q, %v", text, err)
	}
}

// What a tail saw and the final read does not have has vanished; so no tail may go on
// while the final read has fixed where it ends.
func TestTailsEndBeforeTheFinalReadBegins(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	if got := verify(t, "run", scenario(t, "small", "{reference: at-least-once}", ""), "--out", out); got.code != exitUpheld {
		t.Fatalf("exit code %d\n%s\n%s", got.code, got.stdout, got.stderr)
	}
	exported := verify(t, "export", only(t, out, "small-*", "small"))
	tails, finals := map[int]bool{}, 0
	for line := range strings.Lines(exported.stdout) {
		var rec struct {
			Kind, Purpose string
			Session       int
		}
		if err := json.Unmarshal([]byte(line), &rec); err != nil {
			t.Fatal(err)
		}
		switch {
		case rec.Kind == "session" && rec.Purpose == "tail":
			tails[rec.Session] = true
		case rec.Kind == "session-end":
			delete(tails, rec.Session)
		case rec.Kind == "session":
			if finals++; len(tails) > 0 {
				t.Errorf("session %d is final, and the tails %v go on", rec.Session, tails)
			}
		}
	}
	if finals != 2 {
		t.Errorf("%d final sessions, want one of the input and one of the output", finals)
	}
}
