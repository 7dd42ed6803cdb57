package checker

import (
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"surety/checker/history"
)

// resultTale draws a small history of records with terms and event times, and of
// what a sink shows as their results: right, off by a few, or anything.
func resultTale(t *rapid.T, size int64) *story {
	s := newStory()
	chance := func(what string, percent int) bool { return rapid.IntRange(0, 99).Draw(t, what) < percent }
	keys := rapid.SampledFrom([]string{"a", "b"})
	class := rapid.SampledFrom([]history.OutcomeClass{history.OK, history.OK, history.OK, history.Unknown, history.Failed})
	type written struct {
		key         string
		seq         int64
		event, term int64
		part        int32
	}
	var all []written
	var open []func()
	for range rapid.IntRange(0, 14).Draw(t, "records") {
		w := written{keys.Draw(t, "key"), int64(len(all)), rapid.Int64Range(-5, 40).Draw(t, "event"), rapid.Int64Range(0, 5).Draw(t, "term"), rapid.Int32Range(0, 1).Draw(t, "partition")}
		if len(all) > 0 && chance("again", 15) {
			w = rapid.SampledFrom(all).Draw(t, "record")
		}
		all = append(all, w)
		in := history.Intent{Key: s.name(w.key), Seq: w.seq, Event: w.event, Term: w.term}
		if chance("in a transaction", 20) {
			in.Tx = rapid.Uint64Range(1, 2).Draw(t, "tx")
		}
		s.attempts++
		in.Attempt, in.At = s.attempts, s.tick()
		s.put(in)
		out := history.Outcome{Attempt: in.Attempt, Class: class.Draw(t, "class"), Partition: w.part, Offset: -1}
		if chance("partition not learnt", 20) {
			out.Partition = -1
		}
		answer := func() { out.At = s.tick(); s.put(out) }
		switch {
		case chance("unanswered", 5):
		case chance("answered later", 30):
			open = append(open, answer)
		default:
			answer()
		}
		for len(open) > 0 && chance("answers", 40) {
			open[0]()
			open = open[1:]
		}
		if chance("end of a transaction", 15) {
			s.put(history.TxEnd{Tx: rapid.Uint64Range(1, 2).Draw(t, "tx"), Class: class.Draw(t, "class"), At: s.tick()})
		}
	}
	for _, answer := range open {
		answer()
	}
	if chance("drain", 85) {
		s.drain()
	} else {
		s.put(history.Drain{At: s.tick()})
	}
	if chance("input", 60) {
		l := s.look("input", history.Input, history.Final)
		for _, w := range all {
			for range rapid.SampledFrom([]int{0, 1, 1, 1, 1, 1, 2}).Draw(t, "copies") {
				l.full(history.Observation{Partition: w.part, Offset: l.next[w.part], Key: s.name(w.key), Seq: w.seq, Value: w.term, Event: w.event, Valued: true})
			}
		}
		l.end(rapid.SampledFrom([]string{"", "", "", "gone"}).Draw(t, "input's error"))
	}
	l := s.final()
	values := map[[2]any]int64{}
	for _, w := range all {
		if chance("not counted", 15) {
			continue
		}
		window := int64(0)
		if size > 0 {
			window = w.event - ((w.event%size)+size)%size
		}
		k := [2]any{w.key, window}
		weight := w.term
		if chance("one each", 70) {
			weight = 1
		}
		values[k] += weight + rapid.SampledFrom([]int64{0, 0, 0, 0, 0, 0, 0, 1, -1, -3}).Draw(t, "slip")
		o := history.Observation{Key: s.name(w.key), Valued: true, Value: values[k], Event: window, Append: int64(s.now)}
		if chance("elsewhere", 5) {
			o.Partition = 1
		}
		if chance("another key", 3) {
			o.Key = s.name("c")
		}
		o.Offset = l.next[o.Partition]
		if o.Offset > 0 && chance("again", 5) {
			o.Offset--
		}
		l.full(o)
	}
	l.end(rapid.SampledFrom([]string{"", "", "", "", "gone"}).Draw(t, "final's error"))
	if chance("complete", 90) {
		s.end()
	}
	return s
}

func TestResultsAgreeWithTheDefinitions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec := Spec{Sinks: []SinkSpec{{Name: "out", Oracle: rapid.SampledFrom([]string{"count", "sum", "window"}).Draw(t, "oracle")}}}
		sink := &spec.Sinks[0]
		sink.Guarantee = guaranteeOf(t)
		sink.Guarantee.State = rapid.SampledFrom([]State{"", StateFinal, StateMonotonic}).Draw(t, "state")
		if sink.Oracle == "window" {
			sink.Params = Params{Size: 10 * time.Millisecond, Lateness: time.Duration(rapid.IntRange(0, 12).Draw(t, "lateness")) * time.Millisecond}
			spec.InputPartitions = rapid.SampledFrom([]int32{0, 1, 2, 2, 2}).Draw(t, "partitions")
		}
		s := resultTale(t, sink.Params.Size.Milliseconds())
		shards := rapid.IntRange(1, 3).Draw(t, "shards")
		v := judgeStory(t, s, spec, shards, 1000)
		counts, origins := naiveResults(s.recs, s.text, spec)
		got := counted(v.Sinks[0])
		if !reflect.DeepEqual(got, counts) {
			t.Fatalf("counts %v, naive %v\n%s\n%s", got, counts, show(v.Sinks[0].Findings), s.dump())
		}
		if !reflect.DeepEqual(v.Sinks[0].Origins, origins) {
			t.Fatalf("origins %v, naive %v\n%s", v.Sinks[0].Origins, origins, s.dump())
		}
		broken := false
		for c, n := range counts {
			broken = broken || n > 0 && sink.Guarantee.Breaks(c)
		}
		if broken != (v.Answer == Violated) {
			t.Fatalf("%s with counts %v under %+v", v.Answer, counts, sink.Guarantee)
		}
	})
}
