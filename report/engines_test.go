package report

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"surety/checker"
	"surety/checker/history"
)

// engineRun is the JSON report of a run of an engine that counts.
func engineRun(t *testing.T, wrong, duplicated int64, answer checker.Answer) *bytes.Reader {
	t.Helper()
	second := history.Nanos(time.Second)
	m := &Model{Suite: "streams", Runs: []Run{{
		Scenario: "count-kill", Engine: &Engine{"streams", "4.2.0", "count", "at_least_once"}, Guarantee: guarantee(checker.ExactlyOnce),
		Expect: "violated: wrong-state", Met: answer == checker.Violated, Faults: []string{"kill owner(input/0)"},
		Records: &Records{
			Phases: []history.Phase{{Name: "load", At: second}},
			Samples: []history.Sample{
				{Name: "lag_records", Value: 5, At: 2 * second}, {Name: "memory_bytes", Value: 1e9, At: 3 * second},
				{Name: "lag_records", Value: 90, At: 5 * second}, {Name: "lag_records", Value: 3, At: 7 * second}, {Name: "lag_records", Value: 0, At: 8 * second},
			},
			Signals: []history.Signal{{Of: "processor-1", Name: "rebalance", Text: "7"}, {Of: "processor-1", Name: "state", Text: "RUNNING"}, {Of: "processor-2", Name: "rebalance", Text: "7"}},
		},
		Verdict: &checker.Verdict{
			Answer: answer, Examined: checker.Examined{OK: 6000},
			Sinks: []checker.SinkVerdict{{Sink: "output", Counts: map[checker.Class]int64{checker.WrongState: wrong, checker.Duplicated: duplicated, checker.Lost: 0}}},
			Faults: []checker.FaultResult{{
				Label: "kill owner(input/0)", Shown: true, From: 4 * second, To: 6 * second, Recovery: 5 * second,
				Recoveries: map[int32]history.Nanos{0: 5 * second, 1: second / 2},
			}},
		},
	}, {Scenario: "of a reference processor", Verdict: &checker.Verdict{Answer: checker.Upheld}}}}
	return bytes.NewReader(render(t, JSON{}, m))
}

func TestEnginesAreComparedOverSeeds(t *testing.T) {
	var e Engines
	for _, r := range []*bytes.Reader{
		engineRun(t, 12, 70, checker.Violated), engineRun(t, 9, 70, checker.Violated), engineRun(t, 0, 70, checker.Upheld),
	} {
		if err := e.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	if len(e.Rows) != 1 {
		t.Fatalf("%d rows: %+v", len(e.Rows), e.Rows)
	}
	var text, markdown, doc bytes.Buffer
	for _, err := range []error{e.Text(&text), e.Markdown(&markdown), e.JSON(&doc)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	want := "count-kill streams 4.2.0 count at_least_once exactly-once kill 1 upheld, 2 violated (2 of 3 as expected: violated: wrong-state) " +
		"0 70 0 12, 9, 0 5.0, 5.0, 5.0 0.5, 0.5, 0.5 3.0, 3.0, 3.0"
	if got := strings.Join(strings.Fields(text.String()), " "); !strings.HasSuffix(got, want) {
		t.Errorf("the table is\n%s\nwant at its end\n%s", got, want)
	}
	if !strings.Contains(markdown.String(), "| count-kill | streams 4.2.0 | count |") {
		t.Errorf("in Markdown it is\n%s", markdown.String())
	}
	if !strings.Contains(doc.String(), `"rebalance 2, state RUNNING 1"`) {
		t.Errorf("in JSON it is\n%s", doc.String())
	}
}

func TestReportsWithoutEnginesAreNotCompared(t *testing.T) {
	for _, tt := range []struct {
		reason, text, want string
	}{
		{"no JSON", "streams", "it is no JSON report"},
		{"no engine in it", `{"scenarios": [{"name": "crash"}]}`, "no engine is under test in it"},
	} {
		var e Engines
		if err := e.Add(strings.NewReader(tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.reason, err)
		}
	}
}

func TestTheLagIsBackWhenItStaysInItsBand(t *testing.T) {
	load := []history.Phase{{Name: "warm", At: 0}, {Name: "load", At: 10}}
	lag := func(pairs ...float64) (out []history.Sample) {
		for i := 0; i < len(pairs); i += 2 {
			out = append(out, history.Sample{Name: "lag_records", At: history.Nanos(pairs[i]), Value: pairs[i+1]})
		}
		return out
	}
	for _, tt := range []struct {
		reason  string
		samples []history.Sample
		back    time.Duration
		known   bool
	}{
		{"it went up and came back", lag(20, 5, 60, 50, 70, 5), 20, true},
		{"the last time counts", lag(20, 5, 60, 50, 70, 5, 80, 6, 90, 2), 40, true},
		{"it never left", lag(20, 5, 60, 5), 0, true},
		{"it did not come back", lag(20, 5, 60, 50), 0, false},
		{"what was before the load makes no band", lag(5, 500, 20, 5, 60, 50, 70, 0), 20, true},
		{"nothing was sampled before the fault", lag(60, 50, 70, 0), 0, false},
	} {
		r := &Records{Phases: load, Samples: tt.samples}
		if back, known := r.lagBack(50); back != tt.back || known != tt.known {
			t.Errorf("%s: %d, %t; want %d, %t", tt.reason, back, known, tt.back, tt.known)
		}
	}
}
