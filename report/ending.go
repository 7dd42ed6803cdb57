package report

import (
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"surety/checker"
	"surety/checker/history"
)

// lastLines is how many lines of a log a person is shown.
const lastLines = 5

// telling are classes after which the logs of the processors are where to look: what
// came out was none of the records, or nothing came.
var telling = []checker.Class{checker.Stuck, checker.Corrupted, checker.Phantom}

// endings tells of a violated run which processors ended by themselves, and how the
// logs end that may say why.
func endings(w io.Writer, r Run) {
	if r.Records == nil || r.Verdict == nil {
		return
	}
	ended := map[string]int{}
	for _, s := range r.Records.Samples {
		if s.Name == "exit_code" {
			ended[s.Of] = int(s.Value)
		}
	}
	all := slices.ContainsFunc(r.Verdict.Sinks, func(s checker.SinkVerdict) bool {
		return slices.ContainsFunc(telling, func(c checker.Class) bool { return s.Breaks[c] > 0 })
	})
	for _, l := range r.Records.Ends {
		code, gone := ended[l.Node]
		switch {
		case gone:
			fmt.Fprintf(w, "   %s had ended by itself with exit code %d", l.Node, code)
		case all:
			fmt.Fprintf(w, "   %s ran to the end", l.Node)
		default:
			continue
		}
		if len(l.Lines) == 0 {
			fmt.Fprintln(w, "; its log is empty")
			continue
		}
		fmt.Fprintf(w, "; its log ends with\n     %s\n", strings.Join(l.Lines, "\n     "))
	}
}

// logEnds gives the last lines that each instance of a processor wrote.
func logEnds(dir history.Dir, processor string) (out []LogLines) {
	files, err := filepath.Glob(filepath.Join(dir.Logs(), processor+"-*.log"))
	if err != nil {
		return nil
	}
	instance := regexp.MustCompile("^" + regexp.QuoteMeta(processor) + "-[0-9]+$")
	for _, file := range files {
		l := linesOf(file, time.Time{}, nil) // of no moment: the last ones
		l.Lines = slices.DeleteFunc(l.Lines, startLine.MatchString)
		if l.Lines = l.Lines[max(0, len(l.Lines)-lastLines):]; instance.MatchString(l.Node) {
			out = append(out, l)
		}
	}
	return out
}

// startLine is what the harness writes between the starts of a processor.
var startLine = regexp.MustCompile(`^--- start [0-9]+ of `)
