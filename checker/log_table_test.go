package checker

import (
	"slices"
	"testing"

	"surety/checker/history"
)

// logStory tells what happened to one log, "in", that the driver writes, and that
// is a sink by itself.
type logStory struct{ *story }

// send is an attempt of writer 1, in no transaction, with its answer. All records
// have key k.
func (s logStory) send(class history.OutcomeClass, seq int64, part int32, offset int64) {
	s.sendBy(1, 0, class, seq, part, offset)
}

func (s logStory) sendBy(writer uint32, tx uint64, class history.OutcomeClass, seq int64, part int32, offset int64) {
	s.attempts++
	s.put(history.Intent{Attempt: s.attempts, Writer: writer, Tx: tx, Key: s.name("k"), Seq: seq, At: s.tick()})
	s.put(history.Outcome{Attempt: s.attempts, Class: class, Partition: part, Offset: offset, At: s.tick()})
}

// sent is k 1, k 2, ... acknowledged from offset 0 of partition 0.
func (s logStory) sent(n int64) {
	for i := range n {
		s.send(ok, i+1, 0, i)
	}
}

func (s logStory) session(view history.View, purpose history.Purpose, subscribes bool) *look {
	s.sessions++
	sink := "out"
	if view == history.Input {
		sink = "input"
	}
	s.put(history.Session{
		Session: s.sessions, Sink: sink, Topic: "in", View: view, Purpose: purpose, Subscribes: subscribes, At: s.tick(),
	})
	return &look{s.story, s.sessions, map[int32]int64{}}
}

func (s logStory) final() *look { return s.session(history.Input, history.Final, false) }
func (s logStory) tail() *look  { return s.session(history.Committed, history.Tail, false) }

// polled reads positions of partition 0 in one poll: k 1 at offset 0, k 2 at 1, ...
func (l *look) polled(offsets ...int64) *look {
	for i, o := range offsets {
		l.full(history.Observation{Offset: o, Key: l.name("k"), Seq: o + 1, First: i == 0})
	}
	return l
}

func (s logStory) fenceAt(l *look, offset int64) {
	l.full(history.Observation{Offset: offset, Key: s.name("~fence"), Seq: 1, Fence: true, First: true})
}

func (s logStory) tx(no uint64, class history.OutcomeClass) {
	s.put(history.TxEnd{Tx: no, Class: class, At: s.tick()})
}

