package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"surety/checker"
	"surety/report"
	"surety/scenarios"
	"surety/topologies/names"
)

// gate is what a CI job asks of a run beyond its verdicts.
type gate struct {
	ci       bool
	failOn   string
	maxTime  time.Duration
	baseline string
	update   bool
	known    report.Baseline // what the baseline's file says
}

// Outcomes from which on a job fails.
const (
	failOnViolated     = "violated"
	failOnInconclusive = "inconclusive"
)

func (g *gate) flags(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.BoolVar(&g.ci, "ci", false, "annotations, a step summary, outputs and junit.xml for GitHub Actions, where it is found out")
	fl.StringVar(&g.failOn, "fail-on", failOnInconclusive, "inconclusive: all but upheld fails; violated: an inconclusive run is only warned of")
	fl.DurationVar(&g.maxTime, "max-time", 0, "end after this time, as 10m; what has no verdict by then is inconclusive")
	fl.StringVar(&g.baseline, "baseline", "", "file of known violations, which do not fail")
	fl.BoolVar(&g.update, "update-baseline", false, "write what is violated now to the file of --baseline")
}

// check finds what is wrong in the flags before anything runs.
func (g *gate) check(c console) error {
	g.ci = g.ci || c.getenv("GITHUB_ACTIONS") == "true"
	if g.failOn != failOnViolated && g.failOn != failOnInconclusive {
		return usage("--fail-on: %s", names.Unknown("outcome", g.failOn, []string{failOnViolated, failOnInconclusive}))
	}
	if g.maxTime < 0 {
		return usage("--max-time is %s; it wants a time above 0", g.maxTime)
	}
	if g.baseline == "" {
		if g.update {
			return usage("--update-baseline wants the file to write: --baseline FILE")
		}
		return nil
	}
	text, err := os.ReadFile(g.baseline)
	if g.update && errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err == nil {
		g.known, err = report.ReadBaseline(bytes.NewReader(text))
	}
	if err != nil && !g.update {
		return usage("--baseline: %s: %s; write one with --update-baseline", g.baseline, cause(err))
	}
	return nil
}

// errMaxTime is why runs end when their time is over.
var errMaxTime = errors.New("the time of --max-time is over")

// bound gives the context of all runs.
func (g *gate) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	if g.maxTime == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, g.maxTime, errMaxTime)
}

// judge applies what the job was told to accept: it changes the runs' rows, and
// gives the exit code of each from the one that its verdict alone would have.
func (g *gate) judge(ctx context.Context, r *report.Run, code int) int {
	switch {
	case code == exitInterrupted && errors.Is(context.Cause(ctx), errMaxTime):
		r.Try = fmt.Sprintf("a --max-time above %s, or fewer scenarios or records", g.maxTime)
		code = exitInconclusive
	case code == exitViolated && g.baseline != "" && !g.update && g.known.Knows(*r) && len(r.Missed) == 0:
		r.Known, r.Met = g.baseline, true
		code = exitUpheld
	}
	if code == exitInconclusive && g.failOn == failOnViolated {
		return exitUpheld
	}
	return code
}

// tell writes what the CI server and the next run read.
func (g *gate) tell(c console, m *report.Model, junit string) error {
	if g.update {
		b := report.BaselineOf(m)
		var text bytes.Buffer
		err := b.Write(&text)
		if err == nil {
			err = os.WriteFile(g.baseline, text.Bytes(), 0o644) //nolint:gosec // it belongs beside the sources
		}
		if err != nil {
			return coded{exitEnvironment, fmt.Errorf("the baseline could not be written to %s: %w", g.baseline, cause(err))}
		}
		fmt.Fprintf(c.stderr, "%d known violations are written to %s\n", len(b.Known), g.baseline)
	}
	for _, k := range g.known.Gone(m) {
		if !g.update {
			fmt.Fprintf(c.stderr, "%s is in %s and was not seen: remove it, so that it blocks when it comes back\n", k, g.baseline)
		}
	}
	if !g.ci {
		return nil
	}
	if err := (report.Annotations{}).Write(c.stderr, m); err != nil {
		return err
	}
	return errors.Join(
		appendTo(c.getenv("GITHUB_STEP_SUMMARY"), func(b *bytes.Buffer) error { return (report.Markdown{}).Write(b, m) }),
		appendTo(c.getenv("GITHUB_OUTPUT"), func(b *bytes.Buffer) error {
			fmt.Fprintf(b, "verdict=%s\nexit-code=%d\nruns=%s\njunit=%s\n", overall(m), m.ExitCode, m.Kept, junit)
			return nil
		}),
	)
}

// overall is the worst outcome of all runs in one word.
func overall(m *report.Model) string {
	switch m.ExitCode {
	case exitUpheld:
		return string(checker.Upheld)
	case exitViolated:
		return string(checker.Violated)
	case exitInconclusive:
		return string(checker.Inconclusive)
	case exitInterrupted:
		return "interrupted"
	}
	return "environment"
}

// appendTo adds to a file that several steps write to; a server that names none
// wants nothing.
func appendTo(path string, write func(*bytes.Buffer) error) error {
	if path == "" {
		return nil
	}
	var text bytes.Buffer
	err := write(&text)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644) //nolint:gosec // the CI server names the file
	if err == nil {
		_, err = f.Write(text.Bytes())
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return coded{exitEnvironment, fmt.Errorf("%s, which the CI server names, could not be written: %w", filepath.Base(path), cause(err))}
	}
	return nil
}

// sourceOf is the place in the user's file that a run's row points at: the fault that
// what is violated fell into, or the beginning.
func sourceOf(scenario *scenarios.Scenario, v *checker.Verdict) report.Source {
	s := report.Source{File: filepath.ToSlash(scenario.File), Line: 1}
	if v == nil {
		return s
	}
	for _, sink := range v.Sinks {
		for _, f := range sink.Findings {
			for _, step := range f.Faults {
				if line := scenario.LineOf(step); sink.Breaks[f.Class] > 0 && line > 0 {
					s.Line = line
					return s
				}
			}
		}
	}
	return s
}
