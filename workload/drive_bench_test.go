package workload

import (
	"context"
	"syscall"
	"testing"
	"time"

	"surety/checker/history"
)

// BenchmarkDrive is what recording costs besides the client: every intent and
// outcome on disk, latencies and a tracker, with a client that costs next to nothing.
func BenchmarkDrive(b *testing.B) {
	dir, err := history.MakeDir(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	w, err := history.Create(dir, history.Header{Run: "run"})
	if err != nil {
		b.Fatal(err)
	}
	source := newRing(b)
	b.ReportAllocs()
	before := cpuTime(b)
	b.ResetTimer()
	err = Drive(b.Context(), DriveConfig{
		Run: "run", Seed: "seed", Load: Load{Records: int64(b.N), Keys: 1000, Writers: 1, Size: 100},
		Sources: []Source{source}, Recorder: w, Clock: history.NewClock(), AnswerWait: time.Minute,
		Trackers: []*Tracker{NewTracker(int64(b.N))}, Latencies: NewLatencies(),
	})
	b.StopTimer()
	b.ReportMetric(float64(cpuTime(b)-before)/float64(b.N), "cpu-ns/op")
	if err != nil {
		b.Fatal(err)
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
}

// cpuTime of this process in nanoseconds: it means something on a busy machine too.
func cpuTime(b *testing.B) int64 {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

// ring is a client with room for some thousand records, which it answers in their
// order without a word to anyone.
type ring struct{ in chan sent }

type sent struct {
	r    *Record
	done func(*Record, Answer)
}

func (s *ring) Send(_ context.Context, r *Record, done func(*Record, Answer)) { s.in <- sent{r, done} }

func newRing(b testing.TB) *ring {
	s := &ring{make(chan sent, 1<<13)}
	go func() {
		for x := range s.in {
			ok(x.r, x.done)
		}
	}()
	b.Cleanup(func() { close(s.in) })
	return s
}
