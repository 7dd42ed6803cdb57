package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"surety/report"
)

func newCompare(c console) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "compare A B",
		Short: "Tell whether two sets of stored runs differ by more than chance",
		Long: `Judge the stored runs below two directories again, and compare each scenario that
both have: how often it was violated, how long its recovery took, and how late its
records were acknowledged. Each is a set of repeated runs; of one run against one
nothing can be told. The exit code is 0 whatever the comparison says.`,
		Example: `  verify compare results/before results/after`,
		Args:    exactly(2, "two directories of stored runs"),
		RunE: func(_ *cobra.Command, args []string) error {
			var sides [2][]report.Run
			for i, arg := range args {
				m, err := stored([]string{arg})
				if err != nil {
					return err
				}
				for i := range m.Runs {
					loadRecords(&m.Runs[i])
				}
				sides[i] = m.Runs
			}
			cmp := report.Compare(sides[0], sides[1])
			cmp.A, cmp.B = args[0], args[1]
			write := cmp.Text
			if asJSON {
				write = cmp.JSON
			}
			if err := write(c.stdout); err != nil {
				return fmt.Errorf("the comparison could not be written: %w", err)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return cmd
}
