package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"surety/checker"
	"surety/report"
	"surety/scenarios"
	"surety/scenarios/runner"
)

// trialFlags say how often each scenario is tried.
type trialFlags struct {
	trials        int
	untilViolated bool
	budget        time.Duration
}

// mostTrials bounds the trials where nothing but a budget does.
const mostTrials = 1000

func (f *trialFlags) flags(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.IntVar(&f.trials, "trials", 0, "try each scenario so often, each time with another seed, and report how many were violated")
	fl.BoolVar(&f.untilViolated, "until-violated", false, "begin no more trials of a scenario that was violated; this bounds no rate")
	fl.DurationVar(&f.budget, "budget", 0, "begin no trial after this time, as 10m")
}

// wanted tells whether scenarios are tried several times.
func (f trialFlags) wanted() bool { return f.trials > 0 || f.untilViolated || f.budget > 0 }

func (f trialFlags) check() error {
	switch {
	case f.trials < 0 || f.trials > mostTrials:
		return usage("--trials lies between 1 and %d; this is %d", mostTrials, f.trials)
	case f.budget < 0:
		return usage("--budget is a time above 0s, as 10m; this is %s", f.budget)
	case f.untilViolated && f.trials == 0 && f.budget == 0:
		return usage("--until-violated wants an end: --trials, or --budget")
	}
	return nil
}

// said is what the report must know; nil where each scenario runs once.
func (f trialFlags) said() *report.Trials {
	if !f.wanted() {
		return nil
	}
	return &report.Trials{Asked: f.trials, UntilViolated: f.untilViolated, Budget: f.budget}
}

// text gives the flags back as they were typed.
func (f trialFlags) text() string {
	s := ""
	if f.trials > 0 {
		s += fmt.Sprintf(" --trials %d", f.trials)
	}
	if f.untilViolated {
		s += " --until-violated"
	}
	if f.budget > 0 {
		s += fmt.Sprintf(" --budget %s", f.budget)
	}
	return s
}

// jobs draws the plans: the first trials of all scenarios, then the second ones.
func (f trialFlags) jobs(list []*scenarios.Scenario, seed scenarios.Seed) ([]runner.Job, error) {
	var jobs []runner.Job
	for n := range f.number() {
		for _, s := range list {
			p, err := scenarios.Resolve(s, seed.Trial(n+1))
			if err != nil {
				return nil, err
			}
			j := runner.Job{Plan: p}
			if f.wanted() {
				j.Trial = n + 1
			}
			jobs = append(jobs, j)
		}
	}
	return jobs, nil
}

// number is how many trials of each scenario there are at most.
func (f trialFlags) number() int {
	if f.trials == 0 && f.wanted() {
		return mostTrials
	}
	return max(1, f.trials)
}

// trying decides which trials begin. Safe for concurrent use.
type trying struct {
	flags trialFlags
	began time.Time

	mu       sync.Mutex
	violated map[string]bool // scenarios of which a trial was
}

func newTrying(f trialFlags) *trying {
	return &trying{flags: f, began: time.Now(), violated: map[string]bool{}}
}

func (t *trying) begin(j runner.Job) bool {
	if t.flags.budget > 0 && time.Since(t.began) >= t.flags.budget {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return !t.flags.untilViolated || !t.violated[j.Plan.Scenario]
}

func (t *trying) done(r runner.Result) {
	if r.Verdict != nil && r.Verdict.Answer == checker.Violated {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.violated[r.Plan.Scenario] = true
	}
}

// trialsFile holds what was asked, beside the directories of the trials.
const trialsFile = "trials.json"

func keepTrials(dir string, t *report.Trials) error {
	if t == nil {
		return nil
	}
	b, err := json.MarshalIndent(t, "", "  ")
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, trialsFile), append(b, '\n'), 0o644)
	}
	if err != nil {
		return coded{exitEnvironment, fmt.Errorf("what is to be tried cannot be kept in %s: %w", dir, cause(err))}
	}
	return nil
}

// keptTrials reads what keepTrials wrote; nil where dir holds no trials.
func keptTrials(dir string) (*report.Trials, error) {
	b, err := os.ReadFile(filepath.Join(dir, trialsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // no trials are no error
	}
	t := &report.Trials{}
	if err == nil {
		err = json.Unmarshal(b, t)
	}
	if err != nil {
		return nil, usage("%s cannot be read: %s", filepath.Join(dir, trialsFile), cause(err))
	}
	return t, nil
}

// trialOf reads the number of a trial from its directory; 0 where it is none.
func trialOf(dir string) (n int) {
	if _, err := fmt.Sscanf(filepath.Base(filepath.Dir(dir)), "trial-%d", &n); err != nil {
		return 0
	}
	return n
}
