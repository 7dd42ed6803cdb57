package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/olekukonko/tablewriter/tw"

	"surety/checker"
)

// Trials says that every scenario was tried several times, with seeds of their own,
// and what ended the trying.
type Trials struct {
	Asked         int           `json:"asked"`                    // of each scenario; 0 = as many as the budget lets begin
	UntilViolated bool          `json:"until_violated,omitempty"` // none began after one that was violated
	Budget        time.Duration `json:"budget_ns,omitempty"`      // none began after so long; 0 = no matter
}

// Tried is what the trials of one scenario came to. A trial without an answer is
// none: Violated counts those that were upheld or violated.
type Tried struct {
	Scenario     string
	Guarantee    checker.Guarantee
	Expect       string
	Asked        int
	Violated     Rate
	Bounded      bool  // the number of trials did not depend on what they showed: the interval holds
	First        int   // the number of the first trial that was violated; 0 = none
	AsExpected   int64 // of those with an answer
	Inconclusive int64
	Broken       int64 // unsupported, or ended by the environment
	Interrupted  int64
	NotBegun     int64
	runs         []Run
}

// Tried sums the runs of each scenario up; it is empty where nothing was tried
// several times.
func (m *Model) Tried() (out []Tried) {
	if m.Trials == nil {
		return nil
	}
	for _, r := range m.Runs {
		i := slices.IndexFunc(out, func(t Tried) bool { return t.Scenario == r.Scenario })
		if i < 0 {
			i = len(out)
			out = append(out, Tried{Scenario: r.Scenario, Guarantee: r.Guarantee, Expect: r.Expect, Asked: m.Trials.Asked})
		}
		out[i].add(r)
	}
	for i := range out {
		t := &out[i]
		t.Violated = RateOf(t.Violated.Hits, t.Violated.Trials)
		t.NotBegun = int64(max(0, t.Asked-len(t.runs)))
		// That none of n was violated says the same whether n was fixed or not.
		t.Bounded = !m.Trials.UntilViolated || t.Violated.Hits == 0
	}
	return out
}

func (t *Tried) add(r Run) {
	t.runs = append(t.runs, r)
	answered := false
	switch r.Outcome() {
	case string(checker.Violated):
		answered = true
		t.Violated.Hits++
		if t.First == 0 || r.Trial < t.First {
			t.First = r.Trial
		}
	case string(checker.Upheld):
		answered = true
	case string(checker.Inconclusive):
		t.Inconclusive++
	case "interrupted":
		t.Interrupted++
	default:
		t.Broken++
	}
	if answered {
		t.Violated.Trials++
		if r.Met {
			t.AsExpected++
		}
	}
}

// Bounds are those of the rate of violations, or why there are none.
func (t Tried) Bounds() string {
	switch {
	case t.Violated.Trials == 0:
		return "none was judged"
	case !t.Bounded:
		return fmt.Sprintf("none: it ended with trial %d", t.First)
	}
	return t.Violated.String()
}

// Share is how many of the trials were violated: 3 of 20.
func (t Tried) Share() string {
	return fmt.Sprintf("%s of %s", grouped(t.Violated.Hits), grouped(t.Violated.Trials))
}

// Unjudged names the trials that do not count: "2 inconclusive, 1 not begun".
func (t Tried) Unjudged() string {
	var parts []string
	for _, p := range []struct {
		n    int64
		what string
	}{{t.Inconclusive, "inconclusive"}, {t.Broken, "without a verdict"}, {t.Interrupted, "interrupted"}, {t.NotBegun, "not begun"}} {
		if p.n > 0 {
			parts = append(parts, grouped(p.n)+" "+p.what)
		}
	}
	return strings.Join(parts, ", ")
}

// Range is the least and the greatest of a figure over the judged trials: 0–12.
func (t Tried) Range(figure string) string {
	low, high := Figure{}, Figure{}
	found := false
	for _, r := range t.runs {
		for _, f := range r.Figures() {
			if f.Name != figure {
				continue
			}
			if !found || f.Value < low.Value {
				low = f
			}
			if !found || f.Value > high.Value {
				high = f
			}
			found = true
		}
	}
	switch {
	case !found:
		return ""
	case low.Value == high.Value:
		return low.Text()
	}
	return low.Text() + "–" + high.Text()
}

// notable is the trial that shows best what is wrong: the first of the worst kind.
// The others like it are named by their numbers.
func (t Tried) notable() (first Run, others []Run, ok bool) {
	for _, r := range firstThingsFirst(t.runs) {
		switch {
		case urgency(r) == calm || r.Outcome() == "interrupted":
		case !ok:
			first, ok = r, true
		case urgency(r) == urgency(first):
			others = append(others, r)
		}
	}
	return first, others, ok
}

// notable gives the notable trial of each scenario that has one.
func (m *Model) notable() (out []Run) {
	for _, t := range m.Tried() {
		if r, _, ok := t.notable(); ok {
			out = append(out, r)
		}
	}
	return out
}

