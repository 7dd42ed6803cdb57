package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"surety/report"
)

func newEngines(c console) *cobra.Command {
	var asJSON, markdown bool
	cmd := &cobra.Command{
		Use:   "engines REPORT...",
		Short: "What stream processing engines lost, doubled, reordered and miscounted under each fault, and how they recovered, from JSON reports, plain or .zst",
		Example: `  verify run streams --seed 1 --json >streams-1.json
  verify run streams --seed 2 --json >streams-2.json
  verify engines streams-1.json streams-2.json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("%s wants JSON reports of runs with engines under test", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			var e report.Engines
			for _, path := range args {
				if err := addReport(e.Add, path); err != nil {
					return usage("%s cannot be taken in: %s", path, cause(err))
				}
			}
			write := e.Text
			switch {
			case asJSON:
				write = e.JSON
			case markdown:
				write = e.Markdown
			}
			if err := write(c.stdout); err != nil {
				return fmt.Errorf("the table could not be written: %w", err)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	cmd.Flags().BoolVar(&markdown, "markdown", false, "print a table for a page")
	return cmd
}
