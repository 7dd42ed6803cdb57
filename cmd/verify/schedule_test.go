package main

import (
	"strings"
	"testing"
)

// Faults that wait for events, and one that the seed draws, meet a real run.
func TestFaultsWaitForEvents(t *testing.T) {
	t.Parallel()
	file := scenario(t, "events", "{reference: at-least-once, instances: 2}", `faults:
  - kill: {target: processor/1, after: 20%, restart: 300ms}
  - lag: {from: processor/*, to: broker/*, delay: 20ms, in: rebalance 1, for: 500ms}
  - draw: {count: 1, from: [lag: {from: processor/*, to: broker/*, delay: 10ms, for: 200ms..300ms}]}
floors: {records-in-fault: 0}
`)
	run := verify(t, "run", file, "--seed", "7c1e04", "--out", t.TempDir(), "--records", "3000", "--json")
	if run.code != exitUpheld {
		t.Fatalf("exit code %d\n%s\n%s", run.code, run.stdout, run.stderr)
	}
	s := document(t, run.stdout).Scenarios[0]
	if len(s.Faults) != 3 {
		t.Fatalf("%d faults", len(s.Faults))
	}
	for i, want := range []string{"of 3000 records acknowledged", "1 of 1 rebalances of the group; it is ", ""} {
		if !s.Faults[i].Shown || !strings.Contains(string(s.Faults[i].Evidence[0]), want) {
			t.Errorf("%s is shown %t, with %s", s.Faults[i].Label, s.Faults[i].Shown, s.Faults[i].Evidence)
		}
	}
}

func TestAnEventThatDoesNotComeIsSaid(t *testing.T) {
	t.Parallel()
	file := scenario(t, "events", "{reference: at-least-once, instances: 2}", `faults:
  - lag: {from: processor/*, to: broker/*, delay: 10ms, in: rebalance 7, for: 500ms}
`)
	run := verify(t, "run", file, "--out", t.TempDir())
	if run.code != exitInconclusive {
		t.Fatalf("exit code %d\n%s\n%s", run.code, run.stdout, run.stderr)
	}
	says(t, run.stdout, "? inconclusive", "lag 10ms", "was not shown to take effect", "waited until rebalance 7 begins: the load was over first; ", " of 7 rebalances")
}
