package checker

import (
	"maps"
	"reflect"
	"testing"

	"surety/checker/history"

	"pgregory.net/rapid"
)

// What must change no verdict, whatever the history. Each relation rewrites a
// drawn one; no reference is asked.
var relations = []struct {
	why     string
	rewrite func(t *rapid.T, s *story) *story
}{
	{
		why: "one more failed attempt of a record that was tried already",
		rewrite: func(t *rapid.T, s *story) *story {
			tried := outcomes(s)
			return s.each(func(out *story, rec any) {
				out.put(rec)
				if in, is := rec.(history.Intent); is && tried[recordOf(in)] && rapid.Bool().Draw(t, "again") {
					out.attempts++
					out.put(history.Intent{Attempt: out.attempts, Key: in.Key, Seq: in.Seq, At: in.At})
					out.put(history.Outcome{Attempt: out.attempts, Class: failed, Partition: -1, Offset: -1, At: in.At})
				}
			})
		},
	},
	{
		why: "one more unanswered attempt of an acknowledged record",
		rewrite: func(t *rapid.T, s *story) *story {
			sure := acknowledged(s)
			return s.each(func(out *story, rec any) {
				out.put(rec)
				if in, is := rec.(history.Intent); is && sure[recordOf(in)] && rapid.Bool().Draw(t, "again") {
					out.attempts++
					out.put(history.Intent{Attempt: out.attempts, Key: in.Key, Seq: in.Seq, At: in.At})
				}
			})
		},
	},
	{
		why: "sinks and views that nobody judges",
		rewrite: func(t *rapid.T, s *story) *story {
			other := uint32(1000)
			out := s.each(func(out *story, rec any) {
				if len(out.recs) == 0 {
					out.put(history.Session{Session: other, Sink: "elsewhere", View: history.Committed, Purpose: history.Final})
					out.put(history.Session{Session: other + 1, Sink: "out", View: history.Uncommitted, Purpose: history.Final})
				}
				out.put(rec)
				if o, is := rec.(history.Observation); is && rapid.Bool().Draw(t, "seen elsewhere") {
					o.Session = other + rapid.Uint32Range(0, 1).Draw(t, "where")
					o.Seq++
					out.put(o)
				}
			})
			return out
		},
	},
	{
		why: "answers that come as late as they can",
		rewrite: func(_ *rapid.T, s *story) *story {
			inTx := map[uint64]bool{}
			for _, rec := range s.recs {
				if in, is := rec.(history.Intent); is && in.Tx != 0 {
					inTx[in.Attempt] = true
				}
			}
			var late []any
			release := func(out *story) {
				for _, rec := range late {
					out.put(rec)
				}
				late = nil
			}
			out := s.each(func(out *story, rec any) {
				switch v := rec.(type) {
				case history.Outcome:
					if !inTx[v.Attempt] {
						late = append(late, rec)
						return
					}
				case history.End:
					release(out)
				}
				out.put(rec)
			})
			release(out)
			return out
		},
	},
	{
		why: "attempts that are all told before anything is seen",
		rewrite: func(_ *rapid.T, s *story) *story {
			var first, then []any
			for _, rec := range s.recs {
				switch rec.(type) {
				case history.Intent, history.Outcome, history.TxBegin, history.TxEnd:
					first = append(first, rec)
				default:
					then = append(then, rec)
				}
			}
			out := *s
			out.recs = append(first, then...)
			return &out
		},
	},
	{
		why: "another clock: times are evidence only",
		rewrite: func(t *rapid.T, s *story) *story {
			by := history.Nanos(rapid.Int64Range(1, 1000).Draw(t, "by"))
			return s.each(func(out *story, rec any) {
				switch v := rec.(type) {
				case history.Intent:
					v.At *= by
					rec = v
				case history.Outcome:
					v.At *= by
					rec = v
				case history.Observation:
					v.At *= by
					rec = v
				}
				out.put(rec)
			})
		},
	},
	{
		why: "positions that are further apart",
		rewrite: func(t *rapid.T, s *story) *story {
			by := rapid.Int64Range(2, 100).Draw(t, "by")
			return s.each(func(out *story, rec any) {
				if o, is := rec.(history.Observation); is && o.Offset >= 0 {
					o.Offset *= by
					rec = o
				}
				out.put(rec)
			})
		},
	},
	{
		why: "sequence numbers that are further apart",
		rewrite: func(_ *rapid.T, s *story) *story {
			return s.each(func(out *story, rec any) {
				switch v := rec.(type) {
				case history.Intent:
					v.Seq = apart(v.Seq)
					rec = v
				case history.Observation:
					v.Seq = apart(v.Seq)
					rec = v
				}
				out.put(rec)
			})
		},
	},
}

