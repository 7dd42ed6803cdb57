package main

import (
	"encoding/json"

	"github.com/spf13/cobra"

	"surety/scenarios"
	"surety/scenarios/catalogue"
)

func newSchema(c console) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of scenario files, for editors",
		Long: `Print the JSON Schema of scenario and suite files. With a language server for YAML,
a file that begins with

  # yaml-language-server: $schema=surety.schema.json

is completed and checked as it is written.`,
		Example: `  verify schema >surety.schema.json`,
		Args:    exactly(0, "no argument"),
		RunE: func(*cobra.Command, []string) error {
			e := json.NewEncoder(c.stdout)
			e.SetIndent("", "  ")
			return e.Encode(scenarios.Schema(catalogue.Vocabulary()))
		},
	}
}
