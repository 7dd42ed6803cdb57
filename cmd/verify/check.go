package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"surety/report"
	"surety/scenarios/runner"
)

func newCheck(c console) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check RUN",
		Short: "Judge a stored run again, with nothing running",
		Args:  exactly(1, "the directory of one run"),
		RunE: func(_ *cobra.Command, args []string) error {
			r, err := runner.Rejudge(args[0])
			if err != nil {
				return coded{exitUsage, fmt.Errorf("%s is not a run that can be judged: %w", args[0], err)}
			}
			row, code := rowOf(r)
			m := &report.Model{
				About: r.Plan.Topology.Provider, Seed: string(r.Plan.Seed), Took: r.Took, Kept: args[0],
				Again: "verify check " + args[0], Runs: []report.Run{row}, ExitCode: code,
			}
			if err := render(c, asJSON, m); err != nil {
				return err
			}
			if code != exitUpheld {
				return verdictReached(code)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return cmd
}
