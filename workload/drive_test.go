package workload

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"surety/checker/history"
)

func TestDriveRecordsTheIntentBeforeTheClientGetsTheRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{}
		seqs := map[string]int64{}
		var mu sync.Mutex
		source := sourceFunc(func(_ context.Context, r *Record, done func(*Record, Answer)) {
			if !m.intended(r.Attempt) {
				t.Errorf("attempt %d was sent before its intent was recorded", r.Attempt)
			}
			v, err := ParseValue(r.Value, "run")
			if err != nil || string(v.Key) != string(r.Key) || v.Seq != r.Seq {
				t.Errorf("record %+v carries %+v, %v", r, v, err)
			}
			mu.Lock()
			if r.Seq != seqs[string(r.Key)] {
				t.Errorf("key %s: sequence %d after %d", r.Key, r.Seq, seqs[string(r.Key)]-1)
			}
			seqs[string(r.Key)]++
			mu.Unlock()
			ok(r, done)
		})
		p := &Progress{}
		tracker := NewTracker(1000)
		err := Drive(t.Context(), DriveConfig{
			Run: "run", Seed: "seed", Load: Load{Records: 1000, Rate: 500, Keys: 7, Writers: 3, Size: 80},
			Sources: []Source{source}, Recorder: m, Clock: history.NewClock(),
			Trackers: []*Tracker{tracker}, Progress: p, AnswerWait: time.Second,
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(m.intents) != 1000 || len(m.outcomes) != 1000 {
			t.Errorf("%d intents and %d outcomes of 1000", len(m.intents), len(m.outcomes))
		}
		attempts := map[uint64]bool{}
		for _, i := range m.intents {
			if attempts[i.Attempt] {
				t.Errorf("attempt %d has two intents", i.Attempt)
			}
			attempts[i.Attempt] = true
			if want := history.Nanos(i.Attempt-1) * history.Nanos(2*time.Millisecond); i.Intended != want || i.At < i.Intended {
				t.Fatalf("attempt %d was intended at %d and made at %d, due %d", i.Attempt, i.Intended, i.At, want)
			}
		}
		if tracker.Missing() != 1000 || tracker.Complete() {
			t.Errorf("nothing was seen, but %d of 1000 are missing", tracker.Missing())
		}
		if p.Sent.Load() != 1000 || p.OK.Load() != 1000 || p.Late.Load() != 0 || p.NotStarted.Load() != 0 {
			t.Errorf("sent %d ok %d late %d not started %d", p.Sent.Load(), p.OK.Load(), p.Late.Load(), p.NotStarted.Load())
		}
	})
}

// What a window or a sum is judged by stands in the value and in the intent alike.
func TestDriveRecordsEventTimesAndTermsWhereTheyAreAskedFor(t *testing.T) {
	for _, terms := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			m := &memory{}
			var mu sync.Mutex
			sent := map[uint64]Value{}
			source := sourceFunc(func(_ context.Context, r *Record, done func(*Record, Answer)) {
				v, err := ParseValue(r.Value, "run")
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				sent[r.Attempt] = v
				mu.Unlock()
				ok(r, done)
			})
			clock := history.NewClock()
			if err := Drive(t.Context(), DriveConfig{
				Run: "run", Seed: "seed", Load: Load{Records: 300, Rate: 500, Keys: 7, Writers: 2, OutOfOrder: 50 * time.Millisecond},
				Sources: []Source{source}, Recorder: m, Clock: clock, Terms: terms, AnswerWait: time.Second,
			}); err != nil {
				t.Fatal(err)
			}
			for _, in := range m.intents {
				v := sent[in.Attempt]
				want := [2]int64{}
				if terms {
					want = [2]int64{v.Event, in.Seq + 1}
				}
				if got := [2]int64{in.Event, in.Term}; got != want {
					t.Fatalf("the intent has event time and term %v, want %v", got, want)
				}
				behind := clock.Began().Add(time.Duration(in.Intended)).UnixMilli() - v.Event
				if behind < 0 || behind > 50 {
					t.Fatalf("the event time lies %d ms behind", behind)
				}
			}
		})
	}
}

func TestDriveChargesAStallToTheRecordsThatItDelayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := sourceFunc(func(ctx context.Context, r *Record, done func(*Record, Answer)) {
			if r.Attempt == 101 { // record 100, due after 100 ms: the client's buffer is full
				_ = pause(ctx, 5*time.Second)
			}
			ok(r, done)
		})
		p, l, m := &Progress{}, NewLatencies(), &memory{}
		clock := history.NewClock()
		err := Drive(t.Context(), DriveConfig{
			Run: "run", Seed: "seed", Load: Load{Records: 10_000, Rate: 1000, Keys: 7, Writers: 1},
			Sources: []Source{source}, Recorder: m, Clock: clock, Progress: p, Latencies: l, AnswerWait: time.Second,
		})
		if err != nil {
			t.Fatal(err)
		}
		// At 5.1 s the records 101 to 4999 are more than 100 ms late.
		if p.Late.Load() != 4899 {
			t.Errorf("%d late, want 4899", p.Late.Load())
		}
		if took := clock.Now(); took != history.Nanos(9999*time.Millisecond) {
			t.Errorf("the schedule ended at %v: the stall moved it", time.Duration(took))
		}
		s := l.Summary()
		if s.Count != 10_000 || s.Max < 4900*time.Millisecond || s.P50 > 100*time.Millisecond || s.P99 < 4*time.Second {
			t.Errorf("latencies from the intended times are %+v", s)
		}
	})
}

