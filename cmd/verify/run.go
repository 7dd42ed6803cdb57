package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"surety/checker"
	"surety/report"
	"surety/scenarios"
	"surety/scenarios/catalogue"
	"surety/scenarios/runner"
	"surety/topologies"
	"surety/topologies/names"
)

type runFlags struct {
	seed      string
	json      bool
	out       string
	images    []string
	places    string
	processor string
	provider  string
	records   int64
	rate      string
	keys      int
	parallel  int
	trials    trialFlags
	files     outputs
	gate      gate
	watching  watching
}

func newRun(c console) *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run [SCENARIO|SUITE|FILE ...]",
		Short: "Run scenarios and judge them (suite quick when none is named; it needs no Docker)",
		Example: `  verify run                      suite quick: embedded, seconds
  verify run kafka                three real brokers in containers
  verify run planted              broken processors that must be caught
  verify run mine.yaml --seed 7c1e04
  verify run crash --trials 20    how many of 20 trials are violated, with bounds`,
		RunE: func(cmd *cobra.Command, args []string) error { return runCommand(cmd.Context(), c, f, args) },
	}
	fl := cmd.Flags()
	fl.StringVar(&f.seed, "seed", "", "seed of everything random, 1 to 16 hexadecimal digits (a new one when empty)")
	fl.BoolVar(&f.json, "json", false, "print one JSON document on stdout, all else on stderr")
	fl.StringVar(&f.out, "out", filepath.Join("results", "runs"), "directory that keeps the runs")
	fl.StringArrayVar(&f.images, "image", nil, "use another image, as kafka=registry.example/kafka:4.2.0")
	imagesFileFlag(cmd, &f.places)
	fl.StringVar(&f.processor, "processor", "", "put this reference processor in the place of the first one")
	fl.StringVar(&f.provider, "provider", "", "embedded or docker, in the place of the scenario's")
	fl.Int64Var(&f.records, "records", 0, "records to offer, in the place of the scenario's")
	fl.StringVar(&f.rate, "rate", "", "rate to offer them at, as 2000/s or max")
	fl.IntVar(&f.keys, "keys", 0, "keys to spread them over")
	fl.IntVar(&f.parallel, "parallel", 0, "how many scenarios run at once, in the place of the suite's")
	f.trials.flags(cmd)
	f.files.flags(cmd)
	f.gate.flags(cmd)
	f.watching.flags(cmd)
	return cmd
}

// selection is what the arguments name, with seed and overrides applied.
type selection struct {
	suite    string
	parallel int
	jobs     []runner.Job
	sources  []*scenarios.Scenario // of the jobs, as they were read, over and over again
	own      []bool                // of the sources: read from the user's files
	seed     scenarios.Seed
}

func (f runFlags) choose(args []string, v scenarios.Vocabulary) (selection, error) {
	sel := selection{seed: scenarios.Seed(f.seed), parallel: 1}
	if sel.seed == "" {
		sel.seed = scenarios.NewSeed()
	}
	if err := sel.seed.Check(); err != nil {
		return sel, usage("--seed: %s", err)
	}
	if len(args) == 0 {
		args = []string{"quick"}
	}
	if err := f.check(v); err != nil {
		return sel, err
	}
	var list []*scenarios.Scenario
	var own []bool
	for _, a := range args {
		s, err := scenarios.Select(a, v)
		if err != nil {
			return sel, err
		}
		if s.Suite != nil {
			sel.parallel = max(sel.parallel, s.Suite.Parallel)
			if len(args) == 1 {
				sel.suite = s.Suite.Name
			}
		}
		list = append(list, s.Scenarios...)
		own = append(own, slices.Repeat([]bool{isFile(a)}, len(s.Scenarios))...)
	}
	if f.parallel > 0 {
		sel.parallel = f.parallel
	}
	for i, s := range list {
		s, err := f.override(s)
		if err != nil {
			return sel, err
		}
		if err := s.Complete(v); err != nil {
			return sel, err
		}
		if slices.ContainsFunc(list[:i], func(o *scenarios.Scenario) bool { return o.Name == s.Name }) {
			return sel, usage("the scenario %s is named twice", s.Name)
		}
		list[i] = s
	}
	var err error
	sel.sources, sel.own = list, own
	sel.jobs, err = f.trials.jobs(list, sel.seed)
	return sel, err
}

