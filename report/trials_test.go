package report

import (
	"encoding/json"
	"html"
	"strconv"
	"strings"
	"testing"
	"time"

	"surety/checker"
)

// trial is one run of a scenario with an outcome.
func trial(n int, outcome string) Run {
	r := Run{Scenario: "x", Trial: n, Guarantee: guarantee(checker.ExactlyOnce), Expect: "upheld", Dir: "somewhere"}
	switch outcome {
	case "unsupported":
		r.Unsupported = []string{"kill-broker"}
	case "interrupted":
		r.Interrupted = true
	case "environment":
		r.Environment = "no engine"
	default:
		r.Verdict = verdict(checker.Answer(outcome), r.Guarantee, 10)
		r.Met = outcome == "upheld"
	}
	return r
}

func TestTrialsCountWhatHasAnAnswer(t *testing.T) {
	for _, tt := range []struct {
		reason   string
		trials   Trials
		outcomes []string
		share    string
		bounds   string
		unjudged string
		expected int64
	}{
		{"all upheld: never without an upper bound", Trials{Asked: 3}, []string{"upheld", "upheld", "upheld"}, "0 of 3", "[0 %, 70.76 %]", "", 3},
		{"some violated", Trials{Asked: 4}, []string{"upheld", "violated", "upheld", "violated"}, "2 of 4", "[6.75 %, 93.25 %]", "", 2},
		{"what is inconclusive is no trial", Trials{Asked: 2}, []string{"inconclusive", "upheld"}, "0 of 1", "[0 %, 97.50 %]", "1 inconclusive", 1},
		{"nor is what the environment ended", Trials{Asked: 3}, []string{"environment", "unsupported", "interrupted"}, "0 of 0", "none was judged", "2 without a verdict, 1 interrupted", 0},
		{"a violation that ended the trying bounds nothing", Trials{Asked: 9, UntilViolated: true}, []string{"upheld", "violated"}, "1 of 2", "none: it ended with trial 2", "7 not begun", 1},
		{"no violation bounds the rate, whatever was to end the trying", Trials{Asked: 2, UntilViolated: true}, []string{"upheld", "upheld"}, "0 of 2", "[0 %, 84.19 %]", "", 2},
		{"a budget alone", Trials{Budget: time.Minute}, []string{"upheld", "upheld"}, "0 of 2", "[0 %, 84.19 %]", "", 2},
		{"a budget leaves trials out", Trials{Asked: 5, Budget: time.Minute}, []string{"upheld", "violated"}, "1 of 2", "[1.25 %, 98.75 %]", "3 not begun", 1},
	} {
		m := &Model{Trials: &tt.trials}
		for i, o := range tt.outcomes {
			m.Runs = append(m.Runs, trial(i+1, o))
		}
		got := m.Tried()
		if len(got) != 1 {
			t.Fatalf("%s: %d scenarios", tt.reason, len(got))
		}
		g := got[0]
		if g.Share() != tt.share || g.Bounds() != tt.bounds || g.Unjudged() != tt.unjudged || g.AsExpected != tt.expected {
			t.Errorf("%s: %s, %s, %q, %d as expected", tt.reason, g.Share(), g.Bounds(), g.Unjudged(), g.AsExpected)
		}
	}
}

// Every format has the same share and the same interval.
func TestAllFormatsOfTrialsAgree(t *testing.T) {
	for name, m := range models() {
		tried := m.Tried()
		if len(tried) == 0 {
			continue
		}
		var d document
		if err := json.Unmarshal(render(t, JSON{}, m), &d); err != nil {
			t.Fatal(err)
		}
		csv := csvTable(t, render(t, CSV{}, m))
		suites := parsed(t, render(t, JUnit{}, m)).all("testsuite")
		markdown := markdownRows(string(render(t, Markdown{}, m)))
		page := html.UnescapeString(string(render(t, HTML{}, m)))
		text := string(render(t, Terminal{}, m))
		for i, g := range tried {
			j := d.Trials.Scenarios[i]
			share := grouped(j.Violated) + " of " + grouped(j.Judged)
			bounds := "none: it ended with trial " + strconv.Itoa(j.First)
			if j.Interval != nil {
				bounds = Rate{j.Violated, j.Judged, *j.Interval}.String()
			}
			if want := g.Scenario + " " + g.Share() + " " + g.Bounds(); j.Scenario+" "+share+" "+bounds != want {
				t.Errorf("%s: JSON has %s %s %s, the model %s", name, j.Scenario, share, bounds, want)
			}
			found := false
			for line := range strings.Lines(text) {
				row := cells.Split(strings.TrimSpace(line), -1)
				found = found || len(row) > 4 && row[0] == g.Scenario && row[2] == share && row[3] == bounds
			}
			if !found {
				t.Errorf("%s: the terminal does not say %s %s of %s:\n%s", name, share, bounds, g.Scenario, text)
			}
			if row := markdown[g.Scenario]; len(row) != len(triedHeader) || row[2] != share || row[3] != markdownText(bounds) {
				t.Errorf("%s: the row of %s in Markdown is %q", name, g.Scenario, row)
			}
			if !strings.Contains(page, "<td>"+share+"</td><td>"+bounds+"</td>") {
				t.Errorf("%s: the page has not %s %s", name, share, bounds)
			}
			for _, s := range suites {
				suite, _ := s.attr("name")
				if !strings.HasPrefix(suite, g.Scenario+",") {
					continue
				}
				properties := map[string]string{}
				for _, p := range s.all("properties")[0].all("property") {
					k, _ := p.attr("name")
					properties[k], _ = p.attr("value")
				}
				if properties["trials-violated"] != share || properties["trials-confidence-95"] != bounds {
					t.Errorf("%s: JUnit says %q of %s", name, properties, suite)
				}
			}
			key := g.Scenario + " trials "
			if csv[key+"violated "] != strconv.FormatInt(j.Violated, 10) || csv[key+"judged "] != strconv.FormatInt(j.Judged, 10) {
				t.Errorf("%s: CSV has %s of %s for %s", name, csv[key+"violated "], csv[key+"judged "], g.Scenario)
			}
			if _, bounded := csv[key+"high-95 "]; bounded != (j.Interval != nil) {
				t.Errorf("%s: an interval of %s in CSV is %t, in JSON %t", name, g.Scenario, bounded, j.Interval != nil)
			}
		}
	}
}

// Of many trials that go wrong alike one is shown, and the others are named.
func TestOneTrialOfManyIsShown(t *testing.T) {
	m := &Model{Trials: &Trials{Asked: 40}}
	for i := range 40 {
		r := violated()
		r.Scenario, r.Trial = "x", i+1
		m.Runs = append(m.Runs, r)
	}
	text := string(render(t, Terminal{}, m))
	if n := strings.Count(text, "look at"); n != 2 { // one trial with two classes
		t.Errorf("%d findings are shown:\n%s", n, text)
	}
	if !strings.Contains(text, "x, trial 1\n") || !strings.Contains(text, "like it  trials 2, 3, ") || !strings.Contains(text, "21, and 19 more\n") {
		t.Errorf("the others are not named:\n%s", text)
	}
}
