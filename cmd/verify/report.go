package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"surety/checker/history"
	"surety/report"
	"surety/scenarios"
	"surety/scenarios/catalogue"
	"surety/scenarios/runner"
	"surety/topologies/names"
)

func newReport(c console) *cobra.Command {
	var (
		format, path string
		files        outputs
	)
	cmd := &cobra.Command{
		Use:   "report RUN...",
		Short: "Write stored runs as a page, a summary or a table: " + strings.Join(report.FormatNames(), ", "),
		Long: `Judge stored runs again, with nothing running, and write one report of all of them.
RUN is the directory of one run, or one that holds runs.`,
		Example: `  verify report results/runs/quick-7c1e04
  verify report results/runs/quick-7c1e04 --format html -o quick.html
  verify report results/runs/quick-7c1e04 --junit junit.xml --markdown summary.md`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("%s wants the directory of a run, or of all runs of a suite", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			f, err := formatNamed(format)
			if err != nil {
				return err
			}
			if path != "" {
				files.files = append(files.files, &output{format: f, path: path})
			}
			m, err := stored(args)
			if err != nil {
				return err
			}
			if err := files.check(); err != nil {
				return err
			}
			if path == "" {
				if _, text := f.(report.Terminal); text {
					f = terminalFormat(c)
				}
				if err := renderAs(c.stdout, f, m); err != nil {
					return fmt.Errorf("the report could not be written: %w", err)
				}
			}
			if err := files.write(m); err != nil {
				return err
			}
			if m.ExitCode != exitUpheld {
				return verdictReached(m.ExitCode)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&format, "format", report.Terminal{}.Name(), strings.Join(report.FormatNames(), ", "))
	cmd.Flags().StringVarP(&path, "output", "o", "", "write the report to this file, and not to stdout")
	files.flags(cmd)
	return cmd
}

func formatNamed(name string) (report.Format, error) {
	for _, f := range report.Formats {
		if f.Name() == name {
			return f, nil
		}
	}
	return nil, usage("--format: %s", names.Unknown("format", name, report.FormatNames()))
}

// stored judges all runs that the directories hold.
func stored(args []string) (*report.Model, error) {
	m := &report.Model{Again: "verify report " + strings.Join(args, " ")}
	var (
		codes []int
		jobs  []runner.Job
	)
	for _, arg := range args {
		dirs, err := runsIn(arg)
		if err != nil {
			return nil, err
		}
		trials, err := keptTrials(arg)
		if err != nil {
			return nil, err
		}
		if len(args) == 1 {
			m.Trials = trials
		}
		for _, dir := range dirs {
			r, err := runner.Rejudge(dir)
			if err != nil {
				return nil, coded{exitUsage, fmt.Errorf("%s is not a run that can be judged: %w", dir, err)}
			}
			if trials != nil {
				r.Trial = trialOf(dir)
			}
			row, code := rowOf(r)
			row.Again = again(r.Plan, dir)
			m.Runs, codes, jobs = append(m.Runs, row), append(codes, code), append(jobs, r.Job)
			m.Took += r.Took
			if m.Seed != "" && m.Seed != string(r.Plan.Seed) {
				m.Seed = "several"
			} else {
				m.Seed = string(r.Plan.Seed)
			}
		}
	}
	slices.SortStableFunc(m.Runs, func(a, b report.Run) int { return cmp.Compare(a.Trial, b.Trial) })
	m.About, m.ExitCode = describe(jobs), worst(codes)
	if len(m.Runs) == 1 {
		m.Again = m.Runs[0].Again
	}
	if len(args) == 1 {
		m.Kept = args[0]
		if len(m.Runs) > 1 {
			m.Suite = filepath.Base(args[0])
		}
	}
	return m, nil
}

// again is the command that runs a stored plan again, if the scenario that this
// binary knows by its name still gives this plan. A plan of a file or of other flags
// can only be judged again.
func again(p *scenarios.Plan, dir string) string {
	v := catalogue.Vocabulary()
	if s, err := scenarios.Select(p.Scenario, v); err == nil && len(s.Scenarios) == 1 && s.Scenarios[0].Complete(v) == nil {
		now, err := scenarios.Resolve(s.Scenarios[0], p.Seed)
		if err == nil && samePlan(now, p) {
			return fmt.Sprintf("verify run %s --seed %s", p.Scenario, p.Seed)
		}
	}
	return "verify check " + dir
}

func samePlan(a, b *scenarios.Plan) bool {
	x, errX := a.Bytes()
	y, errY := b.Bytes()
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// runsIn lists the runs of a directory: itself, or all below it.
func runsIn(path string) ([]string, error) {
	var dirs []string
	err := filepath.WalkDir(path, func(dir string, e fs.DirEntry, err error) error {
		if err != nil || !e.IsDir() {
			return err
		}
		if _, err := os.Stat(history.Dir(dir).Plan()); err != nil {
			return nil // no run, but one may be below
		}
		dirs = append(dirs, dir)
		return fs.SkipDir
	})
	if err != nil {
		return nil, usage("%s is not a run that can be judged: %s", path, cause(err))
	}
	if len(dirs) == 0 {
		return nil, usage("%s is not a run that can be judged, and holds none: there is no plan.json in it", path)
	}
	return dirs, nil
}
