package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"

	"surety/checker"
)

// Terminal writes the table and, below it, everything that a person must act on.
type Terminal struct{ Color bool }

// Name implements Format.
func (Terminal) Name() string { return "terminal" }

// Signs stand beside words, so that colour is never the only sign.
const (
	signUpheld       = "✔"
	signViolated     = "✘"
	signInconclusive = "?"
	signEnvironment  = "!"
)

func (t Terminal) paint(code, s string) string {
	if !t.Color {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (t Terminal) verdict(r Run) string {
	word := r.Outcome()
	suffix := ""
	if r.Met && r.Expect != string(checker.Upheld) {
		suffix = ", as expected"
	} else if !r.Met && r.Verdict != nil && r.Expect != string(checker.Upheld) {
		suffix = ", expected " + r.Expect
	}
	switch word {
	case string(checker.Upheld):
		if !r.Met {
			return t.paint("31", signViolated+" "+word+suffix)
		}
		return t.paint("32", signUpheld+" "+word)
	case string(checker.Violated):
		if r.Met {
			return t.paint("32", signViolated+" "+word+suffix)
		}
		return t.paint("31", signViolated+" "+word+suffix)
	case string(checker.Inconclusive):
		return t.paint("33", signInconclusive+" "+word+suffix)
	}
	return t.paint("35", signEnvironment+" "+word)
}

func declared(g checker.Guarantee) string {
	s := string(g.Delivery)
	if g.Order == checker.OrderKey {
		s += " + order"
	}
	if g.Atomicity {
		s += " + atomic"
	}
	return s
}

// Write implements Format.
func (t Terminal) Write(w io.Writer, m *Model) error {
	var b strings.Builder
	if err := t.table(&b, m); err != nil {
		return err
	}
	allowed := false
	for _, r := range m.Runs {
		t.details(&b, r)
		if r.Outcome() == string(checker.Upheld) && r.count(checker.Lost)+r.count(checker.Duplicated) > 0 {
			allowed = true
		}
	}
	tally := m.Tally()
	fmt.Fprintf(&b, "\n %d upheld · %d violated · %d inconclusive", tally["upheld"], tally["violated"], tally["inconclusive"])
	for _, k := range []string{"environment", "unsupported", "interrupted"} {
		if tally[k] > 0 {
			fmt.Fprintf(&b, " · %d %s", tally[k], k)
		}
	}
	unmet := 0
	for _, r := range m.Runs {
		if !r.Met {
			unmet++
		}
	}
	if unmet == 0 && tally["violated"] > 0 {
		b.WriteString(" · all as expected")
	}
	fmt.Fprintf(&b, " · %s", tenths(m.Took))
	if allowed {
		b.WriteString("        losses and duplicates of upheld runs are what their guarantees allow")
	}
	b.WriteString("\n")
	if m.Kept != "" {
		fmt.Fprintf(&b, " kept   %s\n", m.Kept)
	}
	if m.Again != "" {
		fmt.Fprintf(&b, " again  %s\n", m.Again)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (t Terminal) table(w io.Writer, m *Model) error {
	none := tw.Border{Left: tw.Off, Right: tw.Off, Top: tw.Off, Bottom: tw.Off}
	off := tw.Settings{
		Separators: tw.Separators{BetweenColumns: tw.Off, BetweenRows: tw.Off, ShowHeader: tw.Off},
		Lines:      tw.Lines{ShowHeaderLine: tw.Off, ShowTop: tw.Off, ShowBottom: tw.Off},
	}
	align := []tw.Align{
		tw.AlignLeft, tw.AlignLeft, tw.AlignLeft, tw.AlignRight, tw.AlignRight, tw.AlignRight, tw.AlignRight,
		tw.AlignLeft, tw.AlignRight,
	}
	table := tablewriter.NewTable(w,
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{Borders: none, Settings: off})),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithHeaderAutoWrap(tw.WrapNone),
		tablewriter.WithHeaderAlignmentConfig(tw.CellAlignment{PerColumn: align}),
		tablewriter.WithRowAlignmentConfig(tw.CellAlignment{PerColumn: align}),
	)
	table.Header("scenario", "declared", "verdict", "ok / failed / unknown", "lost", "dup", "reord.", "faults shown", "recovery")
	for _, r := range m.Runs {
		row := []string{r.Scenario, declared(r.Guarantee), t.verdict(r), "", "", "", "", shown(r), ""}
		if v := r.Verdict; v != nil {
			e := v.Examined
			row[3] = fmt.Sprintf("%s / %s / %s", grouped(e.OK), grouped(e.Failed), grouped(e.Unknown))
			row[4] = grouped(r.count(checker.Lost) + r.count(checker.Vanished))
			row[5] = grouped(r.count(checker.Duplicated))
			row[6] = grouped(r.count(checker.Reordered))
			row[8] = recovery(v)
		}
		if err := table.Append(row); err != nil {
			return err
		}
	}
	return table.Render()
}

// shown lists the faults whose effect the victims showed.
func shown(r Run) string {
	if r.Verdict == nil {
		return ""
	}
	if len(r.Faults) == 0 {
		return "none (control)"
	}
	var yes, no []string
	for _, f := range r.Verdict.Faults {
		name, _, _ := strings.Cut(f.Label, " ")
		if f.Shown {
			yes = append(yes, name)
		} else {
			no = append(no, name)
		}
	}
	s := strings.Join(yes, ", ")
	if len(no) > 0 {
		s = strings.TrimPrefix(s+", ", ", ") + "not shown: " + strings.Join(no, ", ")
	}
	return s
}

// recovery is the longest of the run's faults.
func recovery(v *checker.Verdict) string {
	var longest time.Duration
	for _, f := range v.Faults {
		longest = max(longest, time.Duration(f.Recovery))
	}
	if longest == 0 {
		return ""
	}
	return tenths(longest)
}
