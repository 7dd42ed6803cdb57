package checker

import (
	"testing"

	"surety/checker/history"
)

// BenchmarkLogs is what judging the logs adds to one pass over a stored history:
// the pass with and without it.
func BenchmarkLogs(b *testing.B) {
	dir, n := logRun(b, 1_000_000)
	for _, bb := range []struct {
		name string
		with bool
	}{{"decode only", false}, {"decode and judge", true}} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				open := func() (source, error) { return history.Open(string(dir)) }
				src, err := open()
				if err != nil {
					b.Fatal(err)
				}
				f := newLogFold(src.Name)
				err = each(src, func(rec *history.Record) error {
					if bb.with {
						return f.record(rec)
					}
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
				if err := f.judge(open, true); err != nil {
					b.Fatal(err)
				}
				if err := src.Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n)/float64(b.N), "ns/record")
		})
	}
}

// logRun stores a run of n sends by four writers into six partitions, all
// acknowledged, with a tail, and the final read of the input; it returns the
// number of records.
func logRun(b *testing.B, n int) (history.Dir, int) {
	b.Helper()
	dir, err := history.MakeDir(b.TempDir() + "/run")
	if err != nil {
		b.Fatal(err)
	}
	w, err := history.Create(dir, history.Header{Run: "r1"})
	if err != nil {
		b.Fatal(err)
	}
	const parts, window = 6, 100
	key := w.Name("key")
	at := func(i int) history.Observation {
		return history.Observation{Partition: int32(i % parts), Offset: int64(i / parts), Key: key, Seq: int64(i), First: i%500 < parts}
	}
	w.Append(history.KindSession, history.Session{Session: 1, Sink: "out", Topic: "in", View: history.Committed, Purpose: history.Tail})
	records := 2
	answer := func(i int) {
		w.Outcome(history.Outcome{Attempt: uint64(i) + 1, Class: history.OK, Partition: int32(i % parts), Offset: int64(i / parts)})
		o := at(i)
		o.Session = 1
		w.Observation(o)
		records += 2
	}
	for i := range n {
		w.Intent(history.Intent{Attempt: uint64(i) + 1, Writer: uint32(i % 4), Key: key, Seq: int64(i)})
		records++
		if i >= window {
			answer(i - window)
		}
	}
	for i := n - window; i < n; i++ {
		answer(i)
	}
	w.Append(history.KindSession, history.Session{Session: 2, Sink: "input", Topic: "in", View: history.Input, Purpose: history.Final})
	for i := range n {
		o := at(i)
		o.Session = 2
		w.Observation(o)
		records++
	}
	w.Append(history.KindSessionEnd, history.SessionEnd{Session: 2})
	w.Append(history.KindEnd, history.End{})
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	return dir, records
}
