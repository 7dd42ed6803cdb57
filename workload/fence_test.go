package workload

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"surety/checker/history"
)

// newFences makes fences for two input partitions whose records go to source.
func newFences(t *testing.T, m *memory, clock Clock, source Source, sinks ...string) *Fences {
	t.Helper()
	keys, err := FenceKeys(2, 2, func(key []byte) int32 { return int32(key[len(key)-1]) % 2 })
	if err != nil {
		t.Fatal(err)
	}
	return NewFences(FenceConfig{Run: "run", Keys: keys, Sinks: sinks, Source: source, Recorder: m, Clock: clock})
}

func TestFenceKeysCoverEveryPartition(t *testing.T) {
	keys, err := FenceKeys(3, 2, func(key []byte) int32 { return int32(key[len(key)-1]) % 3 })
	if err != nil {
		t.Fatal(err)
	}
	for p := range int32(3) {
		if len(keys[p]) != 2 {
			t.Errorf("partition %d has keys %v", p, keys[p])
		}
		for _, k := range keys[p] {
			if !IsFence([]byte(k)) || CheckKey(k) != nil {
				t.Errorf("%q is no fence key", k)
			}
		}
	}
	if _, err := FenceKeys(2, 1, func([]byte) int32 { return 0 }); err == nil {
		t.Error("a partitioner that never chooses partition 1 was accepted")
	}
	if IsFence([]byte(Key(1))) || IsFence(nil) {
		t.Error("a key of the load counts as a fence")
	}
}

func TestFencesAreResentUntilEachPartitionShowsOneAtEachSink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, clock := &memory{}, history.NewClock()
		var f *Fences
		sent := map[string]int{}
		source := sourceFunc(func(_ context.Context, r *Record, done func(*Record, Answer)) {
			sent[string(r.Key)]++
			v, err := ParseValue(r.Value, "run")
			if err != nil || v.Writer != FenceWriter {
				t.Errorf("a fence is a value of the harness: %+v, %v", v, err)
			}
			f.Seen("a", r.Key, v.Seq, clock.Now())
			if v.Seq >= 3 { // sink b shows nothing before the third round
				f.Seen("b", r.Key, v.Seq, clock.Now())
			}
			ok(r, done)
		})
		f = newFences(t, m, clock, source, "a", "b")
		if f.Out() {
			t.Error("fences are out before any was awaited")
		}
		if err := f.Warm(t.Context()); err != nil {
			t.Fatal(err)
		}
		if took := time.Duration(clock.Now()); took < 2*time.Second || took > 2*time.Second+100*time.Millisecond {
			t.Errorf("three rounds a second apart took %v", took)
		}
		var rounds, seen int
		for _, fence := range m.fences {
			if fence.Sink == "" {
				rounds++
			} else {
				seen++
			}
		}
		if rounds != 6 || seen != 4 {
			t.Errorf("%d sends and %d sightings recorded, want 6 (2 partitions, 3 rounds) and 4 (2 partitions, 2 sinks)", rounds, seen)
		}
		for key, n := range sent {
			if n != 3 {
				t.Errorf("fence key %s was sent %d times", key, n)
			}
		}
	})
}

func TestFencesOfAnEarlierPhaseProveNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, clock := &memory{}, history.NewClock()
		var rounds [][]*Record
		source := sourceFunc(func(_ context.Context, r *Record, _ func(*Record, Answer)) {
			for int64(len(rounds)) < r.Seq {
				rounds = append(rounds, nil)
			}
			rounds[r.Seq-1] = append(rounds[r.Seq-1], r)
		})
		f := newFences(t, m, clock, source, "out")
		f.Begin()
		f.Send(t.Context())
		f.Begin()
		f.Send(t.Context())
		for _, r := range rounds[0] {
			f.Seen("out", r.Key, r.Seq, 1)
		}
		if f.Out() {
			t.Error("fences of the first phase ended the second")
		}
		f.Seen("out", []byte("~fence-other"), 2, 1)
		f.Seen("elsewhere", rounds[1][0].Key, 2, 1)
		f.Seen("out", rounds[1][0].Key, 99, 1)
		if len(f.Missing()) != 2 {
			t.Errorf("a foreign fence counted: missing %v", f.Missing())
		}
		for _, r := range rounds[1] {
			f.Seen("out", r.Key, r.Seq, 1)
		}
		if !f.Out() {
			t.Errorf("missing %v", f.Missing())
		}
	})
}

func TestASinkThatBeginsLaterIsAwaitedAtTheEndAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := history.NewClock()
		var f *Fences
		at := "out"
		source := sourceFunc(func(_ context.Context, r *Record, done func(*Record, Answer)) {
			f.Seen(at, r.Key, r.Seq, clock.Now())
			ok(r, done)
		})
		f = newFences(t, &memory{}, clock, source, "out")
		f.cfg.Later = []string{"consumer"}
		if err := f.Warm(t.Context()); err != nil {
			t.Fatalf("it waits for the one that has not begun: %v", err)
		}
		f.Begin()
		f.Send(t.Context())
		if missing := f.Missing(); len(missing) != 2 || !strings.Contains(missing[0], "at consumer") {
			t.Errorf("missing %v", missing)
		}
		at = "consumer"
		f.Send(t.Context())
		if !f.Out() {
			t.Errorf("missing %v", f.Missing())
		}
	})
}

func TestWarmNamesWhatNeverCame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := history.NewClock()
		var f *Fences
		source := sourceFunc(func(_ context.Context, r *Record, done func(*Record, Answer)) {
			if f.partitionOf[string(r.Key)] == 0 {
				f.Seen("out", r.Key, r.Seq, clock.Now())
			}
			ok(r, done)
		})
		f = newFences(t, &memory{}, clock, source, "out")
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		err := f.Warm(ctx)
		if err == nil || !strings.Contains(err.Error(), "input partition 1 at out") || strings.Contains(err.Error(), "partition 0") {
			t.Errorf("got %v", err)
		}
	})
}

func TestFencesCloseEveryWindowAfterTheLoadAndNoneBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const ahead = time.Minute
		clock := history.NewClock()
		var f *Fences
		var events []int64
		source := sourceFunc(func(_ context.Context, r *Record, _ func(*Record, Answer)) {
			v, err := ParseValue(r.Value, "run")
			if err != nil {
				t.Error(err)
			}
			events = append(events, v.Event)
			f.Seen("a", r.Key, v.Seq, clock.Now())
		})
		f = newFences(t, &memory{}, clock, source, "a")
		f.cfg.Ahead = ahead
		_ = pause(t.Context(), 3*time.Second)
		if err := f.Warm(t.Context()); err != nil {
			t.Fatal(err)
		}
		before, now := len(events), time.Duration(clock.Now())
		f.Begin()
		f.Send(t.Context())
		for i, event := range events {
			want := clock.Began().Add(-ahead)
			if i >= before {
				want = clock.Began().Add(now + ahead)
			}
			if event != want.UnixMilli() {
				t.Errorf("fence %d has its event time at %d, want %d", i, event, want.UnixMilli())
			}
		}
		if before == 0 || len(events) == before {
			t.Errorf("%d fences before the load, %d in all", before, len(events))
		}
	})
}
