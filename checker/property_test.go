package checker

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"testing"

	"surety/checker/history"

	"pgregory.net/rapid"
)

var oddSeqs = []int64{math.MinInt64, -65, -1, 0, 1, 63, 64, 1 << 40, math.MaxInt64 - 1, math.MaxInt64}

// tale draws a small history with everything that can go wrong in one.
func tale(t *rapid.T) *story {
	s := newStory()
	keys := []string{"", "a", "b"}
	chance := func(label string, percent int) bool { return rapid.IntRange(0, 99).Draw(t, label) < percent }
	queue := chance("queue", 10) // no positions anywhere
	odd := rapid.Bool().Draw(t, "odd sequences")
	seqOf := func() int64 {
		if odd {
			return rapid.SampledFrom(oddSeqs).Draw(t, "seq")
		}
		return rapid.Int64Range(0, 9).Draw(t, "seq")
	}
	keyOf := func() string { return rapid.SampledFrom(keys).Draw(t, "key") }
	class := func() history.OutcomeClass {
		return rapid.SampledFrom([]history.OutcomeClass{history.OK, history.OK, history.OK, history.Unknown, history.Failed}).Draw(t, "class")
	}
	type written struct {
		key string
		seq int64
	}
	var all []written
	write := func() {
		w := written{keyOf(), seqOf()}
		if !odd && chance("rising", 80) {
			w.seq = int64(len(all))
		}
		tx := uint64(0)
		if chance("in a transaction", 30) {
			tx = rapid.Uint64Range(1, 3).Draw(t, "tx")
		}
		a := s.intent(w.key, w.seq, tx)
		all = append(all, w)
		if !chance("unanswered", 10) {
			s.outcome(a, class())
		}
	}
	seen := func(l *look, early bool) {
		times := map[int32]int64{}
		for _, w := range all {
			part := int32(0)
			if chance("elsewhere", 20) {
				part = 1
			}
			for range rapid.SampledFrom([]int{0, 1, 1, 1, 1, 1, 2}).Draw(t, "copies") {
				o := history.Observation{Partition: part, Offset: l.next[part], Key: s.name(w.key), Seq: w.seq}
				if chance("strange", 5) {
					o.Seq = seqOf()
				}
				o.Corrupt = chance("corrupt", 2)
				o.Fence = chance("fence", 2)
				if chance("fan-out", 2) {
					o.Index = 1
				}
				if chance("jump back", 5) {
					o.Offset = rapid.Int64Range(0, max(0, o.Offset)).Draw(t, "offset")
				}
				if queue {
					o.Offset = -1
				}
				times[part] += rapid.Int64Range(-1, 2).Draw(t, "time")
				o.Append = max(0, times[part]+2)
				if !early || chance("read", 70) {
					l.full(o)
				}
			}
		}
	}
	for range rapid.IntRange(0, 12).Draw(t, "records") {
		write()
	}
	views := []history.View{history.Committed, history.Committed, history.Uncommitted}
	if chance("tail", 60) {
		l := s.look("out", rapid.SampledFrom(views).Draw(t, "view"), history.Tail)
		seen(l, true)
		l.end("")
		if chance("late writes", 30) {
			write()
		}
	}
	for tx := range uint64(4) {
		if chance("end of a transaction", 70) {
			s.put(history.TxEnd{Tx: tx, Class: class(), At: s.tick()})
		}
	}
	switch rapid.IntRange(0, 5).Draw(t, "drain") {
	case 0:
	case 1:
		s.put(history.Drain{Moving: true, At: s.tick()})
	case 2:
		s.put(history.Drain{At: s.tick()})
	default:
		s.drain()
	}
	soundness := func() string {
		if chance("unsound", 10) {
			return "the leader is gone"
		}
		return ""
	}
	if chance("input", 60) {
		l := s.look("input", history.Input, history.Final)
		seen(l, false)
		l.end(soundness())
	}
	for range rapid.SampledFrom([]int{0, 1, 1, 1, 1, 2}).Draw(t, "final reads") {
		l := s.final()
		seen(l, false)
		if !chance("never ends", 5) {
			l.end(soundness())
		}
	}
	if chance("complete", 85) {
		s.put(history.End{Interrupted: chance("interrupted", 5), At: s.tick()})
	}
	return s
}

func guaranteeOf(t *rapid.T) Guarantee {
	return Guarantee{
		Delivery:  rapid.SampledFrom(Deliveries).Draw(t, "delivery"),
		Order:     rapid.SampledFrom([]Order{OrderNone, OrderKey}).Draw(t, "order"),
		Atomicity: rapid.Bool().Draw(t, "atomicity"),
	}
}

