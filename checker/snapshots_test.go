package checker

import (
	"reflect"
	"slices"
	"testing"

	"surety/checker/history"

	"pgregory.net/rapid"
)

// table is a tail that takes snapshots: each call of one shows the rows that came
// since the one before.
type tableTail struct{ *look }

func (s *story) snapshots() tableTail {
	s.sessions++
	s.put(history.Session{
		Session: s.sessions, Sink: "out", Topic: "out", View: history.Committed, Purpose: history.Tail, Snapshot: true, At: s.tick(),
	})
	return tableTail{&look{s, s.sessions, map[int32]int64{}}}
}

// row is a record as a snapshot shows it.
type row struct {
	key string
	seq int64
}

func (l tableTail) one(rows ...row) {
	for i, r := range rows {
		l.full(history.Observation{Offset: -1, Key: l.name(r.key), Seq: r.seq, First: i == 0})
	}
}

func whole(g Guarantee) Spec {
	spec := specOf(g.Delivery, OrderNone)
	spec.Sinks[0].Guarantee = g
	return spec
}

// pair is a transaction of records a 1 and b 1.
func (s *story) pair(no uint64, class history.OutcomeClass) {
	s.put(history.TxBegin{Tx: no, Writer: 1, ID: "pair", At: s.tick()})
	s.outcome(s.intent("a", 1, no), history.OK)
	s.outcome(s.intent("b", 1, no), history.OK)
	s.put(history.TxEnd{Tx: no, Class: class, At: s.tick()})
}

func TestHandWrittenSnapshots(t *testing.T) {
	a, b := row{"a", 1}, row{"b", 1}
	atomic := Guarantee{Delivery: AtLeastOnce, Order: OrderNone, Atomicity: true}
	for _, tt := range []struct {
		name   string
		why    string
		g      Guarantee
		story  func(s *story, l tableTail)
		torn   int64
		judged bool
	}{
		{"whole in one look", "nobody saw a half", atomic, func(s *story, l tableTail) {
			s.pair(1, ok)
			l.one(a, b)
		}, 0, true},
		{"half in one look, the rest in the next", "an atomic look saw one record without the other", atomic, func(s *story, l tableTail) {
			s.pair(1, ok)
			l.one(a)
			l.one(b)
		}, 1, true},
		{"the rest with another transaction", "what else the later look shows does not matter", atomic, func(s *story, l tableTail) {
			s.pair(1, ok)
			s.tx(2, ok, "c", 1)
			l.one(b)
			l.one(row{"c", 1}, a)
		}, 1, true},
		{"two transactions in two looks", "each is whole in its look", atomic, func(s *story, l tableTail) {
			s.pair(1, ok)
			s.tx(2, ok, "c", 1, 2)
			l.one(b, a)
			l.one(row{"c", 1}, row{"c", 2})
		}, 0, true},
		{"seen again later", "a record is first seen once: a look that shows it again takes nothing back", atomic, func(s *story, l tableTail) {
			s.pair(1, ok)
			l.one(a, b)
			l.one(b, a)
		}, 0, true},
		{"the writes come to the history after a half of them was seen", "whose transaction a record is does not depend on when that is told", atomic, func(s *story, l tableTail) {
			s.put(history.TxBegin{Tx: 1, Writer: 1, ID: "pair", At: s.tick()})
			s.outcome(s.intent("a", 1, 1), history.OK)
			l.one(a)
			s.outcome(s.intent("b", 1, 1), history.OK)
			s.put(history.TxEnd{Tx: 1, Class: ok, At: s.tick()})
			l.one(b)
		}, 1, true},
		{"nobody knows its end", "however it ended, it ended for both", atomic, func(s *story, l tableTail) {
			s.pair(1, unknown)
			l.one(a)
			l.one(b)
		}, 1, true},
		{"aborted", "that any of it is seen is an aborted read, and not torn", atomic, func(s *story, l tableTail) {
			s.pair(1, failed)
			l.one(a)
			l.one(b)
		}, 0, true},
		{"tried in two transactions", "which of them the rows are of cannot be told", atomic, func(s *story, l tableTail) {
			s.pair(1, unknown)
			s.pair(2, ok)
			l.one(a)
			l.one(b)
		}, 0, true},
		{"tried without a transaction before", "as above", atomic, func(s *story, l tableTail) {
			s.try(unknown, "b", 1)
			s.pair(1, ok)
			l.one(a)
			l.one(b)
		}, 0, true},
		{"not promised", "exactly-once of each record says nothing of what is seen at once", Guarantee{Delivery: ExactlyOnce, Order: OrderNone}, func(s *story, l tableTail) {
			s.pair(1, ok)
			l.one(a)
			l.one(b)
		}, 0, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newStory()
			l := s.snapshots()
			tt.story(s, l)
			l.end("")
			s.drain()
			final := s.final()
			for _, r := range s.tried() {
				final.full(history.Observation{Offset: -1, Key: s.name(r.key), Seq: r.seq})
			}
			final.end("")
			s.end()
			v := judgeStory(t, s, whole(tt.g), 2, 1000)
			sv := v.Sinks[0]
			if n, judged := sv.Counts[Torn]; n != tt.torn || judged != tt.judged {
				t.Errorf("%d torn, judged %v; want %d, %v: %s\n%s", n, judged, tt.torn, tt.judged, tt.why, show(v))
			}
			if (sv.Breaks[Torn] > 0) != (tt.torn > 0) {
				t.Errorf("breaks %v", sv.Breaks)
			}
			if found := findingsOf(sv, Torn); tt.torn > 0 && (len(found) != 1 || len(found[0].Sightings) != 2 || found[0].Sightings[0].At >= found[0].Sightings[1].At) {
				t.Errorf("evidence %s", show(found))
			}
		})
	}
}

