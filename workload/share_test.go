package workload

import (
	"errors"
	"io"
	"sync"
	"testing"
	"time"

	"surety/checker/history"
)

// Several drivers of one process may share a history: no attempt, key or writer is
// taken twice.
func TestDriversShareOneHistory(t *testing.T) {
	dir, err := history.MakeDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w, err := history.Create(dir, history.Header{Run: "run"})
	if err != nil {
		t.Fatal(err)
	}
	loads := []Load{
		{Records: 8_000, Keys: 50, Writers: 2},
		{Records: 4_000, Keys: 7, Writers: 1, Rate: 1e6},
		{Records: 6_000, Keys: 20, Writers: 3},
	}
	clock := history.NewClock()
	var all sync.WaitGroup
	errs := make([]error, len(loads))
	for i, l := range loads {
		source := newEcho(t)
		all.Go(func() {
			errs[i] = Drive(t.Context(), DriveConfig{
				Run: "run", Seed: "seed", Load: l, After: loads[:i], Sources: []Source{source},
				Recorder: w, Clock: clock, AnswerWait: time.Minute,
			})
		})
	}
	all.Wait()
	if err := errors.Join(append(errs, w.Close())...); err != nil {
		t.Fatal(err)
	}

	r, err := history.Open(dir.History())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	attempts, owners, next := map[uint64]bool{}, map[history.Name]uint32{}, map[history.Name]int64{}
	outcomes := map[uint64]bool{}
	var rec history.Record
	for err = r.Next(&rec); err == nil; err = r.Next(&rec) {
		switch rec.Kind {
		case history.KindIntent:
			v := rec.Intent
			if attempts[v.Attempt] {
				t.Fatalf("attempt %d was made twice", v.Attempt)
			}
			if owner, owned := owners[v.Key]; owned && owner != v.Writer {
				t.Fatalf("key %s has the writers %d and %d", r.Name(v.Key), owner, v.Writer)
			}
			if v.Seq != next[v.Key] {
				t.Fatalf("key %s: sequence %d, want %d", r.Name(v.Key), v.Seq, next[v.Key])
			}
			attempts[v.Attempt], owners[v.Key] = true, v.Writer
			next[v.Key]++
		case history.KindOutcome:
			outcomes[rec.Outcome.Attempt] = true
		}
	}
	if !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	if len(attempts) != 18_000 || len(outcomes) != 18_000 || len(owners) != 77 {
		t.Errorf("%d attempts, %d outcomes, %d keys", len(attempts), len(outcomes), len(owners))
	}
}
