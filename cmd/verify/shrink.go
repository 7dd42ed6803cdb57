package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"surety/checker"
	"surety/checker/history"
	"surety/report"
	"surety/scenarios"
	"surety/scenarios/catalogue"
	"surety/scenarios/runner"
	"surety/scenarios/shrink"
)

type shrinkFlags struct {
	budget   time.Duration
	runs     int
	least    int
	confirm  int
	parallel int
	json     bool
	out      string
	file     string
	images   []string
	places   string
	watching watching
}

// confirmedShare is how many of the confirming runs must be violated.
const confirmedShare = 0.8

func newShrink(c console) *cobra.Command {
	var f shrinkFlags
	cmd := &cobra.Command{
		Use:   "shrink RUN",
		Short: "Reduce a violating run to the fewest faults and the least load that still violate, as a scenario file",
		Long: `Reduce the plan of a stored run that was violated: fewer faults first, then shorter
ones, fewer instances of processors, fewer keys, less load (delta debugging). A
smaller plan counts as violating if at least --least of --runs quick runs show one of
the classes of the first run. The smallest is run --confirm times more, with seeds
that it was not chosen by, and must be violated in 8 of 10 of them.`,
		Example: `  verify shrink results/runs/random-kills-7c1e04/random-kills --budget 10m`,
		Args:    exactly(1, "the directory of one run"),
		RunE:    func(cmd *cobra.Command, args []string) error { return shrinkCommand(cmd.Context(), c, f, args[0]) },
	}
	fl := cmd.Flags()
	fl.DurationVar(&f.budget, "budget", 15*time.Minute, "reduce for so long at most; what was reached by then is confirmed")
	fl.IntVar(&f.runs, "runs", 5, "quick runs of each candidate, at most")
	fl.IntVar(&f.least, "least", 4, "of them must be violated")
	fl.IntVar(&f.confirm, "confirm", 10, "runs of the smallest at the end")
	fl.IntVar(&f.parallel, "parallel", 0, "how many runs go on at once (4 on emulated brokers, else 1)")
	fl.BoolVar(&f.json, "json", false, "print one JSON document on stdout, all else on stderr")
	fl.StringVar(&f.out, "out", filepath.Join("results", "runs"), "directory that keeps the runs")
	fl.StringVarP(&f.file, "output", "o", "", "write the smallest scenario to this file (beside the runs unless said)")
	fl.StringArrayVar(&f.images, "image", nil, "use another image, as kafka=registry.example/kafka:4.2.0")
	imagesFileFlag(cmd, &f.places)
	f.watching.flags(cmd)
	return cmd
}

func (f shrinkFlags) check() error {
	switch {
	case f.budget <= 0:
		return usage("--budget is a time above 0s, as 10m; this is %s", f.budget)
	case f.runs < 1 || f.runs > 100:
		return usage("--runs lies between 1 and 100; this is %d", f.runs)
	case f.least < 1 || f.least > f.runs:
		return usage("--least lies between 1 and --runs, %d; this is %d", f.runs, f.least)
	case f.confirm < 1 || f.confirm > 100:
		return usage("--confirm lies between 1 and 100; this is %d", f.confirm)
	case f.parallel < 0:
		return usage("--parallel is %d; it wants a number of at least 1", f.parallel)
	}
	return nil
}

// shrinking is one reduction on its way.
type shrinking struct {
	shrinkFlags
	ctx     context.Context //nolint:containedctx // the reducer asks through a function that has none
	opt     runner.Options
	live    *progress
	dir     string
	seed    scenarios.Seed
	classes []checker.Class
	began   time.Time

	candidates, ran int
	took            time.Duration         // of one run of the smallest so far, at most
	smallest        []*scenarios.Scenario // every one that violated, in turn
}

// Why reducing ends before it is done.
var (
	errBudget      = errors.New("the time of --budget is over")
	errInterrupted = errors.New("it was interrupted")
)

// confirming numbers the trials of the confirming runs: the candidates were chosen by
// others.
const confirming = 1000