// tried lists the records of a story, each once.
func (s *story) tried() (out []row) {
	for _, rec := range s.recs {
		if in, is := rec.(history.Intent); is {
			if r := (row{s.text(in.Key), in.Seq}); !slices.Contains(out, r) {
				out = append(out, r)
			}
		}
	}
	return out
}

func TestSnapshotsOfACutOffHistoryTearNothing(t *testing.T) {
	s := newStory()
	l := s.snapshots()
	s.pair(1, ok)
	l.one(row{"a", 1})
	l.one(row{"b", 1})
	v := judgeStory(t, s, whole(Guarantee{Delivery: ExactlyOnce, Atomicity: true}), 1, 100)
	if _, judged := v.Sinks[0].Counts[Torn]; judged || v.Answer != Inconclusive {
		t.Errorf("%s", show(v))
	}
}

// A transaction is torn at a sink where one of its records was seen by a look that
// did not see another, which came out later. The test draws who sees what when, and
// counts by that sentence.
func TestSnapshotsAgreeWithTheirDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newStory()
		l := s.snapshots()
		const looks, keys = 4, 3
		txs := rapid.IntRange(1, 4).Draw(t, "transactions")
		at := make([][]row, looks)
		want := int64(0)
		for tx := range txs {
			class := rapid.SampledFrom([]history.OutcomeClass{ok, unknown, failed}).Draw(t, "end")
			s.put(history.TxBegin{Tx: uint64(tx + 1), Writer: 1, At: s.tick()})
			in := map[int]bool{}
			for k := range rapid.IntRange(1, keys).Draw(t, "records") {
				r := row{string(rune('a' + k)), int64(tx)}
				s.outcome(s.intent(r.key, r.seq, uint64(tx+1)), history.OK)
				if i := rapid.IntRange(0, looks).Draw(t, "look"); i < looks { // else nobody sees it
					at[i] = append(at[i], r)
					in[i] = true
				}
			}
			if len(in) > 1 && class != failed {
				want++
			}
			s.put(history.TxEnd{Tx: uint64(tx + 1), Class: class, At: s.tick()})
		}
		for _, rows := range at {
			l.one(rows...)
		}
		l.end("")
		s.drain()
		final := s.final()
		for _, r := range s.tried() {
			final.full(history.Observation{Offset: -1, Key: s.name(r.key), Seq: r.seq})
		}
		final.end("")
		s.end()
		spec := whole(Guarantee{Delivery: AtLeastOnce, Atomicity: true})
		v := judgeStory(t, s, spec, 1, 1000)
		if got := v.Sinks[0].Counts[Torn]; got != want {
			t.Fatalf("%d torn, want %d\n%s", got, want, s.dump())
		}
		if again := judgeStory(t, s, spec, 3, 1); !reflect.DeepEqual(again, v) {
			t.Fatalf("with three shards %s\nwith one %s", show(again), show(v))
		}
	})
}
