package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// A roll to another version and back, an overload, spare instances and the instance that
// owns a partition meet real runs, and each is shown by what its victim did.
func TestRollsSurgesScalesAndRolesShowWhatTheyDid(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, program, fault string
		records              int64 // at least
		want                 []string
	}{
		{
			"rolled", "{reference: at-least-once, instances: 2, versions: {v2: {reference: hashed-workers}}}",
			"roll: {target: processor/*, to: v2, back: true, at: 5%, for: 100ms}", 500,
			[]string{"start 2 as v2", "start 3"},
		},
		{"surging", "{reference: at-least-once}", "surge: {times: 3, at: 20%, for: 300ms}", 1000, []string{"usual are", "drained"}},
		{
			"scaled", "{reference: at-least-once, spare: 1}", "scale: {target: processor/*, to: 2, at: 20%, for: 100ms}", 500,
			[]string{"2 of 2 instances run, 1 before", "1 of 2 instances run"},
		},
		{
			"owned", "{reference: at-least-once}", "throttle: {target: owner(input/0), to: 20%, at: 20%, for: 500ms}", 500,
			[]string{"owner(input/0) was processor-1", "of the time, seen standing in"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			showsWhatItDid(t, c.name, c.program, c.fault, c.records, c.want)
		})
	}
}

func showsWhatItDid(t *testing.T, name, program, fault string, records int64, want []string) {
	t.Helper()
	file := scenario(t, name, program, "faults:\n  - "+fault+"\nfloors: {records-in-fault: 0}\ntiming: {session: 6s}\n")
	run := verify(t, "run", file, "--seed", "7c1e04", "--out", t.TempDir(), "--json")
	if run.code != exitUpheld {
		t.Fatalf("exit code %d\n%s\n%s", run.code, run.stdout, run.stderr)
	}
	s := document(t, run.stdout).Scenarios[0]
	if s.Examined.OK < records {
		t.Errorf("%d records, want at least %d: what a surge offers comes on top", s.Examined.OK, records)
	}
	if len(s.Faults) != 1 {
		t.Fatalf("%d faults", len(s.Faults))
	}
	for _, f := range s.Faults {
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
