// Package runner takes a plan to a verdict: it stores the plan, brings the
// topology up, drives, breaks, drains and reads, always cleans up, and judges the
// stored history.
package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"surety/checker"
	"surety/checker/history"
	"surety/scenarios"
	"surety/topologies"
	"surety/workload"
)

// Options are what runs need besides their plans.
type Options struct {
	Dir        string // each run gets a directory below
	Images     map[string]string
	Vocabulary scenarios.Vocabulary
	Provider   func(name string) (topologies.Provider, error)
	Parallel   int
	Versions   map[string]string // of the harness and its clients, for the header
	Log        io.Writer
	Begin      func(Job) bool        // asked before each job; false leaves it out; nil = all begin
	Changed    func(*Status)         // a phase or a fault changed; nil = nobody watches
	Done       func(*Status, Result) // a verdict is there; nil = nobody watches

	afterwards bool // judge when the run is over: what judging along costs is measured against it
}

// Job is one run of a plan.
type Job struct {
	Plan *scenarios.Plan
	// Trial numbers the jobs of one scenario from 1; 0 where it runs once.
	Trial int
}

// place is the job's directory below that of all.
func (j Job) place() string {
	if j.Trial == 0 {
		return j.Plan.Scenario
	}
	return filepath.Join(fmt.Sprintf("trial-%d", j.Trial), j.Plan.Scenario)
}

// Once gives each plan one job.
func Once(plans ...*scenarios.Plan) []Job {
	jobs := make([]Job, len(plans))
	for i, p := range plans {
		jobs[i].Plan = p
	}
	return jobs
}

// Result is one job's end. Err is breakage of the harness or of what is under
// it; findings about the system under test are in the verdict alone.
type Result struct {
	Job
	Dir         string
	Verdict     *checker.Verdict
	Err         error
	Unsupported []topologies.Capability
	Interrupted bool
	LeftOut     bool // by Options.Begin
	Cluster     ClusterUse
	Took        time.Duration // from start to verdict
}

// RunAll runs jobs, so many at once as Options.Parallel says, and returns the
// results in their order. Plans with the same brokers have them one after another,
// where the provider can do that.
func RunAll(ctx context.Context, jobs []Job, opt Options) []Result {
	results := make([]Result, len(jobs))
	slots := make(chan struct{}, max(1, opt.Parallel))
	shared := newClusters(opt, jobs)
	var wg sync.WaitGroup
	for i, j := range jobs {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
		}
		if ctx.Err() != nil { // nothing begins after an interruption
			results[i] = Result{Job: j, Interrupted: true}
			continue
		}
		shared.begins(j.Plan.Topology)
		if opt.Begin != nil && !opt.Begin(j) {
			results[i] = Result{Job: j, LeftOut: true}
			<-slots
			continue
		}
		wg.Go(func() {
			defer func() { <-slots }()
			results[i] = runOn(ctx, j, opt, shared)
		})
	}
	wg.Wait()
	if err := shared.close(ctx); err != nil {
		last := &results[len(results)-1]
		last.Err = errors.Join(last.Err, fmt.Errorf("the clean-up of the suite's clusters did not end well: %w", err))
	}
	return results
}

// Run takes one job to its result, on brokers of its own.
func Run(ctx context.Context, j Job, opt Options) Result {
	return runOn(ctx, j, opt, newClusters(opt, nil))
}

func runOn(ctx context.Context, j Job, opt Options, shared *clusters) Result {
	e := &execution{
		job: j, plan: j.Plan, opt: opt, began: time.Now(), clock: history.NewClock(), clusters: shared, loading: loadStart{reached: make(chan struct{})},
		status: &Status{
			Scenario: j.Plan.Scenario, Trial: j.Trial, Progress: &workload.Progress{}, Records: j.Plan.Load.Records, changed: opt.Changed,
		},
	}
	r := e.run(ctx)
	if opt.Done != nil {
		opt.Done(e.status, r)
	}
	return r
}

// run guards the outermost order: stored plan, history, system, verdict.
func (e *execution) run(ctx context.Context) Result {
	r := Result{Job: e.job}
	fail := func(err error) Result {
		r.Err, r.Took = err, time.Since(e.began)
		return r
	}
	provider, err := e.opt.Provider(e.plan.Topology.Provider)
	if err != nil {
		return fail(err)
	}
	written, err := e.plan.Load.Written(e.plan.Run)
	if err != nil {
		return fail(err)
	}
	e.template = written.Template
	need, err := e.plan.Needs(e.opt.Vocabulary)
	if err != nil {
		return fail(err)
	}
	if r.Unsupported = provider.Capabilities().Missing(need); len(r.Unsupported) > 0 {
		r.Took = time.Since(e.began)
		return r
	}
	r.Dir = filepath.Join(e.opt.Dir, e.job.place())
	if e.dir, err = history.MakeDir(r.Dir); err != nil {
		return fail(err)
	}
	plan, err := e.plan.Bytes()
	if err == nil {
		err = os.WriteFile(e.dir.Plan(), plan, 0o644)
	}
	if err == nil && e.plan.Source != nil {
		err = os.WriteFile(e.dir.Scenario(), e.plan.Source, 0o644)
	}
	if err != nil {
		return fail(fmt.Errorf("the plan cannot be stored: %w", err))
	}
	e.w, err = history.Create(e.dir, history.Header{
		Format: history.Format, Run: e.plan.Run, Scenario: e.plan.Scenario, Seed: string(e.plan.Seed),
		Began: e.clock.Began(), Versions: e.opt.Versions, Plan: plan,
	})
	if err != nil {
		return fail(err)
	}

	var along *along
	if e.plan.Load.Rate > 0 && !e.opt.afterwards { // at full speed the judge would take from what is measured
		along = judgeAlong(e.w, e.dir, e.plan)
		defer along.drop()
	}
	broke := e.drive(ctx, provider)
	r.Interrupted = ctx.Err() != nil
	unclean := e.tearDown(ctx, broke)
	if e.tainted != nil {
		e.cluster.Tainted = firstLine(e.tainted)
	}
	r.Cluster = e.cluster
	e.w.Append(history.KindEnd, history.End{Interrupted: r.Interrupted || broke != nil, At: e.clock.Now()})
	if err := e.w.Close(); err != nil {
		broke = errors.Join(broke, fmt.Errorf("the history could not be kept: %w", err))
	}
	// The history is on disk: what comes now can be done again from it.
	if broke == nil && !r.Interrupted {
		e.status.enter("judge")
		if along == nil {
			along = judgeAlong(e.w, e.dir, e.plan)
		}
		r.Verdict, broke = e.judge(along)
	}
	r.Err, r.Took = broke, time.Since(e.began)
	if r.Interrupted {
		r.Err = nil
	}
	r.Err = errors.Join(r.Err, unclean)
	return r
}
