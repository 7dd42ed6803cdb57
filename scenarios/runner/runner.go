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
	Changed    func(*Status)         // a phase or a fault changed; nil = nobody watches
	Done       func(*Status, Result) // a verdict is there; nil = nobody watches

	afterwards bool // judge when the run is over: what judging along costs is measured against it
}

// Result is one plan's end. Err is breakage of the harness or of what is under
// it; findings about the system under test are in the verdict alone.
type Result struct {
	Plan        *scenarios.Plan
	Dir         string
	Verdict     *checker.Verdict
	Err         error
	Unsupported []topologies.Capability
	Interrupted bool
	Cluster     ClusterUse
	Took        time.Duration // from start to verdict
}

// RunAll runs plans, so many at once as Options.Parallel says, and returns the
// results in their order. Plans with the same brokers have them one after another,
// where the provider can do that.
func RunAll(ctx context.Context, plans []*scenarios.Plan, opt Options) []Result {
	results := make([]Result, len(plans))
	slots := make(chan struct{}, max(1, opt.Parallel))
	shared := newClusters(opt, plans)
	var wg sync.WaitGroup
	for i, p := range plans {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
		}
		if ctx.Err() != nil { // nothing begins after an interruption
			results[i] = Result{Plan: p, Interrupted: true}
			continue
		}
		shared.begins(p.Topology)
		wg.Go(func() {
			defer func() { <-slots }()
			results[i] = runOn(ctx, p, opt, shared)
		})
	}
	wg.Wait()
	if err := shared.close(ctx); err != nil {
		last := &results[len(results)-1]
		last.Err = errors.Join(last.Err, fmt.Errorf("the clean-up of the suite's clusters did not end well: %w", err))
	}
	return results
}

// Run takes one plan to its result, on brokers of its own.
func Run(ctx context.Context, p *scenarios.Plan, opt Options) Result {
	return runOn(ctx, p, opt, newClusters(opt, nil))
}

func runOn(ctx context.Context, p *scenarios.Plan, opt Options, shared *clusters) Result {
	e := &execution{
		plan: p, opt: opt, began: time.Now(), clock: history.NewClock(), clusters: shared,
		status: &Status{Scenario: p.Scenario, Progress: &workload.Progress{}, Records: p.Load.Records, changed: opt.Changed},
	}
	r := e.run(ctx)
	if opt.Done != nil {
		opt.Done(e.status, r)
	}
	return r
}

// run guards the outermost order: stored plan, history, system, verdict.
func (e *execution) run(ctx context.Context) Result {
	r := Result{Plan: e.plan}
	fail := func(err error) Result {
		r.Err, r.Took = err, time.Since(e.began)
		return r
	}
	provider, err := e.opt.Provider(e.plan.Topology.Provider)
	if err != nil {
		return fail(err)
	}
	need, err := e.plan.Needs(e.opt.Vocabulary)
	if err != nil {
		return fail(err)
	}
	if r.Unsupported = provider.Capabilities().Missing(need); len(r.Unsupported) > 0 {
		r.Took = time.Since(e.began)
		return r
	}
	r.Dir = filepath.Join(e.opt.Dir, e.plan.Scenario)
	if e.dir, err = history.MakeDir(r.Dir); err != nil {
		return fail(err)
	}
	plan, err := e.plan.Bytes()
	if err == nil {
		err = os.WriteFile(e.dir.Plan(), plan, 0o644)
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