// check finds what is wrong in the flags, so that no file is blamed for it.
func (f runFlags) check(v scenarios.Vocabulary) error {
	var processors []string
	for _, p := range v.Processors {
		processors = append(processors, p.Name)
	}
	if f.processor != "" && !slices.Contains(processors, f.processor) {
		return usage("--processor: %s", names.Unknown("reference processor", f.processor, processors))
	}
	if f.provider != "" && !slices.Contains(v.Providers, f.provider) {
		return usage("--provider: %s", names.Unknown("provider", f.provider, v.Providers))
	}
	if err := f.trials.check(); err != nil {
		return err
	}
	for _, n := range []struct {
		flag string
		is   int64
	}{{"records", f.records}, {"keys", int64(f.keys)}, {"parallel", int64(f.parallel)}} {
		if n.is < 0 {
			return usage("--%s is %d; it wants a number of at least 1", n.flag, n.is)
		}
	}
	return nil
}

// override applies the flags that stand in the place of a scenario's fields.
func (f runFlags) override(s *scenarios.Scenario) (*scenarios.Scenario, error) {
	if f.processor != "" {
		s = s.Vary(f.processor, nil)
	}
	if f.provider != "" {
		s.Topology.Provider = f.provider
	}
	if f.records > 0 {
		s.Workload.Records = f.records
	}
	if f.keys > 0 {
		s.Workload.Keys = f.keys
	}
	if f.rate != "" {
		r, err := scenarios.ParseRate(f.rate)
		if err != nil {
			return nil, usage("--rate: %s", err)
		}
		s.Workload.Rate = r
	}
	return s, nil
}

// flags gives the overrides back as they were typed, for the rerun line.
func (f runFlags) flags() string {
	var b strings.Builder
	add := func(name, value string) { fmt.Fprintf(&b, " --%s %s", name, value) }
	if f.processor != "" {
		add("processor", f.processor)
	}
	if f.provider != "" {
		add("provider", f.provider)
	}
	if f.records > 0 {
		add("records", fmt.Sprint(f.records))
	}
	if f.keys > 0 {
		add("keys", fmt.Sprint(f.keys))
	}
	if f.rate != "" {
		add("rate", f.rate)
	}
	for _, i := range f.images {
		add("image", i)
	}
	if f.places != "" {
		add("images-file", f.places)
	}
	return b.String()
}

// parseImages reads NAME=REFERENCE; an image that no plan uses is a mistake.
func parseImages(list []string, jobs []runner.Job) (map[string]string, error) {
	var used []string
	for _, j := range jobs {
		if j.Plan.Topology.Provider == "docker" {
			used = append(used, j.Plan.Topology.Broker.Kind)
		}
		for _, ps := range j.Plan.Topology.Processors {
			if ps.Image != "" {
				used = append(used, ps.Name)
			}
			if recipe, _, is := strings.Cut(ps.Recipe, "="); is {
				used = append(used, recipe)
			}
		}
	}
	slices.Sort(used)
	used = slices.Compact(used)
	out := map[string]string{}
	for _, i := range list {
		name, ref, ok := strings.Cut(i, "=")
		if !ok || name == "" || ref == "" {
			return nil, usage("--image wants NAME=REFERENCE, as kafka=registry.example/kafka:4.2.0; this is %q", i)
		}
		if len(used) == 0 {
			return nil, usage("--image %s: no image is used by what is to run", i)
		}
		if !slices.Contains(used, name) {
			return nil, usage("--image: %s", names.Unknown("image", name, used))
		}
		out[name] = ref
	}
	return out, nil
}

// imagesOf gives the images that stand in the place of others: of the flags, and of
// the file of places.
func imagesOf(c console, flags []string, file string, jobs []runner.Job) (map[string]string, error) {
	images, err := parseImages(flags, jobs)
	if err != nil {
		return nil, err
	}
	places, err := placesOf(c, file)
	if err != nil {
		return nil, err
	}
	for name, ref := range places {
		if images[name] == "" {
			images[name] = ref
		}
	}
	return images, nil
}

