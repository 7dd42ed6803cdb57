package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/olekukonko/tablewriter/tw"

	"surety/checker"
)

// Comparison holds two sets of runs against each other, scenario by scenario.
type Comparison struct {
	A, B string // where they come from
	Rows []ComparisonRow
	Only []string // scenarios without a verdict on one side
}

// ComparisonRow is one figure of one scenario on both sides.
type ComparisonRow struct {
	Scenario   string      `json:"scenario"`
	Figure     string      `json:"figure"`                    // violated, or a time with its unit
	RateA      *Rate       `json:"rate_a,omitempty"`          // of violated
	RateB      *Rate       `json:"rate_b,omitempty"`          //
	MoreTrials *MoreTrials `json:"trials_to_bound,omitempty"` // where neither side was violated
	A          *Median     `json:"a,omitempty"`               // of times
	B          *Median     `json:"b,omitempty"`               //
	Difference `json:"difference"`
}

// MoreTrials is how many further runs without a violation bound its rate by Most.
type MoreTrials struct {
	Most float64 `json:"most"`
	A    int64   `json:"a"`
	B    int64   `json:"b"`
}

// targetBound is the rate that further trials are counted for.
const targetBound = 0.05

// times of a run that are compared. Both are compared without a model of their
// distribution.
var comparedTimes = []struct {
	name string
	of   func(r Run) (float64, bool)
}{
	{"recovery s", func(r Run) (float64, bool) {
		d := longestRecovery(r.Verdict)
		return d.Seconds(), d > 0
	}},
	{"acknowledged p99 ms", func(r Run) (float64, bool) { return r.sample("latency_p99_ms") }},
}

// sample is the last value of a sample, where the records of a run were read.
func (r Run) sample(name string) (value float64, ok bool) {
	if r.Records == nil {
		return 0, false
	}
	for _, s := range r.Records.Samples {
		if s.Name == name {
			value, ok = s.Value, true
		}
	}
	return value, ok
}

// Compare compares the judged runs of each scenario that both sides have. What is
// inconclusive is no trial.
func Compare(a, b []Run) *Comparison {
	c := &Comparison{}
	var names []string
	for _, r := range slices.Concat(a, b) {
		if !slices.Contains(names, r.Scenario) {
			names = append(names, r.Scenario)
		}
	}
	for _, name := range names {
		x, y := trialsOf(a, name), trialsOf(b, name)
		if len(x) == 0 || len(y) == 0 {
			c.Only = append(c.Only, name)
			continue
		}
		c.Rows = append(c.Rows, compareRates(name, x, y))
		for _, t := range comparedTimes {
			v, w := collect(x, t.of), collect(y, t.of)
			if len(v) == 0 || len(w) == 0 {
				continue
			}
			m, n := MedianOf(v), MedianOf(w)
			c.Rows = append(c.Rows, ComparisonRow{Scenario: name, Figure: t.name, A: &m, B: &n, Difference: MannWhitney(v, w)})
		}
	}
	return c
}

func trialsOf(runs []Run, scenario string) (out []Run) {
	for _, r := range runs {
		if o := r.Outcome(); r.Scenario == scenario && (o == string(checker.Upheld) || o == string(checker.Violated)) {
			out = append(out, r)
		}
	}
	return out
}

func compareRates(name string, a, b []Run) ComparisonRow {
	x, y := violations(a), violations(b)
	row := ComparisonRow{Scenario: name, Figure: "violated", RateA: &x, RateB: &y, Difference: FisherExact(x, y)}
	if x.Hits+y.Hits == 0 {
		want := TrialsFor(targetBound, Confidence)
		row.MoreTrials = &MoreTrials{targetBound, max(0, want-x.Trials), max(0, want-y.Trials)}
	}
	return row
}

func violations(runs []Run) Rate {
	hits := int64(0)
	for _, r := range runs {
		if r.Outcome() == string(checker.Violated) {
			hits++
		}
	}
	return RateOf(hits, int64(len(runs)))
}

func collect(runs []Run, of func(Run) (float64, bool)) (out []float64) {
	for _, r := range runs {
		if v, ok := of(r); ok {
			out = append(out, v)
		}
	}
	return out
}

// says is the answer of a test in words.
func (r ComparisonRow) says() string {
	switch {
	case !r.Enough:
		return signInconclusive + " too few"
	case r.Shown():
		return "differs"
	}
	return "no difference shown"
}

var comparisonAlign = []tw.Align{tw.AlignLeft, tw.AlignLeft, tw.AlignRight, tw.AlignRight, tw.AlignRight, tw.AlignRight, tw.AlignLeft}

// Text writes the table for people.
func (c Comparison) Text(w io.Writer) error {
	var out strings.Builder
	fmt.Fprintf(&out, "surety  comparison\n A  %s\n B  %s\n\n", c.A, c.B)
	var rows [][]string
	few, more := false, ""
	for _, r := range c.Rows {
		cells := []string{r.Scenario, r.Figure, "", "", fmt.Sprintf("%.2f", r.Greater), fmt.Sprintf("%.4f", r.P), r.says()}
		if r.RateA != nil {
			cells[2], cells[3] = fmt.Sprintf("%d of %d %s", r.RateA.Hits, r.RateA.Trials, r.RateA), fmt.Sprintf("%d of %d %s", r.RateB.Hits, r.RateB.Trials, r.RateB)
		} else {
			cells[2], cells[3] = fmt.Sprintf("%s n=%d", bounds(*r.A), r.A.N), fmt.Sprintf("%s n=%d", bounds(*r.B), r.B.N)
		}
		few = few || !r.Enough
		if t := r.MoreTrials; t != nil && t.A+t.B > 0 && more == "" {
			more = fmt.Sprintf(" a violation rate of at most %.0f %% takes %d trials without one", 100*t.Most, TrialsFor(t.Most, Confidence))
			more += fmt.Sprintf(": of %s %d more in A, %d more in B\n", r.Scenario, t.A, t.B)
		}
		rows = append(rows, cells)
	}
	if len(rows) == 0 {
		fmt.Fprintln(&out, " no scenario was judged on both sides")
	} else if err := table(&out, comparisonAlign, []string{"scenario", "figure", "A", "B", "B > A", "p", ""}, rows); err != nil {
		return err
	}
	fmt.Fprintf(&out, "\n median or rate with its interval of %.0f %%, [..]? the extremes of few · B > A: how often a value of B is the greater one, 0.5 is no difference\n", 100*Confidence)
	if len(c.Rows) > 0 {
		fmt.Fprintf(&out, " times by Mann and Whitney, rates by Fisher · of %s without any difference about one in %.0f looks like one\n",
			plural(int64(len(c.Rows)), "test"), 1/(1-Confidence))
	}
	if few {
		fmt.Fprintf(&out, " %s too few: no result of so few runs could show a difference; run more\n", signInconclusive)
	}
	out.WriteString(more)
	if len(c.Only) > 0 {
		fmt.Fprintf(&out, " %s without a verdict on one side, where an inconclusive run is none: %s\n", signInconclusive, strings.Join(c.Only, ", "))
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// ComparisonSchema is the version of the JSON document.
const ComparisonSchema = 1

// JSON writes one document with all tests.
func (c Comparison) JSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	rows := c.Rows
	if rows == nil {
		rows = []ComparisonRow{}
	}
	return e.Encode(struct {
		Schema int             `json:"schema"`
		A      string          `json:"a"`
		B      string          `json:"b"`
		Tests  []ComparisonRow `json:"tests"`
		Only   []string        `json:"one_side_alone,omitempty"`
	}{ComparisonSchema, c.A, c.B, rows, c.Only})
}
