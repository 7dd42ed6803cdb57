package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"
	"github.com/spf13/cobra"

	"surety/report"
)

func newDetection(c console) *cobra.Command {
	var asJSON, markdown, page bool
	cmd := &cobra.Command{
		Use:   "detection REPORT...",
		Short: "How often each planted mistake was caught under each schedule, from JSON reports of suites with --trials, plain or .zst",
		Example: `  verify run detect-kills --trials 20 --json >kills.json
  verify run detect-aimed --trials 20 --json >aimed.json
  verify detection kills.json aimed.json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("%s wants JSON reports of suites that were run with --trials", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			var d report.Detection
			for _, path := range args {
				if err := addReport(d.Add, path); err != nil {
					return usage("%s cannot be taken in: %s", path, cause(err))
				}
			}
			write := d.Text
			switch {
			case asJSON:
				write = d.JSON
			case markdown:
				write = d.Markdown
			case page:
				write = d.HTML
			}
			if err := write(c.stdout); err != nil {
				return fmt.Errorf("the table could not be written: %w", err)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	cmd.Flags().BoolVar(&markdown, "markdown", false, "print a table for a page")
	cmd.Flags().BoolVar(&page, "html", false, "print a page that needs nothing besides")
	return cmd
}

// addReport takes one report in, plain or compressed with Zstandard (.zst).
func addReport(add func(io.Reader) error, path string) (err error) {
	f, err := os.Open(path) //nolint:gosec // the user names the file
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if filepath.Ext(path) != ".zst" {
		return add(f)
	}
	unpacked, err := zstd.NewReader(f)
	if err != nil {
		return err
	}
	defer unpacked.Close()
	return add(unpacked)
}