// apart keeps the order of the sequence numbers that are drawn, and leaves gaps.
func apart(seq int64) int64 {
	if seq < -1000 || seq > 1000 {
		return seq
	}
	return seq * 1000
}

func (s *story) each(visit func(out *story, rec any)) *story {
	out := *s
	out.recs, out.names = nil, maps.Clone(s.names)
	for _, rec := range s.recs {
		visit(&out, rec)
	}
	return &out
}

type triedID struct {
	key history.Name
	seq int64
}

func recordOf(in history.Intent) triedID { return triedID{in.Key, in.Seq} }

// outcomes is the records with an attempt outside transactions: of those a failed
// attempt is no news.
func outcomes(s *story) map[triedID]bool {
	out := map[triedID]bool{}
	for _, rec := range s.recs {
		if in, is := rec.(history.Intent); is && in.Tx == 0 {
			out[recordOf(in)] = true
		}
	}
	return out
}

// acknowledged is the records with an ok attempt outside transactions.
func acknowledged(s *story) map[triedID]bool {
	class, out := map[uint64]history.OutcomeClass{}, map[triedID]bool{}
	for _, rec := range s.recs {
		if o, is := rec.(history.Outcome); is {
			if _, answered := class[o.Attempt]; !answered {
				class[o.Attempt] = o.Class
			}
		}
	}
	for _, rec := range s.recs {
		if in, is := rec.(history.Intent); is && in.Tx == 0 && class[in.Attempt] == ok {
			out[recordOf(in)] = true
		}
	}
	return out
}

func TestIrrelevantChangesChangeNoVerdict(t *testing.T) {
	for _, r := range relations {
		t.Run(r.why, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				s := tale(t)
				g := guaranteeOf(t)
				spec := specOf(g.Delivery, g.Order)
				spec.Sinks[0].Guarantee = g
				want := judgeStory(t, s, spec, 2, 1000)
				got := judgeStory(t, r.rewrite(t, s), spec, 2, 1000)
				for _, v := range []*Verdict{want, got} {
					v.Sinks[0].Findings = nil // an attempt of a finding may be another one of its record
					maps.DeleteFunc(v.Sinks[0].Keys, func(c Class, _ int64) bool { return v.Sinks[0].Counts[c] == 0 })
				}
				if got.Answer != want.Answer || len(got.Reasons) != len(want.Reasons) || !reflect.DeepEqual(got.Sinks, want.Sinks) {
					t.Fatalf("after: %s\nbefore: %s", show(got), show(want))
				}
			})
		})
	}
}

// Keys are judged one by one: what is found in two histories with keys of their
// own is found in the one that holds both.
func TestHistoriesOfDifferentKeysAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec := specOf(ExactlyOnce, OrderKey)
		whole := newStory()
		sum := map[Class]int64{}
		places := map[Place]int64{}
		parts := rapid.IntRange(1, 3).Draw(t, "parts")
		var seen []history.Observation
		for part := range parts {
			one := newStory()
			key := string(rune('a' + part))
			var own []history.Observation
			for range rapid.IntRange(1, 6).Draw(t, "records") {
				seq := rapid.Int64Range(0, 5).Draw(t, "seq")
				class := rapid.SampledFrom([]history.OutcomeClass{ok, ok, unknown, failed}).Draw(t, "class")
				one.try(class, key, seq)
				whole.try(class, key, seq)
				for range rapid.IntRange(0, 2).Draw(t, "copies") {
					own = append(own, history.Observation{Seq: seq, Offset: int64(len(own))})
				}
			}
			own = rapid.Permutation(own).Draw(t, "order")
			l := one.final()
			for i, o := range own {
				o.Key, o.Offset, o.Append = one.name(key), int64(i), int64(i+1)
				l.full(o)
				o.Key = whole.name(key)
				seen = append(seen, o)
			}
			l.end("")
			one.close()
			v := judgeStory(t, one, spec, 1, 1000)
			plus(sum, v.Sinks[0].Counts)
			plus(places, v.Sinks[0].Places)
		}
		l := whole.final()
		for i, o := range seen {
			o.Offset, o.Append = int64(i), int64(i+1)
			l.full(o)
		}
		l.end("")
		whole.close()
		v := judgeStory(t, whole, spec, rapid.IntRange(1, 4).Draw(t, "shards"), rapid.Int64Range(1, 10).Draw(t, "budget"))
		if !reflect.DeepEqual(v.Sinks[0].Counts, sum) || sum[Lost] > 0 && !reflect.DeepEqual(v.Sinks[0].Places, places) {
			t.Fatalf("together %v at %v, apart %v at %v", v.Sinks[0].Counts, v.Sinks[0].Places, sum, places)
		}
	})
}
