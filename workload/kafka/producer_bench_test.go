package kafka

import (
	"testing"
	"time"

	"surety/checker/history"
	"surety/workload"
)

// BenchmarkRecordingProducer drives records into an in-process cluster, with
// every intent and outcome written to a history on disk.
func BenchmarkRecordingProducer(b *testing.B) {
	_, e := cluster(b)
	create(b, e, "log", 6)
	clock := history.NewClock()
	p, err := NewProducer(ProducerConfig{Endpoint: e, Topic: "log", Clock: clock, Buffer: 1 << 14})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	dir, err := history.MakeDir(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	w, err := history.Create(dir, history.Header{Run: "run"})
	if err != nil {
		b.Fatal(err)
	}
	progress, tracker := &workload.Progress{}, workload.NewTracker(int64(b.N))
	b.ReportAllocs()
	b.ResetTimer()
	err = workload.Drive(b.Context(), workload.DriveConfig{
		Run: "run", Seed: "seed", Load: workload.Load{Records: int64(b.N), Keys: 1000, Writers: 1, Size: 100},
		Sources: []workload.Source{p}, Recorder: w, Clock: clock, Progress: progress,
		Trackers: []*workload.Tracker{tracker}, Latencies: workload.NewLatencies(), AnswerWait: time.Hour,
	})
	b.StopTimer()
	if err != nil {
		b.Fatal(err)
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	if progress.OK.Load() != int64(b.N) {
		b.Fatalf("%d of %d acknowledged", progress.OK.Load(), b.N)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

// BenchmarkFinalRead reads what was driven, with every observation written to a
// history on disk.
func BenchmarkFinalRead(b *testing.B) {
	_, e := cluster(b)
	create(b, e, "log", 6)
	p, err := NewProducer(ProducerConfig{Endpoint: e, Topic: "log"})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	dir, err := history.MakeDir(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	w, err := history.Create(dir, history.Header{Run: "run"})
	if err != nil {
		b.Fatal(err)
	}
	clock := history.NewClock()
	err = workload.Drive(b.Context(), workload.DriveConfig{
		Run: "run", Seed: "seed", Load: workload.Load{Records: int64(b.N), Keys: 1000, Writers: 1, Size: 100},
		Sources: []workload.Source{p}, Recorder: w, Clock: clock, AnswerWait: time.Hour,
	})
	if err != nil {
		b.Fatal(err)
	}
	r := &Reader{Endpoint: e, Topic: "log", Run: "run", Recorder: w, Clock: clock}
	b.ReportAllocs()
	b.ResetTimer()
	err = r.Observe(b.Context(), history.Session{Session: 1, View: history.Committed, Purpose: history.Final})
	b.StopTimer()
	if err != nil {
		b.Fatal(err)
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
}
