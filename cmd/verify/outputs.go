package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"surety/report"
)

// outputs are the files that get a report besides what stdout shows: one flag for
// each format that belongs into a file, the same for every command that judges.
type outputs struct {
	files []*output
}

type output struct {
	format report.Format
	path   string // empty = not wanted
}

// onStdout are the formats that commands print; --json stands for the second one.
var onStdout = []string{report.Terminal{}.Name(), report.JSON{}.Name()}

func (o *outputs) flags(cmd *cobra.Command) {
	for _, f := range report.Formats {
		if slices.Contains(onStdout, f.Name()) {
			continue
		}
		out := &output{format: f}
		o.files = append(o.files, out)
		cmd.Flags().StringVar(&out.path, f.Name(), "", "also write the report as "+f.Name()+" to this file")
	}
}

// check finds files that cannot be written before anything runs.
func (o *outputs) check() error {
	for _, out := range o.files {
		if out.path == "" {
			continue
		}
		f, err := os.OpenFile(out.path, os.O_WRONLY|os.O_CREATE, 0o644) //nolint:gosec // the user names the file
		if err == nil {
			err = f.Close()
		}
		if err != nil {
			return usage("--%s: %s cannot be written: %s", out.format.Name(), out.path, cause(err))
		}
	}
	return nil
}

// fallback has a format written there unless the user named another file for it, and
// gives the one that it is.
func (o *outputs) fallback(format report.Format, path string) string {
	for _, out := range o.files {
		if out.format.Name() == format.Name() {
			out.path = cmp.Or(out.path, path)
			return out.path
		}
	}
	return ""
}

// write writes all files that are wanted.
func (o *outputs) write(m *report.Model) error {
	for _, out := range o.files {
		if out.path == "" {
			continue
		}
		if err := writeReport(out.path, out.format, m); err != nil {
			return err
		}
	}
	return nil
}

func writeReport(path string, format report.Format, m *report.Model) error {
	f, err := os.Create(path) //nolint:gosec // the user names the file
	if err == nil {
		err = errors.Join(renderAs(f, format, m), f.Close())
	}
	if err != nil {
		return coded{exitEnvironment, fmt.Errorf("the report could not be written to %s: %w", path, cause(err))}
	}
	return nil
}

// renderAs writes a model, and reads the records of its runs where the format draws
// them.
func renderAs(w io.Writer, format report.Format, m *report.Model) error {
	if report.WantsRecords(format) {
		for i := range m.Runs {
			loadRecords(&m.Runs[i])
		}
	}
	return format.Write(w, m)
}

// loadRecords reads the records of a run. One whose records cannot be read is
// reported without them, and says why.
func loadRecords(r *report.Run) {
	if r.Records != nil || r.Dir == "" {
		return
	}
	records, err := report.Load(r.Dir, r.Verdict)
	if err != nil {
		records = &report.Records{Missing: err.Error()}
	}
	r.Records = records
}