// counted drops the zeros of a verdict's counts, and what the naive judge does
// not know to be not judged.
func counted(sv SinkVerdict) map[Class]int64 {
	out := maps.Clone(sv.Counts)
	maps.DeleteFunc(out, func(_ Class, n int64) bool { return n == 0 })
	return out
}

func TestFastJudgeAgreesWithNaiveJudge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := tale(t)
		g := guaranteeOf(t)
		spec := specOf(g.Delivery, g.Order)
		spec.Sinks[0].Guarantee = g
		shards := rapid.IntRange(1, 3).Draw(t, "shards")
		budget := rapid.SampledFrom([]int64{1, 5, 1000}).Draw(t, "budget")
		v := judgeStory(t, s, spec, shards, budget)
		counts, places, origins := naive(s.recs, s.text, spec.Sinks[0])
		sv := v.Sinks[0]
		if got := counted(sv); !reflect.DeepEqual(got, counts) {
			t.Fatalf("counts %v, naive %v\n%s", got, counts, s.dump())
		}
		if sv.Counts[Lost] > 0 && !reflect.DeepEqual(sv.Places, places) {
			t.Fatalf("places %v, naive %v", sv.Places, places)
		}
		if !reflect.DeepEqual(sv.Origins, origins) {
			t.Fatalf("origins %v, naive %v, counts %v\n%s", sv.Origins, origins, counts, s.dump())
		}
		broken := false
		for c, n := range counts {
			broken = broken || n > 0 && g.Breaks(c)
			if g.Breaks(c) != (sv.Breaks[c] > 0) {
				t.Fatalf("breaks %v of counts %v under %+v", sv.Breaks, counts, g)
			}
		}
		if broken != (v.Answer == Violated) {
			t.Fatalf("%s with counts %v under %+v", v.Answer, counts, g)
		}
	})
}

func TestVerdictDoesNotDependOnShardsOrPasses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := tale(t)
		spec := specOf(ExactlyOnce, OrderKey)
		want := judgeStory(t, s, spec, 1, 1000)
		for _, shards := range []int{2, 5} {
			if got := judgeStory(t, s, spec, shards, 3); !reflect.DeepEqual(got, want) {
				t.Fatalf("%d shards: %s\none: %s", shards, show(got), show(want))
			}
		}
	})
}

func TestFencesAndRereadsChangeNoVerdict(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := tale(t)
		spec := specOf(ExactlyOnce, OrderKey)
		want := judgeStory(t, s, spec, 2, 1000)
		more := *s
		more.recs = nil
		for _, rec := range s.recs {
			more.put(rec)
			o, is := rec.(history.Observation)
			if !is {
				continue
			}
			if rapid.Bool().Draw(t, "reread") && o.Offset >= 0 {
				more.put(o)
			}
			if rapid.Bool().Draw(t, "fence") {
				more.put(history.Observation{Session: o.Session, Offset: o.Offset, Key: s.name("fence"), Fence: true, At: o.At})
			}
		}
		got := judgeStory(t, &more, spec, 2, 1000)
		for _, v := range []*Verdict{want, got} {
			v.Examined.Observations = 0
			delete(v.Sinks[0].Counts, Reread)
		}
		if !reflect.DeepEqual(got.Sinks, want.Sinks) || got.Answer != want.Answer {
			t.Fatalf("with: %s\nwithout: %s", show(got), show(want))
		}
	})
}

func TestKeysAreJudgedAlikeWhateverTheirNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := tale(t)
		spec := specOf(ExactlyOnce, OrderKey)
		want := judgeStory(t, s, spec, 2, 1000)
		perm := rapid.Permutation([]history.Name{0, 1, 2}).Draw(t, "keys")
		for len(s.texts) < 3 {
			s.name(fmt.Sprint("more", len(s.texts)))
		}
		renamed := *s
		renamed.recs = nil
		for _, rec := range s.recs {
			switch v := rec.(type) {
			case history.Intent:
				v.Key = perm[v.Key]
				rec = v
			case history.Observation:
				v.Key = perm[v.Key]
				rec = v
			}
			renamed.put(rec)
		}
		got := judgeStory(t, &renamed, spec, 2, 1000)
		for _, v := range []*Verdict{want, got} {
			v.Sinks[0].Findings = nil // the first ones are told apart by their keys
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("renamed: %s\nbefore: %s", show(got), show(want))
		}
	})
}
