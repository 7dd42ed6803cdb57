// Package report turns stored runs into one model and renders it: a terminal
// table, JSON, JUnit XML, Markdown, HTML, CSV. Every number that a format prints
// comes from the model.
package report

import (
	"fmt"
	"time"

	"surety/checker"
)

// Model is what the formats render: one or many runs.
type Model struct {
	Suite    string        // empty when scenarios were named one by one
	About    string        // what was under test: "embedded: kfake, 3 brokers"
	Seed     string        //
	Runs     []Run         // in the order of the suite
	Trials   *Trials       // nil where each scenario ran once
	Replay   *Replay       // nil where no stored plan was run again
	Took     time.Duration // from start to the last verdict
	Kept     string        // directory with all runs
	Again    string        // command line that runs the same again
	ExitCode int           //
}

// Run is one judged scenario, or why it was not judged.
type Run struct {
	Scenario    string
	Trial       int // from 1; 0 where the scenario ran once
	Guarantee   checker.Guarantee
	Processor   string           // reference, engine, image or command
	Engine      *Engine          // nil where none was under test
	Verdict     *checker.Verdict // nil where nothing was judged
	Expect      string           // the expected verdict: "upheld", "violated: lost"
	Met         bool             // the verdict is the expected one, and no threshold is missed
	Missed      []Miss           // thresholds that it did not keep
	Known       string           // the baseline that names all that is violated, so that it blocks nothing
	Faults      []string         // labels of the plan's faults
	Unsupported []string         // capabilities that the provider lacks
	Environment string           // what broke in the harness or under it; never a finding
	Try         string           // what to do about it
	Interrupted bool
	Cluster     *Cluster      // nil where the run had none
	Took        time.Duration // from start to verdict
	Dir         string
	Source      Source
	Again       string    // command line that runs this one again
	Emission    *Emission // of a service that takes orders and tells of them by events; else nil
	Records     *Records  // what its history tells beyond the verdict; nil where nobody asked
}

// Source is where a scenario is written; empty where it came with verify.
type Source struct {
	File string
	Line int // of the fault that what is violated fell into, else of the scenario; from 1
}

// title names the run among others.
func (r Run) title() string {
	if r.Trial == 0 {
		return r.Scenario
	}
	return fmt.Sprintf("%s, trial %d", r.Scenario, r.Trial)
}

// Outcome is the run's state in one word, for formats: a checker.Answer,
// unsupported, environment or interrupted.
func (r Run) Outcome() string {
	switch {
	case len(r.Unsupported) > 0:
		return "unsupported"
	case r.Interrupted:
		return "interrupted"
	case r.Verdict == nil:
		return "environment"
	}
	return string(r.Verdict.Answer)
}

// count sums a class over the sinks.
func (r Run) count(c checker.Class) int64 {
	var n int64
	if r.Verdict != nil {
		for _, s := range r.Verdict.Sinks {
			n += s.Counts[c]
		}
	}
	return n
}

// lost counts what did not come out. What vanished is lost, where losses could be
// judged at all.
func (r Run) lost() int64 {
	var n int64
	if r.Verdict != nil {
		for _, s := range r.Verdict.Sinks {
			if lost, judged := s.Counts[checker.Lost]; judged {
				n += lost
			} else {
				n += s.Counts[checker.Vanished]
			}
		}
	}
	return n
}

// Tally counts runs by outcome.
func (m *Model) Tally() map[string]int {
	t := map[string]int{}
	for _, r := range m.Runs {
		t[r.Outcome()]++
	}
	return t
}
