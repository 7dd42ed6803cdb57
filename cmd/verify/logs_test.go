package main

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"surety/checker"
)

// The broker itself is under test where there is no processor. Its log is judged
// by itself, in a run and whenever that is judged again, and each count is there.
func TestTheLogOfABrokerUnderTestIsJudgedByItself(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	file := written(t, "bare.yaml", `scenario: bare
topology: {processors: [], partitions: 2}
workload: {records: 500, rate: 1000/s, keys: 10}
guarantee: {delivery: exactly-once, order: key}
`)
	type logs struct {
		Scenarios []struct {
			Verdict string
			Logs    []checker.LogVerdict
		}
	}
	read := func(got ended) []checker.LogVerdict {
		t.Helper()
		var d logs
		if err := json.Unmarshal([]byte(got.stdout), &d); err != nil || got.code != exitUpheld || len(d.Scenarios) != 1 {
			t.Fatalf("exit code %d, %v\n%s\n%s", got.code, err, got.stdout, got.stderr)
		}
		return d.Scenarios[0].Logs
	}
	ran := read(verify(t, "run", file, "--out", out, "--json"))
	again := read(verify(t, "check", only(t, out, "*", "bare"), "--json"))
	for _, list := range [][]checker.LogVerdict{ran, again} {
		if len(list) != 1 || list[0].Log != "input" || !slices.Equal(list[0].Sinks, []string{"output"}) {
			t.Fatalf("the logs are %+v", list)
		}
		for _, c := range checker.LogClasses {
			n, judged := list[0].Counts[c]
			if open := slices.Contains(list[0].NotJudged, c); n != 0 || judged == open {
				t.Errorf("%s: %d, judged %v, open %v", c, n, judged, open)
			}
		}
		for _, c := range []checker.Class{checker.LostWrite, checker.Duplicate, checker.IntPollSkip, checker.NonmonotonicSend} {
			if _, judged := list[0].Counts[c]; !judged {
				t.Errorf("%s was not judged", c)
			}
		}
	}
	if !maps.Equal(ran[0].Counts, again[0].Counts) {
		t.Errorf("judged again, %v are %v", ran[0].Counts, again[0].Counts)
	}
}
