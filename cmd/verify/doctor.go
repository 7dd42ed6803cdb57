package main

import (
	"encoding/json"

	"github.com/spf13/cobra"

	"surety/topologies/doctor"
)

func newDoctor(c console, probes func(places map[string]string) doctor.Probes) *cobra.Command {
	var asJSON bool
	var file string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Say what containers need and this machine lacks, and the command that gets it",
		Args:  exactly(0, "no argument"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			places, err := placesOf(c, file)
			if err != nil {
				return err
			}
			all := doctor.Examine(cmd.Context(), probes(places))
			if err := cmd.Context().Err(); err != nil {
				return coded{exitInterrupted, err}
			}
			if asJSON {
				e := json.NewEncoder(c.stdout)
				e.SetIndent("", "  ")
				err = e.Encode(map[string]any{"ready": doctor.Ready(all), "findings": all})
			} else {
				err = doctor.Write(c.stdout, all)
			}
			if err == nil && !doctor.Ready(all) {
				return verdictReached(exitEnvironment)
			}
			return err
		},
	}
	imagesFileFlag(cmd, &file)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return cmd
}