func shrinkCommand(ctx context.Context, c console, f shrinkFlags, of string) error {
	if err := f.check(); err != nil {
		return err
	}
	c, watch := f.watching.consoles(c)
	first, classes, err := toShrink(of)
	if err != nil {
		return err
	}
	p, v := first.Plan, catalogue.Vocabulary()
	whole, err := scenarios.Parse(history.Dir(of).Scenario(), p.Source, v)
	if err == nil {
		err = whole.Complete(v)
	}
	if err == nil {
		whole, err = whole.Concrete(p, v)
	}
	if err != nil {
		return coded{exitUsage, fmt.Errorf("the scenario of %s cannot be reduced: %w", of, err)}
	}
	whole.Floors.RecordsInFault = 0 // a short window may see few records
	images, err := imagesOf(c, f.images, f.places, []runner.Job{{Plan: p}})
	if err != nil {
		return err
	}
	dir, err := freshDir(f.out, "shrink-"+p.Scenario+"-"+string(p.Seed))
	if err != nil {
		return err
	}
	if f.file == "" {
		f.file = filepath.Join(dir, p.Scenario+".yaml")
	}
	if f.parallel == 0 {
		f.parallel = 1
		if p.Topology.Provider == "embedded" {
			f.parallel = 4
		}
	}
	live := newProgress(watch, 0)
	s := &shrinking{
		shrinkFlags: f, ctx: ctx, live: live, dir: dir, seed: p.Seed, classes: classes, began: time.Now(),
		opt: runner.Options{
			Images: images, Vocabulary: v, Provider: catalogue.Provider, Parallel: f.parallel,
			Log: live.writer(), Changed: live.changed, Versions: versions(),
		},
	}
	fmt.Fprintf(watch.stderr, "surety  shrink %s · %s · at most %s\n\n", of, describe([]runner.Job{{Plan: p}}), f.budget)
	out, err := s.reduce(whole, of)
	live.stop()
	if err != nil {
		return err
	}
	write := out.Text
	if f.json {
		write = out.JSON
	}
	if err := write(c.stdout); err != nil {
		return fmt.Errorf("the report could not be written: %w", err)
	}
	if out.ExitCode != exitUpheld {
		return verdictReached(out.ExitCode)
	}
	return nil
}

// toShrink judges the run once more: it must be violated, and from a version that
// keeps the scenario.
func toShrink(of string) (runner.Result, []checker.Class, error) {
	p, err := storedPlan(of)
	if err != nil {
		return runner.Result{}, nil, err
	}
	r, err := runner.Rejudge(of)
	if err != nil {
		return r, nil, usage("%s is not a run that can be judged: %s", of, cause(err))
	}
	if len(p.Source) == 0 {
		return r, nil, usage("%s has no scenario.yaml: an earlier version stored it; run it again with verify replay %s", of, of)
	}
	classes := brokenClasses(r.Verdict)
	if p.Expect.Met(r.Verdict, len(p.Steps) > 0) && p.Expect.Answer == checker.Violated {
		classes = []checker.Class{p.Expect.Class}
	}
	if len(classes) == 0 {
		return r, nil, usage("%s is %s; only a run that is violated can be reduced", of, r.Verdict.Answer)
	}
	return r, classes, nil
}

// brokenClasses lists what breaks the guarantee of any sink or log.
func brokenClasses(v *checker.Verdict) (out []checker.Class) {
	add := func(breaks map[checker.Class]int64) {
		for _, c := range slices.Concat(checker.Judged, checker.LogClasses) {
			if breaks[c] > 0 && !slices.Contains(out, c) {
				out = append(out, c)
			}
		}
	}
	for _, k := range v.Sinks {
		add(k.Breaks)
	}
	for _, l := range v.Logs {
		add(l.Breaks)
	}
	return out
}

