package report

import (
	"bytes"
	"strings"
	"testing"

	"surety/checker"
	"surety/checker/history"
)

// A role that moved while its fault was on stands in the line of the fault.
func TestARoleThatMovedIsToldWithItsFault(t *testing.T) {
	f := checker.FaultResult{Label: "kill leader(input/0)", Evidence: []history.Evidence{
		{Shown: true, Text: "broker-1 exited with code 137"},
		{Shown: true, Text: "leader(input/0) moved from broker-1 to broker-2 after 1.4 s", Facts: map[string]any{"role": "leader(input/0)"}},
	}}
	if got, want := moved(f), "; leader(input/0) moved from broker-1 to broker-2 after 1.4 s"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := moved(checker.FaultResult{Evidence: f.Evidence[:1]}); got != "" {
		t.Errorf("nothing moved, told is %q", got)
	}
	var out bytes.Buffer
	r := Run{Verdict: &checker.Verdict{Faults: []checker.FaultResult{f}}}
	finding(&out, r, checker.Finding{Class: checker.Lost, Key: "k", Faults: []int{0}})
	if !strings.Contains(out.String(), "kill leader(input/0) from") || !strings.Contains(out.String(), "moved from broker-1 to broker-2") {
		t.Errorf("the finding says\n%s", out.String())
	}
}
