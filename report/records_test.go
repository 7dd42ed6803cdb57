package report

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"surety/checker"
	"surety/checker/history"
)

// story writes the history of a run of n records of one key, one each millisecond:
// the first sees a fault, every tenth is lost, and every twenty-fifth comes twice.
func story(t *testing.T, n int) (dir string, lost, duplicated int64) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "run")
	d, err := history.MakeDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	spec := checker.Spec{Sinks: []checker.SinkSpec{{Name: "output", Oracle: "identity", Guarantee: guarantee(checker.ExactlyOnce)}}}
	plan, err := json.Marshal(map[string]any{"judge": spec})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Date(2026, 11, 21, 6, 0, 0, 0, time.UTC)
	w, err := history.Create(d, history.Header{Format: history.Format, Scenario: "story", Seed: "1", Began: began, Versions: map[string]string{"verify": "test"}, Plan: plan})
	if err != nil {
		t.Fatal(err)
	}
	w.Append(history.KindVersions, history.Versions{Of: map[string]string{"broker": "test 1"}})
	w.Append(history.KindSession, history.Session{Session: 1, Sink: "output", View: history.Committed, Purpose: history.Tail})
	w.Append(history.KindSample, history.Sample{Name: "lag_records", Of: "group", Value: 3, At: ms})
	key := w.Name("k1")
	var offsets []int64 // of the sequences that came out
	for i := range n {
		at, seq := history.Nanos(i+1)*ms, int64(i)
		w.Intent(history.Intent{Attempt: uint64(i + 1), Key: key, Seq: seq, At: at, Intended: at})
		w.Outcome(history.Outcome{Attempt: uint64(i + 1), Class: history.OK, Offset: seq, At: at + ms})
		see := func() {
			w.Observation(history.Observation{Session: 1, Offset: int64(len(offsets)), Key: key, Seq: seq, At: at + 5*ms})
			offsets = append(offsets, seq)
		}
		switch {
		case i%10 == 9:
			lost++
		case i%25 == 3:
			see()
			see()
			duplicated++
		default:
			see()
		}
	}
	end := history.Nanos(n)*ms + 100*ms
	w.Append(history.KindDrain, history.Drain{Drained: true, At: end})
	w.Append(history.KindSession, history.Session{Session: 2, Sink: "output", View: history.Committed, Purpose: history.Final, At: end})
	for offset, seq := range offsets {
		w.Observation(history.Observation{Session: 2, Offset: int64(offset), Key: key, Seq: seq, At: end})
		w.Observation(history.Observation{Session: 2, Offset: int64(offset), Key: key, Seq: seq, At: end}) // the same stored record again
	}
	w.Append(history.KindSessionEnd, history.SessionEnd{Session: 2, At: end})
	w.Append(history.KindEnd, history.End{At: end})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, lost, duplicated
}

// A plot has as many lost and duplicated records at its end as the judge counts.
func TestATimelineCountsWhatTheJudgeCounts(t *testing.T) {
	for _, n := range []int{1, 10, 255, 257, 5000} {
		dir, lost, duplicated := story(t, n)
		spec := checker.Spec{Sinks: []checker.SinkSpec{{Name: "output", Oracle: "identity", Guarantee: guarantee(checker.ExactlyOnce)}}}
		v, err := checker.Judge(func() (*history.Reader, error) { return history.Open(dir) }, spec)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Load(dir, v)
		if err != nil {
			t.Fatal(err)
		}
		line := r.Timeline
		if len(line.Steps) > Buckets || !line.Counted || line.Sink != "output" {
			t.Fatalf("%d records: %d steps of %s, counted %t", n, len(line.Steps), line.Sink, line.Counted)
		}
		var offered, ok, seen int64
		for _, s := range line.Steps {
			offered, ok, seen = offered+s.Offered, ok+s.OK, seen+s.Seen
			if s.P99 > 0 && (s.P50 > s.P99 || s.P50 < 5*ms || s.P99 > 5*ms*9/8) {
				t.Errorf("%d records: latencies of 5 ms are %s and %s", n, stamp(s.P50), stamp(s.P99))
			}
		}
		last := line.Steps[len(line.Steps)-1]
		counts := v.Sinks[0].Counts
		if offered != int64(n) || ok != int64(n) || seen != int64(n)-lost || last.Lag != lost ||
			last.Lost != counts[checker.Lost] || last.Duplicated != counts[checker.Duplicated] || last.Lost != lost || last.Duplicated != duplicated {
			t.Errorf("%d records: offered %d, ok %d, seen %d, at the end %+v; the judge counts %v", n, offered, ok, seen, last, counts)
		}
		if len(r.Samples) != 1 || r.Versions["broker"] != "test 1" || r.Versions["verify"] != "test" {
			t.Errorf("%d records: samples %v, versions %v", n, r.Samples, r.Versions)
		}
		for _, l := range r.Lanes {
			if len(l.Attempts) == 0 || len(l.Attempts) > 2*around+1 {
				t.Errorf("%d records: %d attempts around sequence %d", n, len(l.Attempts), l.Finding.Seq)
			}
		}
	}
}

func TestABinHoldsItsTimesAndIsNarrow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.Int64Range(0, math.MaxInt64/4).Draw(t, "d")
		u := upper(bin(uint64(d)))
		if int64(u) < d || float64(u) > float64(d)*1.125+1 {
			t.Errorf("%d is counted as %d", d, u)
		}
	})
}

func TestLogLinesAreThoseOfTheMoments(t *testing.T) {
	dir, _, _ := story(t, 20)
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, "logs", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("broker-1.log", "[2026-11-21 05:59:00,100] long before\n[2026-11-21 06:00:03,100] epoch moved\n[2026-11-21 06:01:00,000] long after\n")
	write("processor-1.log", strings.Repeat("no time in it\n", 100)+strings.Repeat("x", 2000)+"\n")
	v := violated().Verdict
	lines := logLines(history.Dir(dir), time.Date(2026, 11, 21, 6, 0, 0, 0, time.UTC), v)
	if len(lines) != 2 || !lines[0].Timed || len(lines[0].Lines) != 1 || !strings.Contains(lines[0].Lines[0], "epoch moved") {
		t.Fatalf("%+v", lines)
	}
	if l := lines[1]; l.Timed || len(l.Lines) != manyLines || len(l.Lines[manyLines-1]) > maxLine+10 {
		t.Errorf("of a log without times: %d lines", len(l.Lines))
	}
}

func TestARunWithoutAHistorySaysWhy(t *testing.T) {
	if _, err := Load(filepath.Join(t.TempDir(), "nowhere"), nil); err == nil {
		t.Error("nothing is missing")
	}
}