var logHistories = []struct {
	why  string
	tell func(logStory)
	want counts // of everything that was judged; what is not named is 0
}{
	{"all that was acknowledged was returned where it was acknowledged",
		func(s logStory) { s.sent(4); s.final().polled(0, 1, 2, 3).end("") }, nil},

	// lost write, unseen
	{"acknowledged, and the reading went beyond it",
		func(s logStory) { s.sent(4); s.final().polled(0, 1, 3).end("") }, counts{LostWrite: 1, PollSkip: 0, IntPollSkip: 1}},
	{"acknowledged above the highest offset that was read",
		func(s logStory) { s.sent(4); s.final().polled(0, 1).end("") }, counts{Unseen: 2}},
	{"a fence is read as well: the reading went beyond",
		func(s logStory) { s.sent(3); l := s.final().polled(0, 1); s.fenceAt(l, 3); l.end("") }, counts{LostWrite: 1, PollSkip: 1}},
	{"without an acknowledgement it may be absent",
		func(s logStory) {
			s.sent(1)
			s.send(unknown, 2, -1, -1)
			s.send(ok, 3, 0, 2)
			s.final().polled(0, 2).end("")
		}, nil},
	{"one that came out at another offset is not lost, it stands twice",
		func(s logStory) { s.sent(2); s.final().polled(0).at(0, 5, "k", 2).end("") }, counts{Duplicate: 1, IntPollSkip: 1}},
	{"a tail saw it: some reading returned it",
		func(s logStory) { s.sent(3); s.tail().polled(0, 1, 2).end(""); s.final().polled(0, 2).end("") }, counts{IntPollSkip: 1}},
	{"in another partition it is another value",
		func(s logStory) {
			s.sent(2)
			l := s.final().polled(0)
			l.full(history.Observation{Partition: 1, Offset: 1, Key: s.name("k"), Seq: 2, First: true})
			l.end("")
		}, counts{Unseen: 1}},
	{"a transaction that was aborted has nothing to lose",
		func(s logStory) {
			s.sendBy(1, 7, ok, 9, 0, 0)
			s.tx(7, failed)
			s.send(ok, 2, 0, 1)
			s.final().polled(1).end("")
		}, nil},
	{"a committed one has",
		func(s logStory) {
			s.sendBy(1, 7, ok, 1, 0, 0)
			s.tx(7, ok)
			s.send(ok, 2, 0, 2)
			s.final().at(0, 2, "k", 2).end("")
		}, counts{LostWrite: 1}},
	{"a transaction that nobody knows the end of may be absent",
		func(s logStory) {
			s.sendBy(1, 7, ok, 1, 0, 0)
			s.tx(7, unknown)
			s.send(ok, 2, 0, 2)
			s.final().at(0, 2, "k", 2).end("")
		}, nil},

	// inconsistent offsets
	{"read as another record than was acknowledged there",
		func(s logStory) { s.sent(2); s.final().polled(0).at(0, 1, "k", 9).end("") }, counts{InconsistentOffsets: 1, LostWrite: 1}},
	{"two readings show two records at one offset",
		func(s logStory) {
			s.sent(1)
			s.tail().polled(0).at(0, 1, "k", 8).end("")
			s.final().polled(0).at(0, 1, "k", 9).end("")
		}, counts{InconsistentOffsets: 1}},
	{"it counts once, whoever sees it",
		func(s logStory) {
			s.sent(2)
			s.tail().polled(0).at(0, 1, "k", 8).end("")
			s.final().polled(0).at(0, 1, "k", 9).end("")
		}, counts{InconsistentOffsets: 1, LostWrite: 1}},
	{"two acknowledgements of one offset",
		func(s logStory) { s.sent(2); s.sendBy(2, 0, ok, 3, 0, 1); s.final().polled(0, 1).end("") }, counts{InconsistentOffsets: 1, LostWrite: 1}},
	{"a reading that is corrupted is another content",
		func(s logStory) {
			s.sent(2)
			s.final().polled(0).full(history.Observation{Offset: 1, Corrupt: true}).end("")
		}, counts{InconsistentOffsets: 1, LostWrite: 1}},
	{"an uncommitted look shows the same records and those of aborted transactions",
		func(s logStory) {
			s.sent(1)
			s.sendBy(1, 7, ok, 2, 0, 1)
			s.tx(7, failed)
			s.session(history.Uncommitted, history.Tail, false).polled(0, 1).end("")
			s.final().polled(0).end("")
		}, nil},

	// duplicate
	{"one value at two offsets",
		func(s logStory) { s.sent(2); s.final().polled(0, 1).at(0, 2, "k", 2).end("") }, counts{Duplicate: 1}},
	{"an unknown one that was written three times",
		func(s logStory) {
			s.sent(1)
			s.send(unknown, 2, -1, -1)
			s.final().polled(0).at(0, 1, "k", 2).at(0, 2, "k", 2).at(0, 4, "k", 2).end("")
		}, counts{Duplicate: 2}},
	{"sent twice and acknowledged twice, it is there twice",
		func(s logStory) { s.sent(2); s.send(ok, 2, 0, 2); s.final().polled(0, 1).at(0, 2, "k", 2).end("") }, nil},
	{"two outputs of one record are two values",
		func(s logStory) {
			s.sent(1)
			s.final().polled(0).full(history.Observation{Offset: 1, Key: s.name("k"), Seq: 1, Index: 1}).end("")
		}, nil},

	// aborted read
	{"a committed view shows a record of an aborted transaction",
		func(s logStory) {
			s.sent(1)
			s.sendBy(1, 7, ok, 2, 0, 1)
			s.tx(7, failed)
			s.final().polled(0, 1).end("")
		}, counts{AbortedRead: 1}},
	{"a tail with a committed view shows it",
		func(s logStory) {
			s.sent(1)
			s.sendBy(1, 7, ok, 2, 0, 1)
			s.tx(7, failed)
			s.tail().polled(0, 1).end("")
			s.final().polled(0).end("")
		}, counts{AbortedRead: 1}},
	{"a write that failed for certain is there",
		func(s logStory) { s.sent(1); s.send(failed, 2, -1, -1); s.final().polled(0, 1).end("") }, counts{FailedAppeared: 1}},
	{"another attempt of it was acknowledged",
		func(s logStory) { s.send(failed, 1, -1, -1); s.sent(1); s.final().polled(0).end("") }, nil},
	{"another attempt of it is unknown",
		func(s logStory) {
			s.sent(1)
			s.send(failed, 2, -1, -1)
			s.send(unknown, 2, -1, -1)
			s.final().polled(0, 1).end("")
		}, nil},

	// pre-committed read
	{"a transaction polls what it has just written",
		func(s logStory) {
			s.sendBy(1, 7, ok, 1, 0, 0)
			l := s.tail()
			s.put(history.Poll{Session: l.id, Tx: 7, From: 0, To: 1})
			l.polled(0)
			s.tx(7, ok)
			s.final().polled(0).end("")
		}, counts{PrecommittedRead: 1}},
	{"after the commit it may",
		func(s logStory) {
			s.sendBy(1, 7, ok, 1, 0, 0)
			l := s.tail()
			s.tx(7, ok)
			s.put(history.Poll{Session: l.id, Tx: 7, From: 0, To: 1})
			l.polled(0)
			s.final().polled(0).end("")
		}, nil},
	{"another transaction polls what is committed",
		func(s logStory) {
			s.sendBy(1, 7, ok, 1, 0, 0)
			s.tx(7, ok)
			s.sendBy(1, 8, ok, 2, 0, 2)
			l := s.tail()
			s.put(history.Poll{Session: l.id, Tx: 8, From: 0, To: 1})
			l.polled(0)
			s.tx(8, ok)
			s.final().polled(0).at(0, 2, "k", 2).end("")
		}, nil},

	// poll skip
	{"a poll passed over a record that another session read",
		func(s logStory) { s.sent(4); s.tail().polled(0, 3).end(""); s.final().polled(0, 1, 2, 3).end("") }, counts{IntPollSkip: 1}},
	{"the next poll began too far on",
		func(s logStory) {
			s.sent(4)
			s.tail().polled(0).polled(3).end("")
			s.final().polled(0, 1, 2, 3).end("")
		}, counts{PollSkip: 1}},
	{"offsets that hold no record of anybody are no skip: markers of transactions",
		func(s logStory) { s.sent(1); s.send(ok, 4, 0, 3); s.final().polled(0, 3).end("") }, nil},
	{"where a session begins and ends is its own affair",
		func(s logStory) { s.sent(5); s.tail().polled(2).end(""); s.final().polled(0, 1, 2, 3, 4).end("") }, nil},
	{"a committed view may pass over what is aborted",
		func(s logStory) {
			s.sent(1)
			s.sendBy(1, 7, ok, 2, 0, 1)
			s.tx(7, failed)
			s.send(ok, 3, 0, 2)
			s.session(history.Uncommitted, history.Tail, false).polled(0, 1, 2).end("")
			s.final().polled(0, 2).end("")
		}, nil},
	{"a session that subscribes may go on elsewhere after a rebalance",
		func(s logStory) {
			s.sent(4)
			l := s.session(history.Committed, history.Tail, true).polled(0)
			s.put(history.Rebalance{Session: l.id})
			l.polled(3)
			s.final().polled(0, 1, 2, 3).end("")
		}, nil},
	{"and at no other time",
		func(s logStory) {
			s.sent(4)
			s.session(history.Committed, history.Tail, true).polled(0).polled(3)
			s.final().polled(0, 1, 2, 3).end("")
		}, counts{PollSkip: 1}},
	{"a rebalance is nothing to a session that assigns its partitions to itself",
		func(s logStory) {
			s.sent(4)
			l := s.tail().polled(0)
			s.put(history.Rebalance{Session: l.id})
			l.polled(3)
			s.final().polled(0, 1, 2, 3).end("")
		}, counts{PollSkip: 1}},

	// non-monotonic poll
	{"a poll goes back",
		func(s logStory) { s.sent(3); s.tail().polled(0, 1, 0).end(""); s.final().polled(0, 1, 2).end("") }, counts{IntNonmonotonicPoll: 1}},
	{"the next poll begins with the same record",
		func(s logStory) {
			s.sent(3)
			s.tail().polled(0, 1).polled(1, 2).end("")
			s.final().polled(0, 1, 2).end("")
		}, counts{NonmonotonicPoll: 1}},
	{"a session that subscribes may go back at a rebalance",
		func(s logStory) {
			s.sent(3)
			l := s.session(history.Committed, history.Tail, true).polled(0, 1)
			s.put(history.Rebalance{Session: l.id})
			l.polled(0, 1, 2)
			s.final().polled(0, 1, 2).end("")
		}, nil},
	{"of a session that does not tell its polls, all is between polls",
		func(s logStory) {
			s.sent(3)
			s.session(history.Committed, history.Tail, false).see("k", 1, 2).at(0, 0, "k", 1).end("")
			s.final().see("k", 1, 2, 3).end("")
		}, counts{NonmonotonicPoll: 1}},

	// non-monotonic send
	{"the second send of a writer got the lower offset",
		func(s logStory) {
			s.send(ok, 1, 0, 1)
			s.send(ok, 2, 0, 0)
			s.final().at(0, 0, "k", 2).at(0, 1, "k", 1).end("")
		}, counts{NonmonotonicSend: 1}},
	{"within one transaction it is internal",
		func(s logStory) {
			s.sendBy(1, 7, ok, 1, 0, 1)
			s.sendBy(1, 7, ok, 2, 0, 0)
			s.tx(7, ok)
			s.final().at(0, 0, "k", 2).at(0, 1, "k", 1).end("")
		}, counts{IntNonmonotonicSend: 1}},
	{"two writers have no order",
		func(s logStory) {
			s.sendBy(1, 0, ok, 1, 0, 1)
			s.sendBy(2, 0, ok, 2, 0, 0)
			s.final().at(0, 0, "k", 2).at(0, 1, "k", 1).end("")
		}, nil},
	{"two partitions have none",
		func(s logStory) {
			s.send(ok, 1, 0, 1)
			s.send(ok, 2, 1, 0)
			s.final().at(0, 1, "k", 1).at(1, 0, "k", 2).end("")
		}, nil},
	{"records of others between two sends are legal",
		func(s logStory) {
			s.sent(1)
			s.send(ok, 9, 0, 8)
			s.final().polled(0).at(0, 3, "other", 1).at(0, 8, "k", 9).end("")
		}, nil},
	{"the order is that of the sends, not of their answers",
		func(s logStory) {
			a, b := s.intent("k", 1, 0), s.intent("k", 2, 0)
			s.put(history.Outcome{Attempt: b, Class: ok, Partition: 0, Offset: 1, At: s.tick()})
			s.put(history.Outcome{Attempt: a, Class: ok, Partition: 0, Offset: 0, At: s.tick()})
			s.final().polled(0, 1).end("")
		}, nil},
	{"answers in the order of their offsets can hide that the sends went back",
		func(s logStory) {
			a, b := s.intent("k", 1, 0), s.intent("k", 2, 0)
			s.put(history.Outcome{Attempt: b, Class: ok, Partition: 0, Offset: 0, At: s.tick()})
			s.put(history.Outcome{Attempt: a, Class: ok, Partition: 0, Offset: 1, At: s.tick()})
			s.final().at(0, 0, "k", 2).at(0, 1, "k", 1).end("")
		}, counts{NonmonotonicSend: 1}},

	// offset regression
	{"a committed offset goes back",
		func(s logStory) {
			s.sent(1)
			for _, o := range []int64{3, 5, 4, 4, 6} {
				s.put(history.CommittedOffset{Group: "g", Topic: "in", Offset: o, At: s.tick()})
			}
			s.final().polled(0).end("")
		}, counts{OffsetRegression: 1}},
	{"another group, another partition: another offset",
		func(s logStory) {
			s.sent(1)
			s.put(history.CommittedOffset{Group: "g", Topic: "in", Offset: 5, At: s.tick()})
			s.put(history.CommittedOffset{Group: "h", Topic: "in", Offset: 4, At: s.tick()})
			s.put(history.CommittedOffset{Group: "g", Topic: "in", Partition: 1, Offset: 3, At: s.tick()})
			s.final().polled(0).end("")
		}, nil},
}