func runCommand(ctx context.Context, c console, f runFlags, args []string) error {
	began := time.Now()
	c, watch := f.watching.consoles(c)
	v := catalogue.Vocabulary()
	sel, err := f.choose(args, v)
	if err != nil {
		return err
	}
	overrides, err := imagesOf(c, f.images, f.places, sel.jobs)
	if err != nil {
		return err
	}
	if err := errors.Join(f.files.check(), f.gate.check(c)); err != nil {
		return err
	}
	name := sel.suite
	if name == "" {
		name = sel.jobs[0].Plan.Scenario
	}
	dir, err := freshDir(f.out, name+"-"+string(sel.seed))
	if err != nil {
		return err
	}
	if err := keepTrials(dir, f.trials.said()); err != nil {
		return err
	}
	title := "scenario " + name
	if sel.suite != "" {
		title = "suite " + sel.suite
	}
	about := describe(sel.jobs)
	fmt.Fprintf(watch.stderr, "surety  %s · %s · seed %s\n\n", title, about, sel.seed)

	live, trying := newProgress(watch, len(sel.jobs)), newTrying(f.trials)
	ctx, cancel := f.gate.bound(ctx)
	defer cancel()
	results := runner.RunAll(ctx, sel.jobs, runner.Options{
		Dir: dir, Images: overrides, Vocabulary: v, Provider: catalogue.Provider, Parallel: sel.parallel,
		Log: live.writer(), Begin: trying.begin, Changed: live.changed, Versions: versions(),
		Done: func(s *runner.Status, r runner.Result) {
			trying.done(r)
			live.done(s, r)
		},
	})
	live.stop()

	what := args
	if len(what) == 0 && sel.suite != "quick" {
		what = []string{name}
	}
	m := &report.Model{
		Suite: sel.suite, About: about, Seed: string(sel.seed), Took: time.Since(began), Kept: dir, Trials: f.trials.said(),
		Again: strings.Join(append([]string{"verify run"}, what...), " ") + f.flags() + f.trials.text() + " --seed " + string(sel.seed),
	}
	var codes []int
	for i, r := range results {
		if r.LeftOut {
			continue
		}
		row, code := rowOf(r)
		if of := i % len(sel.sources); sel.own[of] {
			row.Source = sourceOf(sel.sources[of], r.Verdict)
		}
		if row.Verdict != nil || row.Environment != "" {
			named := []string{r.Plan.Scenario}
			// A scenario of a file is found through its file alone.
			if len(args) == 1 && sel.suite == "" || slices.ContainsFunc(args, isFile) {
				named = what
			}
			row.Again = fmt.Sprintf("verify run %s%s --seed %s", strings.Join(named, " "), f.flags(), r.Plan.Seed)
		}
		codes = append(codes, f.gate.judge(ctx, &row, code))
		if m.Trials == nil || !r.Interrupted || r.Dir != "" { // a trial that never began is none
			m.Runs = append(m.Runs, row)
		}
	}
	m.ExitCode = worst(codes)
	junit := ""
	if f.gate.ci {
		junit = f.files.fallback(report.JUnit{}, filepath.Join(dir, "junit.xml"))
	}
	if err := errors.Join(render(c, f.json, m), f.files.write(m), f.gate.tell(c, m, junit)); err != nil {
		return err
	}
	if m.ExitCode != exitUpheld {
		return verdictReached(m.ExitCode)
	}
	return nil
}

func isFile(arg string) bool { return filepath.Ext(arg) == ".yaml" || filepath.Ext(arg) == ".yml" }

func render(c console, asJSON bool, m *report.Model) error {
	var format report.Format = terminalFormat(c)
	if asJSON {
		format = report.JSON{}
	}
	if err := format.Write(c.stdout, m); err != nil {
		return fmt.Errorf("the report could not be written: %w", err)
	}
	return nil
}

