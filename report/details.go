package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"surety/checker"
)

// details writes what a person needs of a run that is not simply upheld.
func (t Terminal) details(w io.Writer, r Run) {
	switch r.Outcome() {
	case "upheld":
		if !r.Met {
			fmt.Fprintf(w, "\n %s   %s   the planted mistake was not caught: expected %s\n", t.paint("31", signViolated+" upheld"), r.Scenario, r.Expect)
			t.follow(w, r)
		}
	case "unsupported":
		fmt.Fprintf(w, "\n %s   %s\n   this provider cannot: %s\n", t.paint("35", signEnvironment+" unsupported"), r.Scenario, strings.Join(r.Unsupported, ", "))
	case "environment":
		fmt.Fprintf(w, "\n %s   %s\n   %s\n", t.paint("35", signEnvironment+" environment"), r.Scenario, indent(r.Environment))
		if r.Try != "" {
			fmt.Fprintf(w, "   try  %s\n", r.Try)
		}
	case "interrupted":
		fmt.Fprintf(w, "\n %s   %s\n", t.paint("35", signEnvironment+" interrupted"), r.Scenario)
	case "inconclusive":
		fmt.Fprintf(w, "\n %s   %s   %s\n", t.paint("33", signInconclusive+" inconclusive"), declared(r.Guarantee), r.Scenario)
		t.reasons(w, r)
		t.follow(w, r)
	case "violated":
		if r.Met {
			return
		}
		fmt.Fprintf(w, "\n %s   %s   %s\n", t.paint("31", signViolated+" violated"), declared(r.Guarantee), r.Scenario)
		for _, s := range r.Verdict.Sinks {
			t.sink(w, r, s)
		}
		t.reasons(w, r)
		t.follow(w, r)
	}
}

func indent(s string) string { return strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n   ") }

func (t Terminal) reasons(w io.Writer, r Run) {
	for _, reason := range r.Verdict.Reasons {
		fmt.Fprintf(w, "   %s\n", indent(reason.Text))
		if reason.Try != "" {
			fmt.Fprintf(w, "   try  %s\n", reason.Try)
		}
	}
}

func (t Terminal) follow(w io.Writer, r Run) {
	if r.Dir != "" {
		fmt.Fprintf(w, "   kept   %s\n", r.Dir)
	}
	if r.Again != "" {
		fmt.Fprintf(w, "   again  %s\n", r.Again)
	}
}

// sink writes the breaches of one sink with the first finding of each class.
func (t Terminal) sink(w io.Writer, r Run, s checker.SinkVerdict) {
	for _, c := range checker.Judged {
		n := s.Breaks[c]
		if n == 0 {
			continue
		}
		when := "without any fault"
		if len(r.Faults) > 0 {
			when = fmt.Sprintf("%s in or after a fault's window", grouped(s.InFault[c]))
		}
		fmt.Fprintf(w, "   %-11s %s of %s records (%s), %s, %s\n", c, grouped(n), grouped(r.Verdict.Examined.OK),
			share(n, r.Verdict.Examined.OK), plural(s.Keys[c], "key"), when)
		if i := slices.IndexFunc(s.Findings, func(f checker.Finding) bool { return f.Class == c }); i >= 0 {
			t.finding(w, r, s.Findings[i])
		}
	}
}

func (t Terminal) finding(w io.Writer, r Run, f checker.Finding) {
	fmt.Fprintf(w, "     key %s seq %d", f.Key, f.Seq)
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
			fmt.Fprintf(w, "       %s from %s to %s\n", fr.Label, stamp(fr.From), stamp(fr.To))
		}
	}
	if f.Note != "" {
		fmt.Fprintf(w, "       %s\n", f.Note)
	}
}
