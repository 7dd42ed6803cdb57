package report

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"surety/checker"
)

// details writes what a person needs of a run that is not simply as it should be.
// Where the run stands among others, it says how to come back to it.
func (t Terminal) details(w io.Writer, r Run, among bool) {
	head := func(colour, state string, more ...string) {
		fmt.Fprintf(w, "\n %s\n", strings.Join(append([]string{t.paint(colour, state)}, more...), "   "))
	}
	switch o := r.Outcome(); o {
	case "upheld":
		if r.Met {
			return
		}
		if len(r.Missed) > 0 {
			head("31", signViolated+" threshold missed", declared(r.Guarantee), r.title())
			missed(w, r)
			break
		}
		head("31", signViolated+" not caught", declared(r.Guarantee), r.title())
		fmt.Fprintf(w, "   upheld, where %s was expected: the mistake in it was not shown\n", r.Expect)
	case "violated":
		switch {
		case r.Known != "":
			head("33", signViolated+" known violation", declared(r.Guarantee), r.title())
			fmt.Fprintf(w, "   %s names all of it, so that it does not block\n", r.Known)
		case r.Met:
			return
		default:
			head("31", signViolated+" violated", declared(r.Guarantee), r.title())
		}
		breaks := 0
		for _, s := range r.Verdict.Sinks {
			breaks += t.sink(w, r, s)
		}
		breaks += t.logs(w, r)
		if r.Expect != string(checker.Upheld) {
			fmt.Fprintf(w, "   expected  %s, in or after a fault's window\n", r.Expect)
		}
		endings(w, r)
		missed(w, r)
		// The first reasons are the breaches once more.
		reasons(w, r.Verdict.Reasons[min(breaks, len(r.Verdict.Reasons)):])
	case "inconclusive":
		if r.Met {
			return
		}
		head("33", signInconclusive+" inconclusive", declared(r.Guarantee), r.title())
		reasons(w, r.Verdict.Reasons)
		t.logs(w, r)
	case "unsupported":
		head("35", signEnvironment+" unsupported", r.title())
		fmt.Fprintf(w, "   this provider cannot: %s\n", strings.Join(r.Unsupported, ", "))
		try(w, r.Try)
		return
	case "environment":
		head("35", signEnvironment+" environment", r.title())
		fmt.Fprintf(w, "   %s\n", indent(r.Environment))
		try(w, r.Try)
	case "interrupted":
		if r.Try == "" {
			return // the row and the summary say it all
		}
		head("35", signEnvironment+" interrupted", r.Scenario)
		try(w, r.Try)
		return
	}
	if !among {
		return
	}
	if r.Dir != "" {
		fmt.Fprintf(w, "   kept   %s\n", r.Dir)
	}
	if r.Again != "" {
		fmt.Fprintf(w, "   again  %s\n", r.Again)
	}
	if hint := r.shrinkable(); hint != "" {
		fmt.Fprintf(w, "   shrink %s\n", hint)
	}
}

// shrinkable is the command that reduces a run to what its violation needs; empty
// where there is nothing to reduce.
func (r Run) shrinkable() string {
	if r.Outcome() != string(checker.Violated) || r.Met || len(r.Faults) < 2 || r.Dir == "" {
		return ""
	}
	return "verify shrink " + r.Dir
}