func TestDriveLeavesUnknownWhatIsNotAnsweredInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var held []func()
		source := sourceFunc(func(_ context.Context, r *Record, done func(*Record, Answer)) {
			switch r.Attempt % 4 {
			case 0:
				held = append(held, func() { ok(r, done) })
			case 1:
				done(r, Answer{Class: history.Failed, Partition: -1, Offset: -1, Reason: "denied"})
			case 2:
				done(r, Answer{Class: history.Unknown, Partition: -1, Offset: -1, Reason: "timed out"})
			default:
				ok(r, done)
			}
		})
		p, m, tracker := &Progress{}, &memory{}, NewTracker(100)
		clock := history.NewClock()
		err := Drive(t.Context(), DriveConfig{
			Run: "run", Seed: "seed", Load: Load{Records: 100, Keys: 7, Writers: 1},
			Sources: []Source{source}, Recorder: m, Clock: clock, Progress: p,
			Trackers: []*Tracker{tracker}, AnswerWait: 3 * time.Second,
		})
		if err != nil {
			t.Fatal(err)
		}
		if clock.Now() != history.Nanos(3*time.Second) {
			t.Errorf("waited %v for answers", time.Duration(clock.Now()))
		}
		for _, late := range held {
			late()
		}
		if len(m.outcomes) != 75 {
			t.Errorf("%d outcomes, want 75: an answer after the deadline is none", len(m.outcomes))
		}
		if p.OK.Load() != 25 || p.Failed.Load() != 25 || p.Unknown.Load() != 50 {
			t.Errorf("ok %d failed %d unknown %d", p.OK.Load(), p.Failed.Load(), p.Unknown.Load())
		}
		if tracker.Missing() != 25 || tracker.InDoubt() != 50 {
			t.Errorf("missing %d in doubt %d", tracker.Missing(), tracker.InDoubt())
		}
		for _, o := range m.outcomes {
			if o.Class == history.Failed && m.texts[o.Reason-1] != "denied" {
				t.Errorf("the reason of a failure is %q", m.texts[o.Reason-1])
			}
		}
	})
}

func TestDriveWaitsForTheLastAnswerAndNoLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := sourceFunc(func(_ context.Context, r *Record, done func(*Record, Answer)) {
			time.AfterFunc(700*time.Millisecond, func() { ok(r, done) })
		})
		p, clock := &Progress{}, history.NewClock()
		err := Drive(t.Context(), DriveConfig{
			Run: "run", Seed: "seed", Load: Load{Records: 50, Keys: 7, Writers: 2},
			Sources: []Source{source, source}, Recorder: &memory{}, Clock: clock, Progress: p, AnswerWait: time.Hour,
		})
		if err != nil || p.OK.Load() != 50 || clock.Now() != history.Nanos(700*time.Millisecond) {
			t.Errorf("%v, %d ok after %v", err, p.OK.Load(), time.Duration(clock.Now()))
		}
	})
}

func TestDriveCountsWhatItCouldNotStart(t *testing.T) {
	for _, row := range []struct {
		reason string
		stop   func(cancel context.CancelFunc, m *memory)
		want   string
	}{
		{"the run is ended", func(cancel context.CancelFunc, _ *memory) { cancel() }, "context canceled"},
		{"the history cannot be written", func(_ context.CancelFunc, m *memory) {
			m.mu.Lock()
			defer m.mu.Unlock()
			m.err = errors.New("no space left")
		}, "no space left"},
	} {
		t.Run(row.reason, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				m, p := &memory{}, &Progress{}
				source := sourceFunc(func(_ context.Context, r *Record, done func(*Record, Answer)) {
					if r.Attempt == 40 {
						row.stop(cancel, m)
					}
					ok(r, done)
				})
				err := Drive(ctx, DriveConfig{
					Run: "run", Seed: "seed", Load: Load{Records: 100, Rate: 10, Keys: 7, Writers: 1},
					Sources: []Source{source}, Recorder: m, Clock: history.NewClock(), Progress: p, AnswerWait: time.Second,
				})
				if err == nil || !strings.Contains(err.Error(), row.want) {
					t.Errorf("got %v, want it to say %q", err, row.want)
				}
				if p.Sent.Load() != 40 || p.NotStarted.Load() != 60 {
					t.Errorf("sent %d, not started %d", p.Sent.Load(), p.NotStarted.Load())
				}
			})
		})
	}
}

func TestDriveRefusesAWrongConfiguration(t *testing.T) {
	good := Load{Records: 1, Keys: 1, Writers: 2}
	for _, row := range []struct {
		cfg  DriveConfig
		want string
	}{
		{DriveConfig{Run: "r", Load: Load{}}, "records"},
		{DriveConfig{Run: "a:b", Load: good}, "run id"},
		{DriveConfig{Run: "r", Load: good}, "0 sources for 2 writers"},
	} {
		if err := Drive(t.Context(), row.cfg); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("got %v, want it to say %q", err, row.want)
		}
	}
}

func TestLatenciesOfNothingAreZero(t *testing.T) {
	if s := NewLatencies().Summary(); s != (LatencySummary{}) {
		t.Errorf("got %+v", s)
	}
}
