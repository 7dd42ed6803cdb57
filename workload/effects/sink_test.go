package effects

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"testing"

	"surety/checker/history"
	"surety/topologies"
	"surety/workload"
)

// bench is a sink that is observed, with a history that is read back.
type bench struct {
	*Sink
	dir  history.Dir
	w    *history.Writer
	http *http.Client
}

func newBench(t *testing.T, idempotent bool) *bench {
	t.Helper()
	dir, err := history.MakeDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w, err := history.Create(dir, history.Header{Run: "r1"})
	if err != nil {
		t.Fatal(err)
	}
	s := &Sink{
		Name: "service", Idempotent: idempotent, Written: workload.Written{Run: "r1"}, Recorder: w, Clock: history.NewClock(),
		Tracker: workload.NewTracker(100), Progress: &workload.Progress{}, Unreadable: &workload.Unreadable{},
	}
	if err := s.Listen(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	b := &bench{Sink: s, dir: dir, w: w, http: &http.Client{Transport: &http.Transport{}}}
	t.Cleanup(func() {
		b.http.CloseIdleConnections()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// observe begins the one session; stop ends it.
func (b *bench) observe(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var observing sync.WaitGroup
	observing.Go(func() {
		if err := b.Observe(ctx, history.Session{Session: 1, Sink: b.Name, View: history.Committed, Purpose: history.Final}); err != nil {
			t.Error(err)
		}
	})
	for {
		b.mu.Lock()
		open := b.session != 0
		b.mu.Unlock()
		if open {
			return func() { cancel(); observing.Wait() }
		}
		if t.Context().Err() != nil {
			t.Fatal("the session did not begin")
		}
	}
}

// post gives the status, 0 where there was no answer.
func (b *bench) post(t *testing.T, body []byte, key string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+b.Address()+topologies.EffectsPath, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.GetBody = nil // the client is not to try again by itself
	if key != "" {
		req.Header.Set(KeyHeader, key)
	}
	res, err := b.http.Do(req)
	if err != nil {
		return 0
	}
	defer func() { _ = res.Body.Close() }()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		t.Error(err)
	}
	return res.StatusCode
}

// observations closes the history and reads what it has.
func (b *bench) observations(t *testing.T) (out []history.Observation) {
	t.Helper()
	if err := b.w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := history.Open(b.dir.History())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	var rec history.Record
	for {
		err := r.Next(&rec)
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		if rec.Kind == history.KindObservation {
			out = append(out, rec.Observation)
		}
	}
}

func value(seq int64) []byte {
	return workload.AppendValue(nil, workload.Value{Run: "r1", Key: []byte("k1"), Seq: seq}, 0)
}

func TestEffectsAreAppliedOncePerRequestOrOncePerKey(t *testing.T) {
	for _, row := range []struct {
		why        string
		idempotent bool
		keys       [2]string
		statuses   [2]int
		applied    int
	}{
		{"no key, and none is known", false, [2]string{"", ""}, [2]int{201, 201}, 2},
		{"a key that nobody looks at", false, [2]string{"a", "a"}, [2]int{201, 201}, 2},
		{"the same key", true, [2]string{"a", "a"}, [2]int{201, 200}, 1},
		{"another key", true, [2]string{"a", "b"}, [2]int{201, 201}, 2},
		{"no key where keys are known", true, [2]string{"", ""}, [2]int{201, 201}, 2},
	} {
		b := newBench(t, row.idempotent)
		stop := b.observe(t)
		for i, key := range row.keys {
			if got := b.post(t, value(5), key); got != row.statuses[i] {
				t.Errorf("%s: request %d is answered with %d, want %d", row.why, i+1, got, row.statuses[i])
			}
		}
		stop()
		seen := b.observations(t)
		if len(seen) != row.applied {
			t.Errorf("%s: %d effects, want %d", row.why, len(seen), row.applied)
		}
		for i, o := range seen {
			if o.Seq != 5 || o.Offset != int64(i) || o.Corrupt {
				t.Errorf("%s: effect %d is %+v", row.why, i+1, o)
			}
		}
		if b.Tracker.Distinct() != 1 {
			t.Errorf("%s: %d records were seen", row.why, b.Tracker.Distinct())
		}
	}
}

// An effect whose answer is lost is applied, and its client hears nothing.
func TestAnswersAreLostAfterTheEffect(t *testing.T) {
	b := newBench(t, false)
	stop := b.observe(t)
	b.LoseAnswers(3)
	unheard := 0
	for seq := range int64(9) {
		if b.post(t, value(seq), "") == 0 {
			unheard++
		}
	}
	b.LoseAnswers(0)
	if status := b.post(t, value(9), ""); status != http.StatusCreated {
		t.Errorf("after it the answer is %d", status)
	}
	stop()
	lost, answered := b.Answers()
	if seen := b.observations(t); len(seen) != 10 || unheard != 3 || lost != 3 || answered != 7 {
		t.Errorf("%d effects, %d unheard of, counted %d lost and %d answered", len(seen), unheard, lost, answered)
	}
}

func TestEffectsThatNobodyWouldKnowOfAreRefused(t *testing.T) {
	b := newBench(t, true)
	if status := b.post(t, value(1), "a"); status != http.StatusServiceUnavailable {
		t.Errorf("before the session it is answered with %d", status)
	}
	stop := b.observe(t)
	if status := b.post(t, value(1), "a"); status != http.StatusCreated {
		t.Errorf("the key of an effect that was refused is taken: %d", status)
	}
	if status := b.post(t, []byte("thanks"), ""); status != http.StatusCreated {
		t.Errorf("an effect that says nothing is answered with %d", status)
	}
	stop()
	seen := b.observations(t)
	if len(seen) != 2 || seen[0].Corrupt || !seen[1].Corrupt || b.Unreadable.String() == "" {
		t.Errorf("seen %+v; unreadable: %s", seen, b.Unreadable)
	}
}
