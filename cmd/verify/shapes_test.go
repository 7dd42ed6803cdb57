package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// A roll to another version and back, a role, spare instances, an overload and a
// consumer that hardly runs meet a real run, and each is shown by what its victim did.
func TestRollsRolesScalesAndSurgesShowWhatTheyDid(t *testing.T) {
	t.Parallel()
	file := scenario(t, "shapes", "{reference: at-least-once, instances: 2, spare: 1, versions: {v2: {reference: hashed-workers}}}", `faults:
  - roll: {target: processor/*, to: v2, back: true, at: 5%, for: 100ms}
  - surge: {times: 5, at: 10%, for: 500ms}
  - scale: {target: processor/*, to: 3, at: 60%, for: 300ms}
  - throttle: {target: owner(input/0), to: 20%, at: 75%, for: 600ms}
floors: {records-in-fault: 0}
timing: {session: 6s}
`)
	run := verify(t, "run", file, "--seed", "7c1e04", "--out", t.TempDir(), "--records", "6000", "--json")
	if run.code != exitUpheld {
		t.Fatalf("exit code %d\n%s\n%s", run.code, run.stdout, run.stderr)
	}
	s := document(t, run.stdout).Scenarios[0]
	if s.Examined.OK <= 6000 {
		t.Errorf("%d records: what the surge offers comes on top", s.Examined.OK)
	}
	if len(s.Faults) != 4 {
		t.Fatalf("%d faults", len(s.Faults))
	}
	for i, want := range [][]string{
		{"start 2 as v2", "start 3"},
		{"usual are", "drained"},
		{"3 of 3 instances run, 2 before", "2 of 3 instances run"},
		{"owner(input/0) was processor-", "of the time, seen standing in"},
	} {
		f := s.Faults[i]
		text, err := json.Marshal(f.Evidence)
		if err != nil || !f.Shown {
			t.Errorf("%s is shown %t, with %s (%v)", f.Label, f.Shown, text, err)
		}
		for _, w := range want {
			if !strings.Contains(string(text), w) {
				t.Errorf("the evidence of %s does not say %q: %s", f.Label, w, text)
			}
		}
	}
}