func indent(s string) string { return strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n   ") }

func missed(w io.Writer, r Run) {
	for _, m := range r.Missed {
		fmt.Fprintf(w, "   %s\n", m.Text)
	}
}

func reasons(w io.Writer, list []checker.Reason) {
	for _, reason := range list {
		fmt.Fprintf(w, "   %s\n", indent(reason.Text))
		try(w, reason.Try)
	}
}

func try(w io.Writer, what string) {
	if what != "" {
		fmt.Fprintf(w, "   try  %s\n", what)
	}
}

// sink writes the breaches of one sink with the first finding of each class, and
// returns how many classes are broken.
func (t Terminal) sink(w io.Writer, r Run, s checker.SinkVerdict) int {
	classes := 0
	for _, c := range checker.Judged {
		n := s.Breaks[c]
		if n == 0 {
			continue
		}
		classes++
		i := slices.IndexFunc(s.Findings, func(f checker.Finding) bool { return f.Class == c })
		fmt.Fprintf(w, "   %-15s %s", c, extent(r, s, c))
		if len(r.Verdict.Sinks) > 1 {
			fmt.Fprintf(w, ", in %s", s.Sink)
		}
		fmt.Fprintln(w)
		if i < 0 {
			continue
		}
		f := s.Findings[i]
		finding(w, r, f)
		if look := lookAt(c, f.Origin); look != "" {
			fmt.Fprintf(w, "     look at  %s\n", look)
		}
	}
	return classes
}

// extent says how many records a breach touched and whether faults explain it.
func extent(r Run, s checker.SinkVerdict, c checker.Class) string {
	n, ok := s.Breaks[c], r.Verdict.Examined.OK
	if c == checker.Stuck {
		return "nothing moved any more, long after the last fault was over"
	}
	if c == checker.Unavailable {
		return plural(n, "record") + " too few were acknowledged"
	}
	parts := []string{plural(n, "record")}
	switch {
	case slices.ContainsFunc(s.Findings, func(f checker.Finding) bool { return f.Class == c && f.Result != nil }):
		parts[0] = plural(n, "result")
	case ok > 0 && c != checker.Phantom:
		parts[0] = fmt.Sprintf("%s of %s records (%s)", grouped(n), grouped(ok), share(n, ok))
	}
	if keys := s.Keys[c]; keys > 0 {
		parts = append(parts, plural(keys, "key"))
	}
	return strings.Join(append(parts, inWindows(r, n, s.InFault[c])), ", ")
}

// inWindows says how many of n findings fell into or behind the fault windows.
func inWindows(r Run, n, in int64) string {
	switch {
	case len(r.Faults) == 0:
		return "without any fault"
	case in == n:
		return "all in or after a fault's window"
	case in == 0:
		return "none in or after a fault's window"
	}
	return grouped(in) + " in or after a fault's window"
}

// moved tells of the roles that a fault was aimed at and that moved while it was on.
func moved(f checker.FaultResult) string {
	var out strings.Builder
	for _, e := range f.Evidence {
		if _, is := e.Facts["role"]; is {
			out.WriteString("; " + e.Text)
		}
	}
	return out.String()
}

// plainKey is a key that needs no quotes.
var plainKey = regexp.MustCompile(`^[!-~]{1,60}$`)

// finding writes one breach with all that is known of it.
func finding(w io.Writer, r Run, f checker.Finding) {
	if f.Class.Keyless() {
		fmt.Fprintf(w, "     %s\n", f.Note)
		return
	}
	fmt.Fprintf(w, "     key %s", keyText(f.Key))
	if f.Result == nil {
		fmt.Fprintf(w, " seq %d", f.Seq)
	}
	if f.Place != "" {
		fmt.Fprintf(w, "   %s of its key", f.Place)
	}
	if f.Origin != "" {
		fmt.Fprintf(w, "   by the %s", f.Origin)
	}
	fmt.Fprintln(w)
	if a := f.Attempt; a != nil {
		fmt.Fprintf(w, "       attempt %s %s", a.Outcome, stamp(a.At))
		if a.Partition >= 0 && a.Offset >= 0 {
			fmt.Fprintf(w, " -> input/%d@%d", a.Partition, a.Offset)
		}
		fmt.Fprintln(w)
	}
	for i, sg := range f.Sightings {
		word := "seen"
		if i > 0 {
			word = "again"
		}
		fmt.Fprintf(w, "       %s %s/%d@%d", word, f.Sink, sg.Partition, sg.Offset)
		if sg.At > 0 {
			fmt.Fprintf(w, " at %s", stamp(sg.At))
		}
		fmt.Fprintln(w)
	}
	for _, step := range f.Faults {
		if step >= 0 && step < len(r.Verdict.Faults) {
			fr := r.Verdict.Faults[step]
			fmt.Fprintf(w, "       %s from %s to %s%s\n", fr.Label, stamp(fr.From), stamp(fr.To), moved(fr))
		}
	}
	if f.Note != "" {
		fmt.Fprintf(w, "       %s\n", f.Note)
	}
}