// describe says what is under test in a few words.
func describe(jobs []runner.Job) string {
	var parts []string
	for _, j := range jobs {
		p := j.Plan
		s := fmt.Sprintf("%s: %s, %d brokers", p.Topology.Provider, p.Topology.Broker.Kind, p.Topology.Broker.Nodes)
		if !slices.Contains(parts, s) {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, "; ")
}

// freshDir finds a directory name that is not taken: the same seed may run again.
func freshDir(base, name string) (string, error) {
	for i := 1; i <= 10000; i++ {
		dir := filepath.Join(base, name)
		if i > 1 {
			dir = fmt.Sprintf("%s-%d", dir, i)
		}
		if err := os.MkdirAll(base, 0o755); err != nil {
			return "", coded{exitEnvironment, fmt.Errorf("the runs cannot be kept in %s: %w; name another directory with --out", base, cause(err))}
		}
		err := os.Mkdir(dir, 0o755)
		if err == nil {
			return dir, nil
		}
		if !errors.Is(err, os.ErrExist) {
			return "", coded{exitEnvironment, fmt.Errorf("the runs cannot be kept in %s: %w; name another directory with --out", base, cause(err))}
		}
	}
	return "", coded{exitEnvironment, fmt.Errorf("%s holds 10,000 runs of this name and seed; remove some", base)}
}

// cause takes the path, which the sentence names already, from a file error.
func cause(err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// rowOf gives the report's row and the exit code of one result.
func rowOf(r runner.Result) (report.Run, int) {
	p := r.Plan
	row := report.Run{
		Scenario: p.Scenario, Trial: r.Trial, Guarantee: p.Judge.Sinks[0].Guarantee, Processor: under(p), Verdict: r.Verdict,
		Expect: p.Expect.String(), Took: r.Took, Dir: r.Dir, Interrupted: r.Interrupted,
	}
	if c := r.Cluster; c.Ready > 0 {
		row.Cluster = &report.Cluster{Reused: c.Reused, Ready: c.Ready, TearDown: c.TearDown, Tainted: c.Tainted}
	}
	for _, ps := range p.Topology.Processors {
		if use := ps.Engine; use != nil && row.Engine == nil {
			row.Engine = &report.Engine{Kind: use.Kind, Version: use.Version, Job: use.Job, Guarantee: use.Guarantee}
			loadRecords(&row)
		}
	}
	for _, st := range p.Steps {
		row.Faults = append(row.Faults, st.Label)
	}
	for _, m := range r.Unsupported {
		row.Unsupported = append(row.Unsupported, string(m))
	}
	if len(r.Unsupported) > 0 {
		row.Try = elsewhere(p)
	}
	if r.Err != nil {
		row.Environment = r.Err.Error()
		var env *topologies.EnvironmentError
		if errors.As(r.Err, &env) && env.Try != "" {
			row.Environment, row.Try = strings.Replace(row.Environment, env.Error(), env.What, 1), env.Try
		}
	}
	switch {
	case r.Interrupted:
		return row, exitInterrupted
	case len(r.Unsupported) > 0, r.Err != nil, r.Verdict == nil:
		row.Verdict = nil
		return row, exitEnvironment
	}
	row.Met = p.Expect.Met(r.Verdict, len(p.Steps) > 0)
	if p.Orders != nil {
		row.Emission = &report.Emission{
			Pattern: under(p), Point: strings.TrimPrefix(strings.TrimSuffix(p.Scenario, "-"+under(p)), "emission-"),
			Clients: p.Load.Writers * p.Orders.Lanes, Closed: p.Load.Rate == 0, Policy: p.Orders.String(),
		}
		loadRecords(&row)
	}
	if limits := report.Thresholds(p.Thresholds); limits.Any() && r.Verdict.Answer != checker.Inconclusive {
		if limits.WantRecords() {
			loadRecords(&row)
		}
		row.Missed = limits.Missed(row)
		row.Met = row.Met && len(row.Missed) == 0
	}
	if r.Verdict.Answer == checker.Violated && !row.Met {
		loadRecords(&row) // for what its processors said last
	}
	return row, exitOf(r.Verdict.Answer, row.Met)
}

func under(p *scenarios.Plan) string {
	if len(p.Topology.Processors) == 0 {
		return "the broker itself"
	}
	ps := p.Topology.Processors[0]
	switch {
	case ps.Reference != "":
		return ps.Reference
	case ps.Engine != nil:
		return ps.Engine.String()
	case ps.Image != "":
		return ps.Image
	}
	return strings.Join(ps.Command, " ")
}
