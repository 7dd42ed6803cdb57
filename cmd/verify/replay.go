package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"surety/report"
	"surety/scenarios"
	"surety/scenarios/catalogue"
	"surety/scenarios/runner"
)

type replayFlags struct {
	trials int
	json   bool
	out    string
	images []string
	places string
	files  outputs

	watching watching
}

func newReplay(c console) *cobra.Command {
	var f replayFlags
	cmd := &cobra.Command{
		Use:   "replay RUN",
		Short: "Run a stored plan again, and hold what its faults met against the first run",
		Long: `Run the plan of a stored run again: the same seed, the same load, the same faults
at the same times. Roles (leader, coordinator, ...) are resolved anew and times are
kept as well as the machine can: the report says what each fault met then and now.`,
		Example: `  verify replay results/runs/crash-7c1e04/crash
  verify replay results/runs/crash-7c1e04/crash --trials 10`,
		Args: exactly(1, "the directory of one run"),
		RunE: func(cmd *cobra.Command, args []string) error { return replayCommand(cmd.Context(), c, f, args[0]) },
	}
	fl := cmd.Flags()
	fl.IntVar(&f.trials, "trials", 1, "run it so often, and report how many were violated")
	fl.BoolVar(&f.json, "json", false, "print one JSON document on stdout, all else on stderr")
	fl.StringVar(&f.out, "out", filepath.Join("results", "runs"), "directory that keeps the runs")
	fl.StringArrayVar(&f.images, "image", nil, "use another image, as kafka=registry.example/kafka:4.2.0")
	imagesFileFlag(cmd, &f.places)
	f.files.flags(cmd)
	f.watching.flags(cmd)
	return cmd
}

func replayCommand(ctx context.Context, c console, f replayFlags, of string) error {
	began := time.Now()
	c, watch := f.watching.consoles(c)
	if f.trials < 1 || f.trials > mostTrials {
		return usage("--trials lies between 1 and %d; this is %d", mostTrials, f.trials)
	}
	p, err := storedPlan(of)
	if err != nil {
		return err
	}
	jobs := make([]runner.Job, f.trials)
	for i := range jobs {
		jobs[i] = runner.Job{Plan: p, Trial: i + 1}
	}
	images, err := imagesOf(c, f.images, f.places, jobs)
	if err != nil {
		return err
	}
	if err := f.files.check(); err != nil {
		return err
	}
	dir, err := freshDir(f.out, "replay-"+p.Scenario+"-"+string(p.Seed))
	if err != nil {
		return err
	}
	m := &report.Model{
		About: describe(jobs), Seed: string(p.Seed), Kept: dir, Again: fmt.Sprintf("verify replay %s --trials %d", of, f.trials),
		Trials: &report.Trials{Asked: f.trials}, Replay: &report.Replay{Of: of, Outcome: outcomeOf(of)},
	}
	if err := keepTrials(dir, m.Trials); err != nil {
		return err
	}
	fmt.Fprintf(watch.stderr, "surety  replay of %s · %s · seed %s\n\n", of, m.About, p.Seed)

	live := newProgress(watch, len(jobs))
	opt := runner.Options{
		Dir: dir, Images: images, Vocabulary: catalogue.Vocabulary(), Provider: catalogue.Provider,
		Log: live.writer(), Changed: live.changed, Done: live.done, Versions: versions(),
	}
	var codes []int
	for _, j := range jobs {
		if ctx.Err() != nil {
			codes = append(codes, exitInterrupted)
			break
		}
		// Each has brokers of its own: the plan has one name for its topics and group.
		row, code := rowOf(runner.Run(ctx, j, opt))
		if row.Verdict != nil || row.Environment != "" {
			row.Again = "verify replay " + of
		}
		m.Runs, codes = append(m.Runs, row), append(codes, code)
	}
	live.stop()
	m.Replay.Steps = replayed(p, of, m.Runs)
	m.Took, m.ExitCode = time.Since(began), worst(codes)
	if err := errors.Join(render(c, f.json, m), f.files.write(m)); err != nil {
		return err
	}
	if m.ExitCode != exitUpheld {
		return verdictReached(m.ExitCode)
	}
	return nil
}

// storedPlan reads the plan of one run.
func storedPlan(dir string) (*scenarios.Plan, error) {
	p, err := runner.StoredPlan(dir)
	if err == nil {
		return p, nil
	}
	if runs, in := runsIn(dir); in == nil && len(runs) > 1 {
		return nil, usage("%s holds %d runs; name one of them, as %s", dir, len(runs), runs[0])
	}
	return nil, usage("%s is not a run that can be run again: %s", dir, cause(err))
}

// outcomeOf judges a stored run again. One that cannot be judged, as it was cut off,
// can be replayed all the same.
func outcomeOf(dir string) string {
	r, err := runner.Rejudge(dir)
	if err != nil {
		return "unjudged"
	}
	row, _ := rowOf(r)
	return row.Outcome()
}

// replayed holds what the faults met in the first run against the others.
func replayed(p *scenarios.Plan, of string, runs []report.Run) []report.ReplayStep {
	steps := make([]report.ReplayStep, len(p.Steps))
	hits := func(dir string) []report.Hit {
		h, err := report.Hits(dir, len(steps))
		if err != nil { // it has no history: nothing was hit
			return make([]report.Hit, len(steps))
		}
		return h
	}
	then := hits(of)
	for i, st := range p.Steps {
		steps[i] = report.ReplayStep{Label: st.Label, Planned: st.When(), Then: then[i]}
	}
	for _, r := range runs {
		for i, h := range hits(r.Dir) {
			steps[i].Now = append(steps[i].Now, h)
		}
	}
	return steps
}
