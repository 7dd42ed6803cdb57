package report

import (
	"testing"

	"surety/checker"
	"surety/checker/history"
)

func TestFiguresTellWhatRetriesAndOverloadMadeOfTheLoad(t *testing.T) {
	run := func(observations, duplicated int64, evidence ...history.Evidence) Run {
		return Run{Verdict: &checker.Verdict{
			Examined: checker.Examined{Observations: observations},
			Sinks:    []checker.SinkVerdict{{Counts: map[checker.Class]int64{checker.Duplicated: duplicated}}},
			Faults:   []checker.FaultResult{{Evidence: evidence}},
		}}
	}
	surge := history.Evidence{Facts: map[string]any{"queued_most_records": 9484.0, "drained_ms": 10400.0}}
	for _, c := range []struct {
		why                        string
		run                        Run
		deliveries, queued, drains string
	}{
		{"nothing came again", run(1000, 0), "", "", ""},
		{"every tenth record came again", run(1100, 100), "1.100", "", ""},
		{"nothing but repeats, which no sound read has", run(100, 100), "", "", ""},
		{"a surge", run(1000, 0, history.Evidence{}, surge), "", "9,484", "10.4 s"},
		{"a kill waits for nothing", run(1000, 0, history.Evidence{Facts: map[string]any{"exit_code": 137.0}}), "", "", ""},
	} {
		for name, want := range map[string]string{"deliveries": c.deliveries, "queued-most": c.queued, "drained": c.drains} {
			if got := c.run.figure(name); got != want {
				t.Errorf("%s: %s is %q, want %q", c.why, name, got, want)
			}
		}
	}
}
