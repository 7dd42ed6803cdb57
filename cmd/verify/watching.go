package main

import (
	"io"
	"os"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"
	"github.com/vbauerster/mpb/v8/cwriter"

	"surety/report"
)

// watching are the flags that say how a run is watched, the same for every command that
// runs something.
type watching struct {
	quiet, plain bool
}

func (f *watching) flags(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.BoolVarP(&f.quiet, "quiet", "q", false, "no progress: the report, and errors")
	fl.BoolVar(&f.plain, "plain", false, "plain lines on a terminal too: nothing moves, nothing is coloured")
}

// consoles gives the one on which reports are shown, and the one on which runs are watched.
func (f watching) consoles(c console) (shown, watched console) {
	if f.plain {
		c = c.plainly()
	}
	watched = c
	if f.quiet {
		watched.stderr = io.Discard
	}
	return c, watched
}

// plainly is the same console as one that cannot move its cursor.
func (c console) plainly() console {
	getenv := c.getenv
	c.getenv = func(name string) string {
		if name == "TERM" {
			return "dumb"
		}
		return getenv(name)
	}
	return c
}

// terminal tells whether w is a terminal that can be drawn on.
func terminal(w io.Writer, getenv func(string) string) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd()) && getenv("TERM") != "dumb" && getenv("CI") == ""
}

// colored tells whether colours are wanted (https://no-color.org).
func colored(w io.Writer, getenv func(string) string) bool {
	return terminal(w, getenv) && getenv("NO_COLOR") == ""
}

// terminalFormat is the report for a person at stdout.
func terminalFormat(c console) report.Terminal {
	t := report.Terminal{Color: colored(c.stdout, c.getenv)}
	if f, ok := c.stdout.(*os.File); ok && terminal(f, c.getenv) {
		if width, _, err := cwriter.GetSize(int(f.Fd())); err == nil { //nolint:gosec // a descriptor is small
			t.Width = width
		}
	}
	return t
}