func (s *shrinking) reduce(whole *scenarios.Scenario, of string) (*report.Shrunk, error) {
	out := &report.Shrunk{Of: of, Classes: s.classes, Was: sizeOf(whole), Kept: s.dir, Least: int64(confirmedShare*float64(s.confirm) + 0.999)}
	violates, err := s.violates(whole)
	if err == nil && violates {
		s.smallest = append(s.smallest, whole)
		err = shrink.Smallest(whole, s.complete, s.violates, func(c *scenarios.Scenario) {
			s.smallest = append(s.smallest, c)
			s.live.say("smaller: %d faults, %d records over %d keys", len(c.Faults), c.Workload.Records, c.Workload.Keys)
		})
	}
	ended := func() { out.Candidates, out.Runs, out.TookS = s.candidates, s.ran, time.Since(s.began).Seconds() }
	var broke error
	switch {
	case errors.Is(err, errBudget), errors.Is(err, errInterrupted):
		out.Ended = err.Error()
	case err != nil && len(s.smallest) == 0:
		return nil, err
	case err != nil: // what was reached stands
		broke, out.Ended = err, firstLine(err)
	case !violates:
		out.Is, out.Ended, out.ExitCode = out.Was, fmt.Sprintf("the plan itself was not violated in %d of %d runs", s.least, s.runs), exitInconclusive
		ended()
		return out, nil
	}
	if len(s.smallest) == 0 { // the time was over before the plan itself was tried
		out.Is, out.ExitCode = out.Was, exitInconclusive
		if errors.Is(err, errInterrupted) {
			out.ExitCode = exitInterrupted
		}
		ended()
		return out, nil
	}
	is, rate, err := s.confirmed(out.Least, broke != nil || errors.Is(err, errInterrupted))
	if err != nil {
		broke, out.Ended = err, firstLine(err)
	}
	ended()
	out.Is, out.Violated, out.File = sizeOf(is), rate, s.file
	out.Again = fmt.Sprintf("verify run %s --trials %d", s.file, s.confirm)
	switch {
	case s.ctx.Err() != nil:
		out.ExitCode = exitInterrupted
	case broke != nil:
		out.ExitCode = exitEnvironment
	case !out.Confirmed():
		out.ExitCode = exitInconclusive
	}
	return out, s.keep(is)
}

