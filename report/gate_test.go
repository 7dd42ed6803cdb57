package report

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"surety/checker"
)

func TestABaselineKnowsOnlyWhatItLists(t *testing.T) {
	all := BaselineOf(model(1, violated()))
	var text bytes.Buffer
	if err := all.Write(&text); err != nil {
		t.Fatal(err)
	}
	read, err := ReadBaseline(&text)
	if err != nil || len(read.Known) != 2 {
		t.Fatalf("error %v, %+v", err, read)
	}
	elsewhere := violated()
	elsewhere.Scenario = "another"
	for _, tt := range []struct {
		why   string
		known []Known
		run   Run
		want  bool
	}{
		{"all that is violated is listed", read.Known, violated(), true},
		{"one class of two is new", read.Known[:1], violated(), false},
		{"another scenario may not", read.Known, elsewhere, false},
		{"nothing is violated", read.Known, upheld(), false},
		{"nothing was judged", read.Known, environment(), false},
		{"an empty list knows nothing", nil, violated(), false},
	} {
		if got := (Baseline{Format: BaselineFormat, Known: tt.known}).Knows(tt.run); got != tt.want {
			t.Errorf("%s: %v", tt.why, got)
		}
	}
	if b := BaselineOf(model(0, caught(), upheld(), inconclusive(), environment())); len(b.Known) != 0 {
		t.Errorf("what was expected, or is no violation, is listed: %v", b.Known)
	}
}

func TestWhatABaselineListsAndARunUpheldIsGone(t *testing.T) {
	b := BaselineOf(model(1, violated()))
	mended := upheld()
	mended.Scenario = violated().Scenario
	open := inconclusive()
	open.Scenario = violated().Scenario
	for why, tt := range map[string]struct {
		run  Run
		gone int
	}{
		"upheld":                   {mended, 2},
		"still violated":           {violated(), 0},
		"not known, as it is open": {open, 0},
		"not run":                  {control(), 0},
	} {
		if gone := b.Gone(model(0, tt.run)); len(gone) != tt.gone {
			t.Errorf("%s: %v", why, gone)
		}
	}
}

func TestAnnotationsAreFewAndSayWhere(t *testing.T) {
	bad, open, known := violated(), inconclusive(), violated()
	bad.Source = Source{File: "scenarios/a,b.yaml", Line: 12}
	known.Known, known.Met, known.Scenario = "known.json", true, "old"
	got := string(render(t, Annotations{}, model(1, upheld(), caught(), open, known, bad)))
	lines := strings.Split(strings.TrimSpace(got), "\n")
	if len(lines) != 3 {
		t.Fatalf("%d annotations:\n%s", len(lines), got)
	}
	for i, want := range []string{
		"::error file=scenarios/a%2Cb.yaml,line=12,title=✘ violated%3A offsets-outside-transaction did not keep exactly-once + order::",
		"::warning title=? inconclusive%3A whether lag-200ms keeps", "::notice title=✘ known%3A old",
	} {
		if !strings.HasPrefix(lines[i], strings.SplitN(want, "::", 3)[0]) || !strings.Contains(lines[i], want) {
			t.Errorf("line %d is %s", i+1, lines[i])
		}
	}
	if !strings.Contains(lines[0], "%0A") || !strings.Contains(lines[0], "0.92 %25") {
		t.Errorf("line ends and percent signs are not escaped: %s", lines[0])
	}
	var many []Run
	for range 30 {
		many = append(many, violated())
	}
	got = string(render(t, Annotations{}, model(1, many...)))
	if n := strings.Count(got, "\n"); n != annotated+1 || !strings.HasSuffix(got, "::notice title=verify::21 more in the summary of the step\n") {
		t.Errorf("%d lines:\n%s", n, got)
	}
}

func TestThresholdsAreComparedWithWhatWasMeasured(t *testing.T) {
	run := upheld() // recovered within 0.9 s
	run.Records = &Records{Timeline: &Timeline{
		Width: 100 * ms, P99: 80 * ms,
		Steps: []Step{{Offered: 100, Seen: 60, Lag: 40}, {Offered: 100, Seen: 90, Lag: 50}, {Seen: 50}},
	}}
	without := upheld()
	without.Records = &Records{Missing: "the history ends in the middle of a record"}
	calm := control()
	for _, tt := range []struct {
		why    string
		limits Thresholds
		run    Run
		missed string // of what; empty = all are kept
	}{
		{"no limit", Thresholds{}, run, ""},
		{"as much as is allowed", Thresholds{Recovery: 900 * time.Millisecond, Lag: 50, Latency: 80 * time.Millisecond, Throughput: 750}, run, ""},
		{"recovery", Thresholds{Recovery: 899 * time.Millisecond}, run, "recovery took 0.9 s"},
		{"no recovery was seen", Thresholds{Recovery: time.Second}, calm, "no recovery was seen"},
		{"lag", Thresholds{Lag: 49}, run, "the lag reached 50 records"},
		{"latency", Thresholds{Latency: 79 * time.Millisecond}, run, "99th percentile of latency was 80 ms"},
		{"what came after the load is not its throughput", Thresholds{Throughput: 751}, run, "750/s came through"},
		{"no records", Thresholds{Lag: 1000}, without, "cannot be told from its records: the history ends"},
	} {
		got := tt.limits.Missed(tt.run)
		if tt.missed == "" && len(got) > 0 || tt.missed != "" && (len(got) != 1 || !strings.Contains(got[0].Text, tt.missed)) {
			t.Errorf("%s: %v", tt.why, got)
		}
	}
}

// A threshold that is missed and a known violation have their own words everywhere.
func TestWhatTheGateDecidesIsSaidInEveryFormat(t *testing.T) {
	slow, known := upheld(), violated()
	slow.Met, slow.Missed = false, []Miss{{"lag", "the lag reached 5,210 records; at most 5,000 were wanted"}}
	known.Known, known.Met = "known.json", true
	m := model(1, slow, known)
	for _, tt := range []struct {
		format Format
		says   []string
	}{
		{Terminal{}, []string{"✘ threshold missed", "✘ known violation", "1 upheld, 1 of them below a threshold · 1 violated, 1 of them known", "5,210"}},
		{Markdown{}, []string{"1 threshold missed, 1 known violation of 2 scenarios", "5,210"}},
		{JUnit{}, []string{`name="threshold: lag"`, `message="the lag reached 5,210`, "known: known.json", `failures="1"`}},
		{JSON{}, []string{`"threshold": "lag"`, `"known": "known.json"`}},
		{HTML{}, []string{"1 threshold missed, 1 known violation of 2 scenarios", "5,210"}},
	} {
		got := string(render(t, tt.format, m))
		for _, want := range tt.says {
			if !strings.Contains(got, want) {
				t.Errorf("%s does not say %q:\n%s", tt.format.Name(), want, got)
			}
		}
	}
	if n := BaselineOf(m); len(n.Known) != 2 || n.Known[0].Class != checker.Duplicated {
		t.Errorf("a known violation is left out of the next baseline: %v", n.Known)
	}
}
