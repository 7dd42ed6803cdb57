package checker

import (
	"fmt"
	"maps"
	"testing"

	"pgregory.net/rapid"

	"surety/checker/history"
)

// logsOf judges the logs of a story with chunks of few offsets, so that small
// stories have many of them, and few facts held at once.
func logsOf(t interface{ Fatal(...any) }, s *story, shift uint, budget int64) map[string]LogVerdict {
	f := newLogFold(s.text)
	f.shift, f.budget = shift, budget
	src, err := s.open()
	if err != nil {
		t.Fatal(err)
	}
	complete := false
	err = each(src, func(rec *history.Record) error {
		if rec.Kind == history.KindEnd {
			if err := body(rec, func(e history.End) { complete = !e.Interrupted }); err != nil {
				return err
			}
		}
		return f.record(rec)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.judge(s.open, complete); err != nil {
		t.Fatal(err)
	}
	out := map[string]LogVerdict{}
	for _, v := range f.verdicts(specOf(ExactlyOnce, OrderKey), nil, complete) {
		out[v.Topic] = v
	}
	return out
}

// A log is written by two writers, some of them in transactions, and read by
// sessions that may each go wrong in every way.
func drawLogStory(t *rapid.T) *story {
	s := newStory()
	chance := func(percent int, what string) bool { return rapid.IntRange(0, 99).Draw(t, what) < percent }
	type stored struct {
		key string
		seq int64
		tx  uint64
	}
	logs := [2][]stored{}
	txs := map[uint64]bool{} // that have ended
	var late []history.Outcome
	class := func() history.OutcomeClass {
		return rapid.SampledFrom([]history.OutcomeClass{ok, ok, ok, ok, unknown, failed}).Draw(t, "class")
	}
	var self *look
	for range rapid.IntRange(0, 15).Draw(t, "sends") {
		r := stored{key: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "key"), seq: int64(rapid.IntRange(0, 9).Draw(t, "seq"))}
		if chance(30, "in a transaction") {
			for r.tx = uint64(rapid.IntRange(1, 3).Draw(t, "tx")); txs[r.tx]; r.tx += 3 {
			}
		}
		s.attempts++
		s.put(history.Intent{
			Attempt: s.attempts, Writer: uint32(rapid.IntRange(1, 2).Draw(t, "writer")), Key: s.name(r.key), Seq: r.seq, Tx: r.tx, At: s.tick(),
		})
		part := rapid.IntRange(0, 1).Draw(t, "partition")
		offset := int64(len(logs[part]))
		for range rapid.SampledFrom([]int{1, 1, 1, 1, 1, 1, 0, 2}).Draw(t, "copies") {
			logs[part] = append(logs[part], r)
		}
		out := history.Outcome{Attempt: s.attempts, Class: class(), Partition: int32(part), Offset: offset, At: s.tick()}
		if chance(10, "position not told") || out.Class != ok {
			out.Partition, out.Offset = -1, -1
		} else if chance(5, "wrong position") {
			out.Offset = int64(rapid.IntRange(0, 30).Draw(t, "offset"))
		}
		switch {
		case chance(5, "no answer"):
		case chance(20, "late answer"):
			late = append(late, out)
		default:
			s.put(out)
		}
		if chance(10, "transaction ends") && r.tx != 0 {
			s.put(history.TxEnd{Tx: r.tx, Class: class(), At: s.tick()})
			txs[r.tx] = true
		}
		if chance(10, "polls itself") {
			if self == nil {
				self = s.look("out", history.Committed, history.Tail)
				self.recs[len(self.recs)-1] = history.Session{Session: self.id, Sink: "out", Topic: "in", View: history.Committed, Purpose: history.Tail}
			}
			s.put(history.Poll{Session: self.id, Tx: r.tx, Partition: int32(part), From: offset, To: offset + 1})
			self.at(int32(part), offset, r.key, r.seq)
		}
	}
	for _, out := range late {
		if chance(90, "answered before the reading") {
			s.put(out)
		}
	}
	type kind struct {
		sink, topic string
		view        history.View
		purpose     history.Purpose
	}
	kinds := []kind{
		{"out", "in", history.Committed, history.Tail},
		{"out", "in", history.Committed, history.Final},
		{"out", "in", history.Uncommitted, history.Tail},
		{"out", "out", history.Committed, history.Tail},
		{"out", "out", history.Committed, history.Final},
		{"input", "in", history.Input, history.Final},
	}
	for n := range rapid.IntRange(1, 4).Draw(t, "sessions") {
		k := rapid.SampledFrom(kinds).Draw(t, "session")
		if n == 0 {
			k = kinds[len(kinds)-1]
		}
		if k.view == history.Input && n > 0 {
			continue
		}
		s.sessions++
		l := &look{s, s.sessions, map[int32]int64{}}
		subscribes := chance(20, "subscribes")
		s.put(history.Session{Session: l.id, Sink: k.sink, Topic: k.topic, View: k.view, Purpose: k.purpose, Subscribes: subscribes, At: s.tick()})
		told := chance(70, "tells its polls")
		begun := false
		for part, log := range logs {
			for i := 0; i < len(log); i++ {
				if chance(4, "skip") {
					continue
				}
				o := history.Observation{
					Partition: int32(part), Offset: int64(i), Key: s.name(log[i].key), Seq: log[i].seq,
					First: told && (!begun || chance(30, "poll begins")), Fence: chance(4, "fence"), Corrupt: chance(2, "corrupt"),
				}
				if chance(3, "another content") {
					o.Seq++
				}
				if chance(2, "another index") {
					o.Index = 1
				}
				begun = true
				l.full(o)
				if chance(3, "go back") {
					i = rapid.IntRange(-1, i).Draw(t, "to")
				}
				if chance(3, "rebalance") {
					s.put(history.Rebalance{Session: l.id})
				}
				if chance(3, "stop") {
					break
				}
			}
		}
		if chance(95, "ends") {
			l.end(rapid.SampledFrom([]string{"", "", "", "", "", "", "", "broken"}).Draw(t, "error"))
		}
	}
	for _, out := range late {
		if chance(10, "answered twice or late") {
			s.put(out)
		}
	}
	for range rapid.IntRange(0, 3).Draw(t, "commits") {
		s.put(history.CommittedOffset{Group: "g", Topic: "in", Partition: 0, Offset: int64(rapid.IntRange(0, 3).Draw(t, "offset"))})
	}
	if chance(90, "complete") {
		s.close()
	}
	return s
}

func TestLogsAgreeWithNaiveJudge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawLogStory(t)
		want := naiveLogs(s.recs)
		for _, c := range []struct {
			shift  uint
			budget int64
		}{{2, 3}, {6, 1000}} {
			got := logsOf(t, s, c.shift, c.budget)
			for topic := range want {
				if _, there := got[topic]; !there {
					t.Fatalf("no verdict on the log %s\n%s", topic, s.dump())
				}
			}
			for topic, v := range got {
				counts := maps.Clone(want[topic])
				for _, class := range v.NotJudged {
					if counts[class] > 0 && class != IntPollSkip && class != IntNonmonotonicPoll {
						t.Fatalf("%s: %d %s are there and not judged\n%s", topic, counts[class], class, s.dump())
					}
				}
				for class, n := range v.Counts {
					if n != counts[class] {
						t.Fatalf("chunks of %d, %s: %d %s, want %d\n%s\n%s", 1<<c.shift, topic, n, class, counts[class], fmt.Sprint(want), s.dump())
					}
				}
			}
		}
	})
}

// What the property compares must be there to compare.
func TestDrawnLogsHaveEveryAnomaly(t *testing.T) {
	seen := map[Class]int64{}
	stories := rapid.Custom(drawLogStory)
	for seed := range 1500 {
		for _, counts := range naiveLogs(stories.Example(seed).recs) {
			plus(seen, counts)
		}
	}
	for _, c := range LogClasses {
		if seen[c] < 5 {
			t.Errorf("%s: drawn %d times", c, seen[c])
		}
	}
	t.Log(seen)
}
