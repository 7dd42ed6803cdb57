package workload

import (
	"runtime"
	"testing"
	"time"

	"surety/checker/history"
)

// A driver that lets the collector of garbage work is slower than what it records.
func TestDriveAllocatesNothingForARecord(t *testing.T) {
	dir, err := history.MakeDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w, err := history.Create(dir, history.Header{Run: "run"})
	if err != nil {
		t.Fatal(err)
	}
	const records = 200_000
	cfg := DriveConfig{
		Run: "run", Seed: "seed", Load: Load{Records: records, Keys: 100, Writers: 2, Size: 100},
		Sources: []Source{newRing(t)}, Recorder: w, Clock: history.NewClock(), AnswerWait: time.Minute,
		Trackers: []*Tracker{NewTracker(records)}, Latencies: NewLatencies(), Progress: &Progress{},
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err = Drive(t.Context(), cfg)
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if ok := cfg.Progress.OK.Load(); ok != records {
		t.Fatalf("%d of %d records were answered", ok, records)
	}
	if n := after.Mallocs - before.Mallocs; n > records/20 {
		t.Errorf("%d allocations for %d records", n, records)
	}
}