func TestLogHistories(t *testing.T) {
	for _, h := range logHistories {
		t.Run(h.why, func(t *testing.T) {
			s := newStory()
			h.tell(logStory{s})
			s.close()
			for _, shift := range []uint{1, 2, chunkBits} {
				v := logsOf(t, s, shift, 4)["in"]
				for _, c := range LogClasses {
					if v.Counts[c] != h.want[c] {
						t.Errorf("chunks of %d: %s %d, want %d", 1<<shift, c, v.Counts[c], h.want[c])
					}
					if h.want[c] > 0 && !slices.ContainsFunc(v.Findings, func(f Finding) bool { return f.Class == c && f.Note != "" }) {
						t.Errorf("%s without a finding that explains it", c)
					}
				}
				if t.Failed() {
					t.Fatal(show(v))
				}
			}
			if naive := naiveLogs(s.recs)["in"]; !slices.EqualFunc(LogClasses, LogClasses, func(c, _ Class) bool { return naive[c] == h.want[c] }) {
				t.Errorf("the naive judge: %v", naive)
			}
		})
	}
}

// A class that the history has no evidence for is said to be open, never counted 0.
func TestLogClassesWithoutEvidenceAreNotJudged(t *testing.T) {
	sends := []Class{LostWrite, Duplicate, AbortedRead, FailedAppeared, Unseen}
	for _, tt := range []struct {
		why  string
		tell func(logStory)
		open []Class
	}{
		{"cut off", func(s logStory) { s.sent(2); s.final().polled(0, 1).end("") }, sends},
		{"the final read broke", func(s logStory) { s.sent(2); s.final().polled(0).end("refused"); s.close() }, sends},
		{"the final read never ended", func(s logStory) { s.sent(2); s.final().polled(0); s.close() }, sends},
		{"acknowledgements without positions", func(s logStory) { s.try(ok, "k", 1); s.final().polled(0).end(""); s.close() }, append(sends, NonmonotonicSend)},
		{"nobody watched the groups, no transaction polled", func(s logStory) { s.sent(1); s.final().polled(0).end(""); s.close() }, []Class{OffsetRegression, PrecommittedRead}},
		{"polls that are not told", func(s logStory) { s.sent(1); s.final().see("k", 1).end(""); s.close() }, []Class{IntPollSkip, IntNonmonotonicPoll}},
	} {
		s := newStory()
		tt.tell(logStory{s})
		v := logsOf(t, s, 2, 4)["in"]
		for _, c := range LogClasses {
			_, counted := v.Counts[c]
			if counted == slices.Contains(v.NotJudged, c) {
				t.Errorf("%s: %s is neither judged nor open, or both", tt.why, c)
			}
			if slices.Contains(tt.open, c) && counted {
				t.Errorf("%s: %s counts", tt.why, c)
			}
		}
	}
}

