package workload

import (
	"math"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"surety/checker/history"
)

// answer lets the client answer one record.
func answer(t *Tracker, class history.OutcomeClass, key []byte, seq int64) {
	t.answered([]history.Outcome{{Class: class}}, []answered{{record: &Record{Key: key}, seq: seq}}, make([]TrackedKey, 1))
}

// saw shows one record and tells whether it is new.
func saw(t *Tracker, key []byte, seq int64, at history.Nanos) bool {
	before := t.Distinct()
	t.SeenAll([]Sighting{{Key: t.Key(key), Seq: seq}}, at)
	return t.Distinct() > before
}

func TestTrackerAgreesWithASetOfRecords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const bound = 200
		tr := NewTracker(bound)
		acked, doubted, seen := map[string]bool{}, map[string]bool{}, map[string]bool{}
		var last history.Nanos
		for step := range rapid.IntRange(0, 200).Draw(t, "steps") {
			key := []byte(rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "key"))
			seq := rapid.Int64Range(-2, bound+2).Draw(t, "seq")
			id := string(key) + "/" + strconv.FormatInt(seq, 10)
			valid := seq >= 0 && seq < bound
			switch rapid.IntRange(0, 2).Draw(t, "what") {
			case 0:
				answer(tr, history.OK, key, seq)
				acked[id] = acked[id] || valid
			case 1:
				answer(tr, history.Unknown, key, seq)
				doubted[id] = doubted[id] || valid
			case 2:
				at := history.Nanos(step + 1)
				fresh := saw(tr, key, seq, at)
				if want := valid && !seen[id]; fresh != want {
					t.Fatalf("sighting of %s new: %v, want %v", id, fresh, want)
				}
				if fresh {
					last = at
				}
				seen[id] = seen[id] || valid
			}
		}
		var missing, doubt, distinct int64
		for id, ok := range acked {
			if ok && !seen[id] {
				missing++
			}
		}
		for id, ok := range doubted {
			if ok && !seen[id] {
				doubt++
			}
		}
		for _, ok := range seen {
			if ok {
				distinct++
			}
		}
		if tr.Missing() != missing || tr.InDoubt() != doubt || tr.Distinct() != distinct || tr.LastNew() != last {
			t.Fatalf("missing %d doubt %d distinct %d last %d, want %d %d %d %d",
				tr.Missing(), tr.InDoubt(), tr.Distinct(), tr.LastNew(), missing, doubt, distinct, last)
		}
		if tr.Complete() {
			t.Fatal("complete while answers may still come")
		}
		tr.Close(3)
		if tr.Complete() != (missing == 0) || tr.InDoubt() != doubt+3 {
			t.Fatalf("closed with %d missing: complete %v, in doubt %d", missing, tr.Complete(), tr.InDoubt())
		}
	})
}

func TestTrackerIgnoresWhatNoLoadHas(t *testing.T) {
	tr := NewTracker(10)
	for _, seq := range []int64{-1, 10, math.MaxInt64, math.MinInt64} {
		if saw(tr, []byte("k"), seq, 1) {
			t.Errorf("sequence %d of a load of 10 counted as new", seq)
		}
	}
}

func TestTrackerTellsRepetitionsAndRecordsThatComeBehind(t *testing.T) {
	for _, row := range []struct {
		reason        string
		seen          []int64
		again, behind int64
	}{
		{"in order", []int64{0, 1, 2, 3}, 0, 0},
		{"a loss reorders nothing", []int64{0, 3, 4}, 0, 0},
		{"each record below the highest so far", []int64{2, 0, 1, 3}, 0, 2},
		{"a repetition is never behind", []int64{0, 1, 2, 0, 1, 2}, 3, 0},
		{"no record of the load", []int64{-1, 100}, 0, 0},
	} {
		one, all := NewTracker(100), NewTracker(100)
		var sightings []Sighting
		for _, seq := range row.seen {
			saw(one, []byte("k"), seq, 1)
			saw(one, []byte("other"), 99-max(seq, 0)%50, 1)
			sightings = append(sightings, Sighting{Key: all.Key([]byte("k")), Seq: seq})
		}
		all.SeenAll(sightings, 7)
		if all.Again() != row.again || all.Behind() != row.behind {
			t.Errorf("%s: again %d, behind %d", row.reason, all.Again(), all.Behind())
		}
		if k := one.states[one.Key([]byte("k"))]; len(row.seen) > 0 && k.highest != all.states[1].highest {
			t.Errorf("%s: one by one the highest is %d, together %d", row.reason, k.highest, all.states[1].highest)
		}
	}
}

func TestTrackerAwaitsTheOutputsThatARecordHas(t *testing.T) {
	tr := NewTrackerOf(10, 2, func(_ string, seq int64) int32 {
		if seq%2 == 1 {
			return 0
		}
		return 2
	})
	key := []byte("k")
	for seq := range int64(3) {
		answer(tr, history.OK, key, seq)
	}
	tr.Close(0)
	steps := []struct {
		why     string
		seq     int64
		index   int32
		fresh   bool
		missing int64
	}{
		{"the first of two", 0, 0, true, 3},
		{"the same one again", 0, 0, false, 3},
		{"an output that no record has", 0, 2, false, 3},
		{"nor one below", 0, -1, false, 3},
		{"the second", 0, 1, true, 2},
		{"of a record that has none", 1, 0, true, 2},
		{"of the last record", 2, 1, true, 1},
		{"and all of it", 2, 0, true, 0},
	}
	for _, s := range steps {
		before := tr.Distinct()
		tr.SeenAll([]Sighting{{tr.Key(key), s.seq, s.index}}, 1)
		if fresh := tr.Distinct() > before; fresh != s.fresh || tr.Missing() != s.missing {
			t.Errorf("%s: new %v, %d missing; want %v, %d", s.why, fresh, tr.Missing(), s.fresh, s.missing)
		}
	}
	if !tr.Complete() {
		t.Error("not complete with everything seen")
	}
}