var triedHeader = []string{"scenario", "declared", "violated", "95 % confidence", "as expected", "lost", "duplicated", "reordered", "does not count"}

// cells are the columns of triedHeader.
func (t Tried) cells() []string {
	return []string{
		t.Scenario, declared(t.Guarantee), t.Share(), t.Bounds(), fmt.Sprintf("%s of %s", grouped(t.AsExpected), grouped(t.Violated.Trials)),
		t.Range("lost"), t.Range("duplicated"), t.Range("reordered"), t.Unjudged(),
	}
}

// notes are what one must know to read the table.
func (m *Model) notes() (out []string) {
	tried := m.Tried()
	some := func(of func(t Tried) bool) bool { return slices.ContainsFunc(tried, of) }
	if some(func(t Tried) bool { return t.Inconclusive+t.Broken > 0 }) {
		out = append(out, "a trial without an answer is no trial: it counts neither as upheld nor as violated")
	}
	if some(func(t Tried) bool { return !t.Bounded }) {
		out = append(out, "the trying ended with a violation, so its number of trials bounds no rate: verify run with --trials alone does")
	}
	if b := m.Trials.Budget; b > 0 && some(func(t Tried) bool { return (t.NotBegun > 0 || t.Asked == 0) && t.Bounded }) {
		out = append(out, fmt.Sprintf("the budget of %s ended the trying: the intervals hold if violated trials take as long as others", b))
	}
	return out
}

// trials writes one line for each scenario, and of each the trial that shows best
// what is wrong.
func (t Terminal) trials(w io.Writer, m *Model) error {
	align := []tw.Align{
		tw.AlignLeft, tw.AlignLeft, tw.AlignRight, tw.AlignLeft, tw.AlignRight, tw.AlignRight, tw.AlignRight, tw.AlignRight, tw.AlignLeft,
	}
	var rows [][]string
	for _, tried := range m.Tried() {
		rows = append(rows, tried.cells())
	}
	if err := t.rows(w, align, triedHeader, rows); err != nil {
		return err
	}
	if len(m.notes()) > 0 {
		fmt.Fprintf(w, "\n %s\n", strings.Join(m.notes(), "\n "))
	}
	for _, tried := range m.Tried() {
		first, others, ok := tried.notable()
		if !ok {
			continue
		}
		t.details(w, first, true)
		if len(others) > 0 {
			fmt.Fprintf(w, "   like it  %s\n", numbers(others))
		}
	}
	return nil
}

// mostNumbers bounds a list of trials in a line of text.
const mostNumbers = 20

func numbers(runs []Run) string {
	var list []string
	for i, r := range runs {
		if i == mostNumbers {
			list = append(list, fmt.Sprintf("and %d more", len(runs)-i))
			break
		}
		list = append(list, fmt.Sprint(r.Trial))
	}
	if len(runs) == 1 {
		return "trial " + list[0]
	}
	return "trials " + strings.Join(list, ", ")
}

type triedJSON struct {
	Scenario     string            `json:"scenario"`
	Guarantee    checker.Guarantee `json:"guarantee"`
	Expect       string            `json:"expect"`
	Asked        int               `json:"asked"`
	Judged       int64             `json:"judged"`
	Violated     int64             `json:"violated"`
	Interval     *Interval         `json:"interval,omitempty"` // none where the number of trials depended on what they showed
	First        int               `json:"first_violated,omitempty"`
	AsExpected   int64             `json:"as_expected"`
	Inconclusive int64             `json:"inconclusive"`
	Broken       int64             `json:"without_verdict"`
	Interrupted  int64             `json:"interrupted"`
	NotBegun     int64             `json:"not_begun"`
}

// trialsJSON are the trials in the document.
type trialsJSON struct {
	Trials
	Confidence float64     `json:"confidence"`
	Scenarios  []triedJSON `json:"scenarios"`
	Notes      []string    `json:"notes,omitempty"`
}

func (m *Model) trialsJSON() *trialsJSON {
	if m.Trials == nil {
		return nil
	}
	out := &trialsJSON{Trials: *m.Trials, Confidence: Confidence, Scenarios: []triedJSON{}, Notes: m.notes()}
	for _, t := range m.Tried() {
		j := triedJSON{
			Scenario: t.Scenario, Guarantee: t.Guarantee, Expect: t.Expect, Asked: t.Asked, Judged: t.Violated.Trials, Violated: t.Violated.Hits,
			First: t.First, AsExpected: t.AsExpected, Inconclusive: t.Inconclusive, Broken: t.Broken, Interrupted: t.Interrupted, NotBegun: t.NotBegun,
		}
		if t.Bounded && t.Violated.Trials > 0 {
			j.Interval = &t.Violated.Interval
		}
		out.Scenarios = append(out.Scenarios, j)
	}
	return out
}