// confirmed runs the smallest with seeds of its own, and where it is not violated
// often enough the one before it, and so on. Where that makes no sense any more it
// confirms nothing.
func (s *shrinking) confirmed(least int64, over bool) (*scenarios.Scenario, report.Rate, error) {
	smallest := s.smallest[len(s.smallest)-1]
	first := report.RateOf(0, 0)
	for i := len(s.smallest) - 1; i >= 0 && !over && s.ctx.Err() == nil; i-- {
		of := s.smallest[i]
		hits, runs, err := s.vote(of, fmt.Sprintf("confirm-%d", len(s.smallest)-i), confirming, s.confirm, s.confirm)
		if errors.Is(err, errInterrupted) {
			break
		}
		if err != nil {
			return smallest, first, err
		}
		rate := report.RateOf(int64(hits), int64(runs))
		if int64(hits) >= least {
			return of, rate, nil
		}
		if i == len(s.smallest)-1 {
			first = rate
		}
		if time.Since(s.began) > s.budget {
			break
		}
	}
	return smallest, first, nil
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// keep writes the smallest as a file that runs by itself.
func (s *shrinking) keep(smallest *scenarios.Scenario) error {
	text, err := smallest.YAML()
	if err == nil {
		err = os.WriteFile(s.file, text, 0o644) //nolint:gosec // it belongs beside the sources
	}
	if err != nil {
		return coded{exitEnvironment, fmt.Errorf("the smallest scenario could not be written to %s: %w", s.file, cause(err))}
	}
	return nil
}

// complete reads a candidate from the file that it would be written to: what is tried
// is what is kept.
func (s *shrinking) complete(c *scenarios.Scenario) error {
	back, err := s.written(c)
	if err == nil {
		_, err = scenarios.Resolve(back, s.seed)
	}
	return err
}

func (s *shrinking) written(c *scenarios.Scenario) (*scenarios.Scenario, error) {
	text, err := c.YAML()
	if err != nil {
		return nil, err
	}
	back, err := scenarios.Parse(s.file, text, s.opt.Vocabulary)
	if err == nil {
		err = back.Complete(s.opt.Vocabulary)
	}
	return back, err
}

// violates is the question of the reducer.
func (s *shrinking) violates(c *scenarios.Scenario) (bool, error) {
	// What is left of the time must do for the confirmation.
	if left := s.budget - time.Since(s.began); left < time.Duration(s.confirm/s.parallel)*s.took {
		return false, errBudget
	}
	s.candidates++
	began := time.Now()
	hits, runs, err := s.vote(c, fmt.Sprintf("candidate-%d", s.candidates), 1, s.runs, s.least)
	if err != nil {
		return false, err
	}
	if hits >= s.least {
		s.took = time.Since(began) * time.Duration(s.parallel) / time.Duration(max(runs, 1))
	}
	return hits >= s.least, nil
}

// rounds is how often a run that broke is run again before reducing ends: one that
// the environment ended says nothing of the scenario.
const rounds = 3

// vote runs a scenario up to so many times, until it is clear whether so many of them
// violate, and counts both. Trials are numbered from first.
func (s *shrinking) vote(c *scenarios.Scenario, name string, first, runs, least int) (hits, done int, err error) {
	back, err := s.written(c)
	if err != nil {
		return 0, 0, err
	}
	var jobs []runner.Job
	for n := range runs {
		p, err := scenarios.Resolve(back, s.seed.Trial(first+n))
		if err != nil {
			return 0, 0, err
		}
		jobs = append(jobs, runner.Job{Plan: p, Trial: n + 1})
	}
	var mu sync.Mutex
	opt := s.opt
	opt.Begin = func(runner.Job) bool {
		mu.Lock()
		defer mu.Unlock()
		return least == runs || hits < least && done-hits <= runs-least
	}
	opt.Done = func(st *runner.Status, r runner.Result) {
		mu.Lock()
		defer mu.Unlock()
		if r.Verdict != nil {
			done++
			if slices.ContainsFunc(brokenClasses(r.Verdict), func(c checker.Class) bool { return slices.Contains(s.classes, c) }) {
				hits++
			}
		}
		s.live.done(st, r)
	}
	for round := range rounds {
		opt.Dir = filepath.Join(s.dir, name)
		if round > 0 {
			opt.Dir += fmt.Sprintf("-again-%d", round)
		}
		var broken []runner.Job
		for _, r := range runner.RunAll(s.ctx, jobs, opt) {
			if len(r.Unsupported) > 0 {
				return 0, 0, coded{exitEnvironment, fmt.Errorf("the %s provider cannot %v", r.Plan.Topology.Provider, r.Unsupported)}
			}
			if r.Err != nil && r.Verdict == nil {
				broken, err = append(broken, r.Job), fmt.Errorf("%s did not come to a verdict: %w", r.Dir, r.Err)
			}
		}
		if s.ctx.Err() != nil {
			return 0, 0, errInterrupted
		}
		if jobs = broken; len(jobs) == 0 || !opt.Begin(jobs[0]) {
			s.ran += done
			return hits, done, nil
		}
	}
	return 0, 0, err
}

// sizeOf measures a scenario whose faults are settled.
func sizeOf(s *scenarios.Scenario) report.ShrunkSize {
	out := report.ShrunkSize{Faults: []string{}, Keys: s.Workload.Keys, Records: s.Workload.Records}
	if s.Workload.Rate > 0 {
		out.LoadS = float64(s.Workload.Records) / float64(s.Workload.Rate)
	}
	for _, f := range s.Faults {
		when := "at " + f.At.String()
		if !f.On.IsZero() {
			when = "after an event"
		}
		out.Faults = append(out.Faults, fmt.Sprintf("%s %s for %s", f.Fault.Label(), when, f.For))
		out.BrokenS += f.For.To.Seconds()
	}
	for _, p := range s.Topology.Processors {
		out.Instances += p.Instances
	}
	return out
}
