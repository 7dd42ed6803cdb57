package main

import (
	"os"
	"strings"
	"testing"
)

// Values of their own form, chains and poison go the whole way, and the processor that
// drops what it cannot decode is caught.
func TestPayloadsChainsAndPoisonAreJudged(t *testing.T) {
	t.Parallel()
	got := verify(t, "run", "payloads", "--seed", "7c1e04", "--json", "--out", t.TempDir())
	if got.code != exitUpheld {
		t.Fatalf("exit code %d\n%s\n%s", got.code, got.stdout, got.stderr)
	}
	for _, s := range document(t, got.stdout).Scenarios {
		letters := map[string]int64{"poison-dead-lettering": 100, "poison-crash-dead-lettering": 100}[s.Name]
		if !s.Met || s.Counts["dead-lettered"] != letters {
			t.Errorf("%s is %s with %v, want %d dead letters", s.Name, s.Verdict, s.Counts, letters)
		}
		if s.Name == "poison-poison-dropping" && s.Counts["lost"] != 100 {
			t.Errorf("%s lost %d, want the 100 that cannot be decoded", s.Name, s.Counts["lost"])
		}
	}
}

// Effects are judged as they were applied, once for each record.
func TestEffectsAreJudged(t *testing.T) {
	t.Parallel()
	got := verify(t, "run", "effects", "--seed", "7c1e04", "--json", "--out", t.TempDir())
	if got.code != exitUpheld {
		t.Fatalf("exit code %d\n%s\n%s", got.code, got.stdout, got.stderr)
	}
	for _, s := range document(t, got.stdout).Scenarios {
		if !s.Met || s.Examined == nil || s.Examined.OK < 1200 {
			t.Errorf("%s is %s: %+v", s.Name, s.Verdict, s.Examined)
		}
		for _, f := range s.Faults {
			if !f.Shown {
				t.Errorf("%s: %s was not shown", s.Name, f.Label)
			}
		}
	}
}

// The files of a run show what the processors were given: the template, and who reads what.
func TestMistakesInTemplatesAndChainsAreNamedWithTheirLine(t *testing.T) {
	for _, row := range []struct{ why, text, says string }{
		{"a hole that is unknown", "scenario: x\ntopology: {processors: [{reference: exactly-once}]}\nworkload:\n  template: |\n    {\"id\": \"{{id}}\",\n     \"n\": {{amount}}}\n", ":6: template: {{amount}} is unknown"},
		{"in a line of its own", "scenario: x\ntopology: {processors: [{reference: exactly-once}]}\nworkload: {template: '{\"a\": 1}'}\n", ":3: template: it does not say which record it is of"},
		{"a size beside a template", "scenario: x\ntopology: {processors: [{reference: exactly-once}]}\nworkload: {value: 1KiB, template: '{\"id\": \"{{id}}\"}'}\n", ":3: value: is the size of the workload's own values"},
		{"windows without event times", "scenario: x\ntopology:\n  processors: [{reference: window-counter}]\nworkload: {template: '{\"id\": \"{{id}}\"}'}\n", "put {{event}} or {{time}} into it"},
		{"only poison", "scenario: x\ntopology: {processors: [{reference: exactly-once}]}\nworkload:\n  poison: 1\n", ":4: poison: 1 leaves no record"},
		{"a chain that leads nowhere", "scenario: x\ntopology:\n  processors:\n    - {name: a, reference: exactly-once, to: middle}\n", ":4: processor a writes middle, which no processor reads"},
		{"a chain that comes from nowhere", "scenario: x\ntopology:\n  processors:\n    - {name: a, reference: exactly-once}\n    - {name: b, reference: exactly-once, from: midle}\n", ":5: processor b reads midle, which no processor writes"},
		{"a chain without a beginning", "scenario: x\ntopology:\n  processors:\n    - {name: a, reference: exactly-once, from: m, to: n}\n    - {name: b, reference: exactly-once, from: n, to: m}\n", "no processor reads the input"},
		{"a chain into its own input", "scenario: x\ntopology:\n  processors:\n    - {name: a, reference: exactly-once, to: input}\n", ":4: processor a writes the input"},
		{"keys for a topic", "scenario: x\ntopology:\n  processors: [{reference: exactly-once}]\n  sinks: [{name: o, idempotent: true}]\n", "knows no idempotency keys"},
		{"answers of a topic", "scenario: x\ntopology:\n  processors: [{reference: exactly-once}]\nfaults:\n  - lose-answers: {sink: output, every: 2, at: 10%}\n", ":5: "},
		{"an unknown encoding", "scenario: x\ntopology:\n  processors: [{reference: exactly-once}]\n  sinks: [{name: o, identity: {encoding: base46}}]\n", `this is "base46"`},
	} {
		file := written(t, "x.yaml", row.text)
		got := verify(t, "run", file, "--out", t.TempDir())
		if got.code != exitUsage || !strings.Contains(got.stderr, row.says) {
			t.Errorf("%s: exit code %d, %s", row.why, got.code, got.stderr)
		}
	}
}

// Effects have no containers' end of a link: docker says that it cannot, and does not
// run without them.
func TestEffectsAreUnsupportedWhereNothingLeadsToThem(t *testing.T) {
	got := verify(t, "run", "effects", "--provider", "docker", "--out", t.TempDir())
	if got.code != exitEnvironment {
		t.Errorf("exit code %d\n%s", got.code, got.stderr)
	}
	says(t, got.stdout, "unsupported", "effects")
	if _, err := os.Stat("effects"); err == nil {
		t.Error("a run was left in the working directory")
	}
}
