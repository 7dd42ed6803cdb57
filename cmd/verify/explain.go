package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"surety/scenarios/catalogue"
)

func newExplain(c console) *cobra.Command {
	var (
		f       runFlags
		mermaid bool
	)
	cmd := &cobra.Command{
		Use:   "explain SCENARIO|SUITE|FILE",
		Short: "Say what a scenario does, resolved with a seed, in words or as a picture; nothing runs",
		Example: `  verify explain leader-kill
  verify explain mine.yaml --seed 7c1e04 --mermaid >mine.mmd`,
		Args: exactly(1, "a scenario, a suite or a file"),
		RunE: func(_ *cobra.Command, args []string) error {
			sel, err := f.choose(args, catalogue.Vocabulary())
			if err != nil {
				return err
			}
			for i, job := range sel.jobs {
				write := job.Plan.Explain
				if mermaid {
					write = job.Plan.Mermaid
				}
				if i > 0 {
					fmt.Fprintln(c.stdout)
				}
				if err := write(c.stdout); err != nil {
					return fmt.Errorf("the plan could not be written: %w", err)
				}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&f.seed, "seed", "", "seed of everything random (a new one when empty)")
	cmd.Flags().BoolVar(&mermaid, "mermaid", false, "draw nodes, topics and faults as a flow chart (https://mermaid.js.org)")
	return cmd
}
