package report

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/olekukonko/tablewriter/tw"

	"surety/checker"
)

// Terminal writes the table and, below it, everything that a person must act on.
type Terminal struct {
	Color bool
	Width int // columns that the table may take; 0 = as many as it wants
}

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

// state is a run's outcome as the table shows it.
func (t Terminal) state(r Run) string {
	switch o := checker.Answer(r.Outcome()); {
	case o == checker.Violated && r.Known != "":
		return t.paint("33", signViolated+" known violation")
	case o == checker.Violated && r.Met:
		return t.paint("32", signUpheld+" caught")
	case o == checker.Upheld && len(r.Missed) > 0:
		return t.paint("31", signViolated+" threshold missed")
	case o == checker.Violated:
		return t.paint("31", signViolated+" violated")
	case o == checker.Upheld && r.Met:
		return t.paint("32", signUpheld+" upheld")
	case o == checker.Upheld:
		return t.paint("31", signViolated+" not caught")
	case o == checker.Inconclusive && r.Met:
		return t.paint("32", signInconclusive+" inconclusive")
	case o == checker.Inconclusive:
		return t.paint("33", signInconclusive+" inconclusive")
	default:
		return t.paint("35", signEnvironment+" "+string(o))
	}
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
	if err := errors.Join(t.body(&b, m), t.replay(&b, m.Replay)); err != nil {
		return err
	}
	t.summary(&b, m)
	_, err := io.WriteString(w, b.String())
	return err
}

func (t Terminal) body(w io.Writer, m *Model) error {
	if m.Trials != nil {
		return t.trials(w, m)
	}
	if err := t.table(w, m); err != nil {
		return err
	}
	for _, r := range m.Runs {
		t.details(w, r, len(m.Runs) > 1)
	}
	return emissions(w, m.Runs)
}

// summary counts the outcomes and says how to come back to them.
func (t Terminal) summary(w io.Writer, m *Model) {
	tally, caught, known, missed, allowed, cut := m.Tally(), 0, 0, 0, false, ""
	for _, r := range m.Runs {
		if r.Interrupted && cut == "" {
			cut = r.Dir
		}
		switch checker.Answer(r.Outcome()) {
		case checker.Upheld:
			if len(r.Missed) > 0 {
				missed++
			}
			allowed = allowed || r.lost()+r.count(checker.Duplicated)+r.count(checker.Reordered) > 0
		case checker.Violated:
			switch {
			case r.Known != "":
				known++
			case r.Met:
				caught++
			}
		}
	}
	violated := fmt.Sprintf("%d violated", tally["violated"])
	switch {
	case caught > 0 && caught == tally["violated"]:
		violated += " as expected"
	case caught > 0:
		violated += fmt.Sprintf(", %d of them as expected", caught)
	}
	if known > 0 {
		violated += fmt.Sprintf(", %d of them known", known)
	}
	upheld := fmt.Sprintf("%d upheld", tally["upheld"])
	if missed > 0 {
		upheld += fmt.Sprintf(", %d of them below a threshold", missed)
	}
	parts := []string{upheld, violated, fmt.Sprintf("%d inconclusive", tally["inconclusive"])}
	for _, k := range []string{"environment", "unsupported", "interrupted"} {
		if tally[k] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", tally[k], k))
		}
	}
	fmt.Fprintf(w, "\n %s\n", strings.Join(append(parts, tenths(m.Took)), " · "))
	if allowed {
		fmt.Fprintln(w, " what upheld runs lost, duplicated or reordered is what their guarantees allow")
	}
	m.clusters(w)
	if cut != "" {
		fmt.Fprintf(w, " what was recorded until the interruption is kept and can be judged: verify check %s\n", cut)
	}
	kept := m.Kept
	if len(m.Runs) == 1 && m.Runs[0].Dir != "" {
		kept = m.Runs[0].Dir
	}
	if kept != "" {
		fmt.Fprintf(w, " kept   %s\n", kept)
	}
	if m.Again != "" {
		fmt.Fprintf(w, " again  %s\n", m.Again)
	}
	if len(m.Runs) == 1 {
		if hint := m.Runs[0].shrinkable(); hint != "" {
			fmt.Fprintf(w, " shrink %s\n", hint)
		}
	}
}

func (t Terminal) table(w io.Writer, m *Model) error {
	align := []tw.Align{
		tw.AlignLeft, tw.AlignLeft, tw.AlignLeft, tw.AlignRight, tw.AlignRight, tw.AlignRight, tw.AlignRight,
		tw.AlignLeft, tw.AlignRight,
	}
	rows := [][]string{}
	header := []string{"scenario", "declared", "verdict", "ok/failed/unknown", "lost", "dup", "reord.", "faults shown", "recovery"}
	for _, r := range m.Runs {
		row := []string{r.Scenario, declared(r.Guarantee), t.state(r), "", "", "", "", shown(r), ""}
		if v := r.Verdict; v != nil {
			e := v.Examined
			row[3] = fmt.Sprintf("%s/%s/%s", grouped(e.OK), grouped(e.Failed), grouped(e.Unknown))
			row[4] = grouped(r.lost())
			row[5] = grouped(r.count(checker.Duplicated))
			row[6] = grouped(r.count(checker.Reordered))
			row[8] = recovery(v)
		}
		rows = append(rows, row)
	}
	return t.rows(w, align, header, rows)
}

// shown lists the faults whose effect the victims showed: "kill ×2, lag", or
// "1 of 2: cut" where one of them was not seen to act.
func shown(r Run) string {
	if r.Verdict == nil {
		return ""
	}
	if len(r.Faults) == 0 {
		return "none: control"
	}
	var names []string
	times := map[string]int{}
	all := 0
	for _, f := range r.Verdict.Faults {
		if !f.Shown {
			continue
		}
		all++
		name, _, _ := strings.Cut(f.Label, " ")
		if times[name]++; times[name] == 1 {
			names = append(names, name)
		}
	}
	for i, name := range names {
		if times[name] > 1 {
			names[i] = fmt.Sprintf("%s ×%d", name, times[name])
		}
	}
	list, counted, dropped := strings.Join(names, ", "), len(r.Faults), r.dropped()
	if dropped > 0 {
		counted -= dropped
		list = strings.TrimPrefix(fmt.Sprintf("%s, %d did not act", list, dropped), ", ")
	}
	switch all {
	case counted:
		return list
	case 0:
		return fmt.Sprintf("0 of %d", counted)
	}
	return fmt.Sprintf("%d of %d: %s", all, counted, list)
}

// recovery prints the longest one.
func recovery(v *checker.Verdict) string {
	longest := longestRecovery(v)
	if longest == 0 {
		return ""
	}
	return tenths(longest)
}

// longestRecovery is that of the run's faults; 0 where none was seen.
func longestRecovery(v *checker.Verdict) (longest time.Duration) {
	for _, f := range v.Faults {
		longest = max(longest, time.Duration(f.Recovery))
	}
	return longest
}
