package main

import (
	"encoding/json"

	"github.com/spf13/cobra"

	"surety/report"
	"surety/scenarios"
	"surety/scenarios/catalogue"
)

func newSchema(c console) *cobra.Command {
	var ofReport bool
	cmd := &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of scenario files, for editors, or of --json reports",
		Long: `Print the JSON Schema of scenario and suite files. With a language server for YAML,
a file that begins with

  # yaml-language-server: $schema=surety.schema.json

is completed and checked as it is written. With --report it is the schema of the
document that verify run, check and report print with --json.`,
		Example: `  verify schema >surety.schema.json`,
		Args:    exactly(0, "no argument"),
		RunE: func(*cobra.Command, []string) error {
			e := json.NewEncoder(c.stdout)
			e.SetIndent("", "  ")
			if ofReport {
				return e.Encode(report.Schema())
			}
			return e.Encode(scenarios.Schema(catalogue.Vocabulary()))
		},
	}
	cmd.Flags().BoolVar(&ofReport, "report", false, "of the document that --json prints")
	return cmd
}
