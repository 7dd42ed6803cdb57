package report

import (
	"bufio"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"surety/checker"
	"surety/checker/history"
)

// LogLines are what one node wrote around the moments of interest.
type LogLines struct {
	Node  string
	Lines []string
	Timed bool // the lines are those of the moments; else the last ones, for want of times in them
}

const (
	// manyLines of one node are shown, each cut to maxLine bytes.
	manyLines = 30
	maxLine   = 400
	// nearby is how far from a moment a line is of interest.
	nearby = 2 * time.Second
)

// logTime is a date and a time as most logs write them.
var logTime = regexp.MustCompile(`(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?`)

// logLines reads the logs of a run around its faults and first findings. A log that
// cannot be read has no lines.
func logLines(dir history.Dir, began time.Time, v *checker.Verdict) (out []LogLines) {
	files, err := filepath.Glob(filepath.Join(dir.Logs(), "*.log"))
	if err != nil {
		return nil
	}
	moments := momentsOf(v)
	for _, file := range files {
		if l := linesOf(file, began, moments); len(l.Lines) > 0 {
			out = append(out, l)
		}
	}
	return out
}

func momentsOf(v *checker.Verdict) (out []history.Nanos) {
	if v == nil {
		return nil
	}
	for _, s := range v.Sinks {
		for _, f := range s.Findings {
			if s.Breaks[f.Class] > 0 {
				out = append(out, f.At)
			}
		}
	}
	for _, f := range v.Faults {
		if f.From > 0 {
			out = append(out, f.From, f.To)
		}
	}
	return out
}

func linesOf(file string, began time.Time, moments []history.Nanos) LogLines {
	out := LogLines{Node: strings.TrimSuffix(filepath.Base(file), ".log")}
	f, err := os.Open(file) //nolint:gosec // a log of the run
	if err != nil {
		return out
	}
	defer f.Close() //nolint:errcheck // it was only read
	in := bufio.NewScanner(f)
	in.Buffer(make([]byte, 0, 64<<10), 1<<20) // what follows a longer line is not shown
	var last []string
	for in.Scan() {
		line := strings.ToValidUTF8(in.Text(), "\uFFFD")
		if len(line) > maxLine {
			line = strings.ToValidUTF8(line[:maxLine], "") + " …"
		}
		if last = append(last, line); len(last) > manyLines {
			last = last[1:]
		}
		if at, ok := timeOf(line); ok && len(out.Lines) < manyLines {
			near := func(m history.Nanos) bool {
				return at.Sub(began.Add(time.Duration(m))).Abs() <= nearby
			}
			if slices.ContainsFunc(moments, near) {
				out.Lines, out.Timed = append(out.Lines, line), true
			}
		}
	}
	if !out.Timed {
		out.Lines = last
	}
	return out
}

// timeOf reads the time of a line, as UTC: nodes write that.
func timeOf(line string) (time.Time, bool) {
	m := logTime.FindStringSubmatch(line)
	if m == nil {
		return time.Time{}, false
	}
	text := m[1] + "T" + m[2]
	if m[3] != "" {
		text += "." + m[3]
	}
	t, err := time.Parse("2006-01-02T15:04:05.999999999", text)
	return t, err == nil
}
