package workload

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"surety/checker/history"
)

// echo answers every record at once, from a goroutine of its own.
type echo struct{ answers chan func() }

func newEcho(t testing.TB) *echo {
	e := &echo{make(chan func(), 1<<12)}
	go func() {
		for answer := range e.answers {
			answer()
		}
	}()
	if t != nil {
		t.Cleanup(func() { close(e.answers) })
	}
	return e
}

func (e *echo) Send(_ context.Context, r *Record, done func(*Record, Answer)) {
	e.answers <- func() { ok(r, done) }
}

func drive(dir history.Dir, e Source, records int64) error {
	w, err := history.Create(dir, history.Header{Run: "run"})
	if err != nil {
		return err
	}
	err = Drive(context.Background(), DriveConfig{
		Run: "run", Seed: "seed", Load: Load{Records: records, Keys: 100, Writers: 2},
		Sources: []Source{e}, Recorder: w, Clock: history.NewClock(), AnswerWait: time.Minute,
	})
	return errors.Join(err, w.Close())
}

func driveUntilKilled(dir string) {
	fmt.Fprintln(os.Stderr, drive(history.Dir(dir), newEcho(nil), 1<<40))
	os.Exit(1)
}

// intended reads a history and fails where an outcome stands without its intent.
func intended(t *testing.T, path string) (intents, outcomes int) {
	t.Helper()
	r, err := history.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	tried := map[uint64]bool{}
	var rec history.Record
	for {
		err := r.Next(&rec)
		if errors.Is(err, io.EOF) {
			if !r.CutOff() {
				t.Error("a history without an end does not read as cut off")
			}
			return len(tried), outcomes
		}
		if err != nil {
			t.Fatal(err)
		}
		switch rec.Kind {
		case history.KindIntent:
			tried[rec.Intent.Attempt] = true
		case history.KindOutcome:
			outcomes++
			if !tried[rec.Outcome.Attempt] {
				t.Fatalf("the outcome of attempt %d stands without its intent", rec.Outcome.Attempt)
			}
		}
	}
}

// A harness may die between any two blocks and within each.
func TestNoOutcomeWithoutItsIntentWhereverTheHistoryEnds(t *testing.T) {
	dir, err := history.MakeDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := drive(dir, newEcho(t), 30_000); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(dir.History())
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(t.TempDir(), "cut.bin")
	const prefix, header = 12, 12
	blocks, last := 0, 0
	for at := prefix; at < len(whole); blocks++ {
		at += header + int(binary.LittleEndian.Uint32(whole[at:]))
		for _, size := range []int{at, at - 1} {
			if err := os.WriteFile(cut, whole[:size], 0o600); err != nil {
				t.Fatal(err)
			}
			intents, outcomes := intended(t, cut)
			if outcomes > intents || size == at && intents < last {
				t.Errorf("cut at byte %d: %d intents, %d outcomes", size, intents, outcomes)
			}
			if size == at {
				last = intents
			}
		}
	}
	if blocks < 5 || last != 30_000 {
		t.Errorf("%d blocks with %d intents: too little to try", blocks, last)
	}
}

func TestNoOutcomeWithoutItsIntentAfterAKill(t *testing.T) {
	dir, err := history.MakeDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	victim := exec.Command(os.Args[0])
	victim.Env = append(os.Environ(), victimDir+"="+string(dir))
	victim.Stderr = os.Stderr
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); ; {
		if info, err := os.Stat(dir.History()); err == nil && info.Size() > 1<<20 {
			break
		}
		if time.Now().After(deadline) {
			t.Error("the victim wrote nothing")
			break
		}
		<-time.After(5 * time.Millisecond)
	}
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = victim.Wait() // killed
	if intents, outcomes := intended(t, dir.History()); intents == 0 || outcomes == 0 {
		t.Errorf("%d intents and %d outcomes survived", intents, outcomes)
	}
}
