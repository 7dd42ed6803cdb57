package report

import (
	"bytes"
	"strings"
	"testing"
)

// suite gives the JSON report of trials of one planted mistake.
func suite(t *testing.T, name string, trials *Trials, outcomes ...string) *bytes.Reader {
	t.Helper()
	m := &Model{Suite: name, Trials: trials}
	for i, o := range outcomes {
		outcome, met := strings.CutPrefix(o, "caught")
		if met {
			outcome = "violated"
		}
		r := trial(i+1, outcome)
		r.Processor, r.Expect, r.Met = "forgetful", "violated: duplicated", met
		m.Runs = append(m.Runs, r)
	}
	return bytes.NewReader(render(t, JSON{}, m))
}

func TestDetectionCountsWhatWasCaughtAsExpected(t *testing.T) {
	var d Detection
	for _, r := range []*bytes.Reader{
		suite(t, "kills", &Trials{Asked: 4}, "caught", "caught", "upheld", "violated"),
		suite(t, "aimed", &Trials{Asked: 3}, "caught", "inconclusive", "environment"),
	} {
		if err := d.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	var text, markdown, doc, page bytes.Buffer
	for _, err := range []error{d.Text(&text), d.Markdown(&markdown), d.JSON(&doc), d.HTML(&page)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	want := " planted mistake  shows as    kills                                   aimed\n" +
		" forgetful        duplicated  2 of 4 [6.75 %, 93.25 %], 1 otherwise  1 of 1 [2.50 %, 100 %], 2 open\n"
	if got := text.String(); strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields(want), " ") {
		t.Errorf("the table is\n%s", got)
	}
	if !strings.Contains(markdown.String(), `| forgetful | duplicated | 2 of 4 \[6.75 %, 93.25 %\], 1 otherwise | 1 of 1 \[2.50 %, 100 %\], 2 open |`) {
		t.Errorf("in Markdown it is\n%s", markdown.String())
	}
	for _, cell := range []string{"2 of 4 [6.75 %, 93.25 %], 1 otherwise", "1 of 1 [2.50 %, 100 %], 2 open", "5 trials with an answer, 2 without"} {
		if !strings.Contains(page.String(), cell) {
			t.Errorf("the page has not %q:\n%s", cell, page.String())
		}
	}
	if n := strings.Count(page.String(), "<svg"); n != 2 {
		t.Errorf("the page has %d pictures of 2 rates", n)
	}
	if !strings.Contains(doc.String(), `"violated_otherwise": 1`) {
		t.Errorf("in JSON it is\n%s", doc.String())
	}
}

func TestReportsThatTellNoRateAreRefused(t *testing.T) {
	for _, tt := range []struct {
		reason string
		of     *bytes.Reader
		want   string
	}{
		{"no JSON", bytes.NewReader([]byte("kills")), "it is no JSON report"},
		{"a single run", suite(t, "kills", nil, "caught"), "not the report of a suite that was run with --trials"},
		{"no suite", suite(t, "", &Trials{Asked: 1}, "caught"), "not the report of a suite"},
		{"trials that a violation ended", suite(t, "kills", &Trials{Asked: 9, UntilViolated: true}, "caught"), "bounds no rate"},
		{"the same suite twice", suite(t, "mixed", &Trials{Asked: 1}, "caught"), "the suite mixed is there already"},
	} {
		d := Detection{Schedules: []string{"mixed"}}
		if err := d.Add(tt.of); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.reason, err)
		}
	}
}