// A log breaks what is declared for the sinks that are read from it.
func TestLogsBreakWhatIsDeclaredOfThem(t *testing.T) {
	lost := func(s logStory) { s.sent(4); s.final().polled(0, 1, 3).end(""); s.close() }
	sink := func(s logStory) { s.session(history.Committed, history.Final, false).polled(0, 1, 3).end("") }
	twice := func(s logStory) { s.sent(2); s.final().polled(0, 1).at(0, 2, "k", 2).end(""); s.close() }
	for _, tt := range []struct {
		why  string
		tell func(logStory)
		g    Guarantee
		want counts
	}{
		{"the input is the sink: a lost write breaks at-least-once", func(s logStory) { sink(s); lost(s) }, alo, counts{LostWrite: 1}},
		{"at most once it may be lost", func(s logStory) { sink(s); lost(s) }, amo, nil},
		{"an input in front of a processor has nothing declared", lost, eo, nil},
		{"a duplicate breaks exactly-once", func(s logStory) { sink(s); twice(s) }, eo, counts{Duplicate: 1}},
		{"and is legal at least once", func(s logStory) { s.tail().polled(0).end(""); twice(s) }, alo, nil},
	} {
		s := newStory()
		tt.tell(logStory{s})
		j := judge{open: s.open, spec: Spec{Sinks: []SinkSpec{{Name: "out", Guarantee: tt.g}}}, shards: 1, budget: 100, level1: true}
		v, err := j.verdict()
		if err != nil {
			t.Fatal(err)
		}
		if len(v.Logs) != 1 {
			t.Fatalf("%s: %s", tt.why, show(v))
		}
		for _, c := range LogClasses {
			if v.Logs[0].Breaks[c] != tt.want[c] {
				t.Errorf("%s: %s breaks %d times, want %d", tt.why, c, v.Logs[0].Breaks[c], tt.want[c])
			}
		}
		if len(tt.want) > 0 && v.Answer != Violated {
			t.Errorf("%s: %s", tt.why, v.Answer)
		}
	}
}
