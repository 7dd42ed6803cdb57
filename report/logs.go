package report

import (
	"fmt"
	"io"
	"slices"

	"surety/checker"
)

// logs writes what was found in the logs by themselves: breaches, and what may
// explain those of the sinks. It returns how many classes are broken.
func (t Terminal) logs(w io.Writer, r Run) (classes int) {
	for _, l := range r.Verdict.Logs {
		for _, c := range checker.LogClasses {
			n := l.Counts[c]
			if n == 0 {
				continue
			}
			what := "it breaks nothing by itself"
			if b := l.Breaks[c]; b > 0 {
				classes++
				what = inWindows(r, b, l.InFault[c])
			}
			fmt.Fprintf(w, "   %-15s %s in the log of %s, %s\n", c, grouped(n), l.Log, what)
			i := slices.IndexFunc(l.Findings, func(f checker.Finding) bool { return f.Class == c })
			if i < 0 {
				continue
			}
			f := l.Findings[i]
			fmt.Fprint(w, "     ")
			if f.Key != "" {
				fmt.Fprintf(w, "key %s seq %d   ", keyText(f.Key), f.Seq)
			}
			switch {
			case len(f.Sightings) > 0:
				s := f.Sightings[0]
				fmt.Fprintf(w, "%s/%d@%d", l.Log, s.Partition, s.Offset)
			case f.Attempt != nil:
				fmt.Fprintf(w, "%s/%d@%d", l.Log, f.Attempt.Partition, f.Attempt.Offset)
			}
			fmt.Fprintf(w, " at %s\n       %s\n", stamp(f.At), f.Note)
			if look := lookAt(c, f.Origin); look != "" {
				fmt.Fprintf(w, "     look at  %s\n", look)
			}
		}
	}
	return classes
}

// keyText quotes a key that needs it.
func keyText(key string) string {
	if plainKey.MatchString(key) {
		return key
	}
	return fmt.Sprintf("%q", key)
}
