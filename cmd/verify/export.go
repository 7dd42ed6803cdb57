package main

import (
	"bufio"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"surety/checker/history"
)

func newExport(c console) *cobra.Command {
	return &cobra.Command{
		Use:   "export RUN",
		Short: "Write a stored history as JSON Lines",
		Args:  exactly(1, "the directory of one run, or its history file"),
		RunE: func(_ *cobra.Command, args []string) error {
			r, err := history.Open(args[0])
			if err != nil {
				return coded{exitUsage, fmt.Errorf("%s has no history that can be read: %w", args[0], err)}
			}
			w := bufio.NewWriterSize(c.stdout, 1<<16)
			return errors.Join(history.ExportJSONL(w, r), w.Flush(), r.Close())
		},
	}
}
