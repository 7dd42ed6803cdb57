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
			Timeline: &Timeline{Width: second, P50: second / 50, P99: second / 2, Steps: []Step{{Lag: 1}, {Lag: 1}, {Lag: 5}, {Lag: 5}, {Lag: 90}, {Lag: 90}, {Lag: 90}, {Lag: 3}, {Lag: 2}, {Lag: 1}, {Lag: 1}}},
			Signals:  []history.Signal{{Of: "processor-1", Name: "rebalance", Text: "7"}, {Of: "processor-1", Name: "state", Text: "RUNNING"}, {Of: "processor-2", Name: "rebalance", Text: "7"}},
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
		"0 70 0 12, 9, 0 5.0, 5.0, 5.0 0.5, 0.5, 0.5 3.0, 3.0, 3.0 20, 20, 20 500, 500, 500"
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
	second := history.Nanos(time.Second)
	// One step a quarter of a second, the fault at 2 s, new records again after 1 s.
	calm, high := []int64{90, 90, 90, 90, 5, 9, 5, 9}, []int64{30, 60, 90, 120}
	steady := []int64{5, 5, 5, 5, 5, 5}
	for _, tt := range []struct {
		reason string
		lags   [][]int64
		back   time.Duration
		known  bool
	}{
		{"it went up and came back", [][]int64{calm, high, {60, 10, 9}, steady}, 1500 * time.Millisecond, true},
		{"a short look into the band is not back", [][]int64{calm, high, {5, 5, 60}, steady}, 1750 * time.Millisecond, true},
		{"what is above it long after does not count", [][]int64{calm, high, {5, 5}, steady, high}, time.Second, true},
		{"it never left", [][]int64{calm, {9, 9, 9, 9}, steady}, 0, true},
		{"it did not come back", [][]int64{calm, high, high}, 0, false},
	} {
		line := &Timeline{From: 0, Width: second / 4}
		for _, lags := range tt.lags {
			for _, lag := range lags {
				line.Steps = append(line.Steps, Step{Lag: lag})
			}
		}
		if back, known := line.lagBack(checker.FaultResult{From: 2 * second, Recovery: second}); back != tt.back || known != tt.known {
			t.Errorf("%s: %s, %t; want %s, %t", tt.reason, back, known, tt.back, tt.known)
		}
	}
	if _, known := (*Timeline)(nil).lagBack(checker.FaultResult{Recovery: 1}); known {
		t.Error("the lag of nothing came back")
	}
}
