package checker

import (
	"reflect"
	"testing"
	"time"

	"surety/checker/history"
	"surety/checker/predicate"
)

// pred is the predicate of a text that is right.
func pred(text string) (p predicate.Predicate) {
	p, _ = predicate.Parse(text)
	return p
}

// Short hands for what the sinks of oracles show and what goes in.

// value reads a result of a key.
func (l *look) value(key string, values ...int64) *look {
	for _, v := range values {
		l.full(history.Observation{Offset: l.next[0], Key: l.name(key), Valued: true, Value: v, Append: l.next[0] + 1})
	}
	return l
}

// window reads a result of one window of a key.
func (l *look) window(key string, start int64, values ...int64) *look {
	for _, v := range values {
		l.full(history.Observation{Offset: l.next[0], Key: l.name(key), Valued: true, Value: v, Event: start, Append: l.next[0] + 1})
	}
	return l
}

// output reads outputs of a fan-out of the key k.
func (l *look) output(seq int64, indexes ...int32) *look {
	for _, i := range indexes {
		l.full(history.Observation{Offset: l.next[0], Key: l.name("k"), Seq: seq, Index: i, Append: l.next[0] + 1})
	}
	return l
}

// joined reads a record of the key k with the sequence of the table that it was joined with.
func (l *look) joined(seq, table int64) *look {
	return l.full(history.Observation{Offset: l.next[0], Key: l.name("k"), Seq: seq, Valued: true, Value: table, Append: l.next[0] + 1})
}

// send is an attempt of the key k in partition 0 with an event time and a term.
func (s *story) send(class history.OutcomeClass, seq, event, term int64) {
	s.sendTo(0, class, "k", seq, event, term)
}

func (s *story) sendTo(part int32, class history.OutcomeClass, key string, seq, event, term int64) {
	s.attempts++
	s.put(history.Intent{Attempt: s.attempts, Key: s.name(key), Seq: seq, Event: event, Term: term, At: s.tick()})
	s.put(history.Outcome{Attempt: s.attempts, Class: class, Partition: part, Offset: -1, At: s.tick()})
}

// heal is a fault from now on, healed at once.
func (s *story) heal() {
	s.fault(0, history.FaultInEffect, true)
	s.fault(0, history.FaultHealed, true)
}

var (
	monotonic = func(g Guarantee) Guarantee { g.State = StateMonotonic; return g }
	final     = func(g Guarantee) Guarantee { g.State = StateFinal; return g }
	routed    = func(g Guarantee) Guarantee { g.Routing = RoutingKey; return g }
	within    = func(g Guarantee) Guarantee { g.Recovery = 10 * time.Microsecond; return g } // of the story's clock
	intact    = func(g Guarantee) Guarantee { g.Preserve = true; return g }
	accepted  = func(g Guarantee) Guarantee { g.Accepted = 0.5; return g }
)

var oracleHistories = []struct {
	why    string
	sink   SinkSpec
	more   []SinkSpec
	inputs int32
	faults int
	tell   func(*story)
	want   counts
	accept []Guarantee
	reject []Guarantee
}{
	// filter
	{
		why:    "what the filter drops is not lost",
		sink:   SinkSpec{Oracle: "filter", Params: Params{Keep: pred("seq % 3 != 0")}},
		tell:   func(s *story) { s.try(ok, "k", 0, 1, 2, 3, 4); s.out("k", 1, 2, 4); s.close() },
		accept: []Guarantee{amoK, aloK, eoK},
	},
	{
		why:    "what it keeps can be lost",
		sink:   SinkSpec{Oracle: "filter", Params: Params{Keep: pred("seq % 3 != 0")}},
		tell:   func(s *story) { s.try(ok, "k", 0, 1, 2, 3, 4); s.out("k", 1, 4); s.close() },
		want:   counts{Lost: 1},
		accept: []Guarantee{amo}, reject: []Guarantee{alo, eo},
	},
	{
		why:    "what it should have dropped is misrouted, and bounds no place of a loss",
		sink:   SinkSpec{Oracle: "filter", Params: Params{Keep: pred("seq % 3 != 0")}},
		tell:   func(s *story) { s.try(ok, "k", 1, 2, 3); s.out("k", 1, 2, 3); s.close() },
		want:   counts{Misrouted: 1},
		reject: []Guarantee{amo, alo, eo},
	},
	{
		why:  "a dropped record that was never tried is a phantom all the same",
		sink: SinkSpec{Oracle: "filter", Params: Params{Keep: pred("seq % 3 != 0")}},
		tell: func(s *story) { s.try(ok, "k", 1); s.out("k", 1, 3); s.close() },
		want: counts{Phantom: 1}, reject: []Guarantee{amo, alo, eo},
	},
	{
		why:  "a transaction of unknown end with a dropped record is not torn",
		sink: SinkSpec{Oracle: "filter", Params: Params{Keep: pred("seq % 3 != 0")}},
		tell: func(s *story) { s.try(ok, "k", 1); s.tx(1, unknown, "k", 2, 3); s.out("k", 1, 2); s.close() },
		want: counts{Recovered: 1}, accept: []Guarantee{amo, alo, eo},
	},
	// fan-out
	{
		why:  "every output of a fan-out came out, in any order within a record",
		sink: SinkSpec{Oracle: "fan-out", Params: Params{Outputs: 2}},
		tell: func(s *story) {
			s.try(ok, "k", 1, 2)
			s.final().output(1, 1, 0).output(2, 0, 1).end("")
			s.close()
		},
		accept: []Guarantee{amoK, aloK, eoK},
	},
	{
		why:  "each output is lost for itself",
		sink: SinkSpec{Oracle: "fan-out", Params: Params{Outputs: 2}},
		tell: func(s *story) {
			s.try(ok, "k", 1, 2)
			s.final().output(1, 0, 1).output(2, 1).end("")
			s.close()
		},
		want: counts{Lost: 1}, accept: []Guarantee{amo}, reject: []Guarantee{alo, eo},
	},
	{
		why:  "and duplicated for itself",
		sink: SinkSpec{Oracle: "fan-out", Params: Params{Outputs: 2}},
		tell: func(s *story) {
			s.try(ok, "k", 1)
			s.final().output(1, 0, 1, 1).end("")
			s.close()
		},
		want: counts{Duplicated: 1}, accept: []Guarantee{alo}, reject: []Guarantee{amo, eo},
	},
	{
		why:  "an output beyond the number of them is nobody's",
		sink: SinkSpec{Oracle: "fan-out", Params: Params{Outputs: 2}},
		tell: func(s *story) {
			s.try(ok, "k", 1)
			s.final().output(1, 0, 1, 2, -1).end("")
			s.close()
		},
		want: counts{Phantom: 2}, reject: []Guarantee{amo, alo, eo},
	},
	{
		why:  "an output behind those of a later record is reordered",
		sink: SinkSpec{Oracle: "fan-out", Params: Params{Outputs: 2}},
		tell: func(s *story) {
			s.try(ok, "k", 1, 2)
			s.final().output(1, 0).output(2, 0, 1).output(1, 1).end("")
			s.close()
		},
		want: counts{Reordered: 1}, accept: []Guarantee{eo}, reject: []Guarantee{eoK, aloK, amoK},
	},
	// map
	{
		why:  "a map is judged by who its records are",
		sink: SinkSpec{Oracle: "map"},
		tell: func(s *story) { s.try(ok, "k", 1, 2); s.out("k", 1, 2); s.close() }, accept: []Guarantee{amoK, aloK, eoK},
	},
	{
		why:  "and so is what it loses",
		sink: SinkSpec{Oracle: "map"},
		tell: func(s *story) { s.try(ok, "k", 1, 2); s.out("k", 1); s.close() },
		want: counts{Lost: 1}, accept: []Guarantee{amo}, reject: []Guarantee{alo, eo},
	},
	// dedup
	{
		why:  "copies that went in close together come out once",
		sink: SinkSpec{Oracle: "dedup", Params: Params{TTL: 10 * time.Millisecond}},
		tell: func(s *story) {
			s.send(ok, 1, 100, 0)
			s.send(ok, 1, 105, 0)
			s.out("k", 1)
			s.close()
		},
		accept: []Guarantee{amoK, aloK, eoK},
	},
	{
		why:  "a copy within the time-to-live must not come out again",
		sink: SinkSpec{Oracle: "dedup", Params: Params{TTL: 10 * time.Millisecond}},
		tell: func(s *story) {
			s.send(ok, 1, 100, 0)
			s.send(ok, 1, 110, 0)
			s.out("k", 1, 1)
			s.close()
		},
		want: counts{Duplicated: 1}, accept: []Guarantee{alo}, reject: []Guarantee{amo, eo},
	},
	{
		why:  "one that comes after it was forgotten may",
		sink: SinkSpec{Oracle: "dedup", Params: Params{TTL: 10 * time.Millisecond}},
		tell: func(s *story) {
			s.send(ok, 1, 100, 0)
			s.send(ok, 1, 111, 0)
			s.out("k", 1, 1)
			s.close()
		},
		accept: []Guarantee{amoK, aloK, eoK},
	},
	{
		why:  "copies of the input log are the processor's to drop",
		sink: SinkSpec{Oracle: "dedup", Params: Params{TTL: 10 * time.Millisecond}},
		tell: func(s *story) {
			s.send(ok, 1, 100, 0)
			l := s.look("input", history.Input, history.Final)
			l.see("k", 1, 1).end("")
			s.out("k", 1, 1)
			s.close()
		},
		want: counts{Duplicated: 1}, accept: []Guarantee{alo}, reject: []Guarantee{amo, eo},
	},
	// join
	{
		why:  "each record is joined with the newest of the table before it",
		sink: SinkSpec{Oracle: "join", Params: Params{Table: pred("seq % 10 == 0")}},
		tell: func(s *story) {
			s.try(ok, "k", 9, 10, 11, 20, 21)
			s.final().see("k", 9).joined(11, 10).joined(21, 20).end("")
			s.close()
		},
		accept: []Guarantee{amoK, aloK, eoK},
	},
	{
		why:  "an older record of the table is a stale join, legal only where it may have been lost",
		sink: SinkSpec{Oracle: "join", Params: Params{Table: pred("seq % 10 == 0")}},
		tell: func(s *story) {
			s.try(ok, "k", 10, 20, 21)
			s.final().joined(21, 10).end("")
			s.close()
		},
		want: counts{WrongState: 1}, reject: []Guarantee{alo, eo},
	},
	{
		why:  "a newer one shows a replay, legal only where replays are",
		sink: SinkSpec{Oracle: "join", Params: Params{Table: pred("seq % 10 == 0")}},
		tell: func(s *story) {
			s.try(ok, "k", 10, 11, 20)
			s.final().joined(11, 20).end("")
			s.close()
		},
		want: counts{WrongState: 1}, reject: []Guarantee{amo, eo},
	},
	{
		why:  "one of unknown outcome may be there or not",
		sink: SinkSpec{Oracle: "join", Params: Params{Table: pred("seq % 10 == 0")}},
		tell: func(s *story) {
			s.try(ok, "k", 10)
			s.try(unknown, "k", 20)
			s.try(ok, "k", 21, 22)
			s.final().joined(21, 10).joined(22, 20).end("")
			s.close()
		},
		accept: []Guarantee{amo, alo, eo},
	},
	{
		why:  "a join with nothing, though the table had a record",
		sink: SinkSpec{Oracle: "join", Params: Params{Table: pred("seq % 10 == 0")}},
		tell: func(s *story) { s.try(ok, "k", 10, 11); s.out("k", 11); s.close() },
		want: counts{WrongState: 1}, reject: []Guarantee{alo, eo},
	},
	{
		why:  "the input log has another order than the sequence",
		sink: SinkSpec{Oracle: "join", Params: Params{Table: pred("seq % 10 == 0")}},
		tell: func(s *story) {
			s.try(ok, "k", 10, 11)
			s.log("k", 11, 10)
			s.out("k", 11)
			s.close()
		},
		accept: []Guarantee{amo, alo, eo},
	},
	// latest
	{
		why:    "a table need not show what was replaced",
		sink:   SinkSpec{Oracle: "latest"},
		tell:   func(s *story) { s.try(ok, "k", 1, 2, 3); s.out("k", 3); s.close() },
		accept: []Guarantee{amo, alo, eo, monotonic(eo)},
	},
	{
		why:    "the newest is lost",
		sink:   SinkSpec{Oracle: "latest"},
		tell:   func(s *story) { s.try(ok, "k", 1, 2, 3); s.out("k", 1, 2); s.close() },
		want:   counts{Lost: 1},
		accept: []Guarantee{amo, monotonic(amo)}, reject: []Guarantee{alo, eo},
	},
	{
		why:    "an older value replaced a newer, and stayed",
		sink:   SinkSpec{Oracle: "latest"},
		tell:   func(s *story) { s.try(ok, "k", 1, 2); s.out("k", 1, 2, 1); s.close() },
		want:   counts{Regressed: 1},
		accept: []Guarantee{amo, alo}, reject: []Guarantee{eo, final(amo), final(alo), monotonic(alo)},
	},
	{
		why:    "for a while only: that is judged where no value may go back",
		sink:   SinkSpec{Oracle: "latest"},
		tell:   func(s *story) { s.try(ok, "k", 1, 2); s.out("k", 2, 1, 2); s.close() },
		accept: []Guarantee{amo, alo, eo, final(alo)},
	},
	{
		why:    "for a while, where it is",
		sink:   SinkSpec{Oracle: "latest", Guarantee: monotonic(alo)},
		tell:   func(s *story) { s.try(ok, "k", 1, 2); s.out("k", 2, 1, 2); s.close() },
		want:   counts{Regressed: 1},
		reject: []Guarantee{monotonic(amo), monotonic(alo), monotonic(eo)},
	},
	{
		why:  "seen in the table before, replaced at the end",
		sink: SinkSpec{Oracle: "latest"},
		tell: func(s *story) {
			s.try(ok, "k", 1, 2)
			s.tail().at(0, 7, "k", 2).end("")
			s.final().at(0, 9, "k", 1).end("")
			s.close()
		},
		want: counts{Regressed: 1}, accept: []Guarantee{alo}, reject: []Guarantee{eo, final(alo)},
	},
	// dead letters
	{
		why:  "a dead letter is accounted for and not lost",
		sink: SinkSpec{},
		more: []SinkSpec{{Name: "dead", Role: RoleDeadLetter, Guarantee: alo}},
		tell: func(s *story) {
			s.try(ok, "k", 1, 2)
			s.out("k", 1)
			s.look("dead", history.Committed, history.Final).see("k", 2).end("")
			s.close()
		},
		want: counts{DeadLettered: 1}, accept: []Guarantee{amo, alo, eo},
	},
	{
		why:  "what is in neither is lost",
		sink: SinkSpec{},
		more: []SinkSpec{{Name: "dead", Role: RoleDeadLetter, Guarantee: alo}},
		tell: func(s *story) {
			s.try(ok, "k", 1, 2, 3)
			s.out("k", 1)
			s.look("dead", history.Committed, history.Final).see("k", 2).end("")
			s.close()
		},
		want: counts{DeadLettered: 1, Lost: 1}, accept: []Guarantee{amo}, reject: []Guarantee{alo, eo},
	},
	// routing
	{
		why:  "a key in its own partition",
		sink: SinkSpec{Partitions: 6},
		tell: func(s *story) {
			s.try(ok, "k", 1)
			s.final().at(partitionOf("k", 6), 0, "k", 1).end("")
			s.close()
		},
		accept: []Guarantee{eo, routed(eo)},
	},
	{
		why:  "a key in another partition is misrouted only where routing is declared",
		sink: SinkSpec{Partitions: 6},
		tell: func(s *story) {
			s.try(ok, "k", 1)
			s.final().at((partitionOf("k", 6)+1)%6, 0, "k", 1).end("")
			s.close()
		},
		accept: []Guarantee{amo, alo, eo},
	},
	{
		why:  "where it is, it is no sighting either",
		sink: SinkSpec{Partitions: 6, Guarantee: routed(eo)},
		tell: func(s *story) {
			s.try(ok, "k", 1)
			s.final().at((partitionOf("k", 6)+1)%6, 0, "k", 1).end("")
			s.close()
		},
		want: counts{Misrouted: 1, Lost: 1}, reject: []Guarantee{routed(amo), routed(alo), routed(eo)},
	},
	{
		why:  "what a tail saw in another partition did not vanish",
		sink: SinkSpec{Partitions: 6, Guarantee: routed(eo)},
		tell: func(s *story) {
			s.try(ok, "k", 1)
			s.tail().at((partitionOf("k", 6)+1)%6, 0, "k", 1).end("")
			s.final().at((partitionOf("k", 6)+1)%6, 0, "k", 1).end("")
			s.close()
		},
		want: counts{Misrouted: 1, Lost: 1}, reject: []Guarantee{routed(eo)},
	},
	// late
	{
		why:    "out before the recovery deadline",
		sink:   SinkSpec{Guarantee: within(eo)},
		faults: 1,
		tell: func(s *story) {
			s.try(ok, "k", 1)
			s.heal()
			s.tail().see("k", 1).end("")
			s.out("k", 1)
			s.close()
		},
		accept: []Guarantee{within(amo), within(alo), within(eo)},
	},
	{
		why:    "first seen after the recovery deadline, and not lost",
		sink:   SinkSpec{Guarantee: within(eo)},
		faults: 1,
		tell: func(s *story) {
			s.try(ok, "k", 1)
			s.heal()
			s.now += 100000
			s.tail().see("k", 1).end("")
			s.out("k", 1)
			s.close()
		},
		want: counts{Late: 1}, reject: []Guarantee{within(amo), within(alo), within(eo)},
	},
	{
		why:    "what was sent after the last fault has no such deadline",
		sink:   SinkSpec{Guarantee: within(eo)},
		faults: 1,
		tell: func(s *story) {
			s.heal()
			s.now += 100000
			s.try(ok, "k", 1)
			s.tail().see("k", 1).end("")
			s.out("k", 1)
			s.close()
		},
		accept: []Guarantee{within(eo)},
	},
	// headers
	{
		why:  "other headers than went in, where they are to be preserved",
		sink: SinkSpec{Guarantee: intact(eo)},
		tell: func(s *story) {
			s.try(ok, "k", 1)
			s.final().full(history.Observation{Key: s.name("k"), Seq: 1, Altered: true}).end("")
			s.close()
		},
		want: counts{Altered: 1}, reject: []Guarantee{intact(amo), intact(alo), intact(eo)},
	},
	// acknowledgements
	{
		why:  "half of the attempts acknowledged, where half is to be",
		sink: SinkSpec{Guarantee: accepted(eo)},
		tell: func(s *story) {
			s.try(ok, "k", 1)
			s.try(failed, "k", 2)
			s.out("k", 1)
			s.close()
		},
		accept: []Guarantee{accepted(amo), accepted(alo), accepted(eo)},
	},
	{
		why:  "two of five acknowledged is one too few for half; the unknown one that came out was not acknowledged",
		sink: SinkSpec{Guarantee: accepted(eo)},
		tell: func(s *story) {
			s.try(ok, "k", 1)
			s.try(unknown, "k", 2)
			s.try(failed, "k", 3)
			s.try(failed, "j", 1)
			s.try(ok, "j", 2)
			s.final().see("k", 1).see("k", 2).see("j", 2).end("")
			s.close()
		},
		want: counts{Unavailable: 1, Recovered: 1}, reject: []Guarantee{accepted(amo), accepted(alo), accepted(eo)},
	},
	{
		why:  "few acknowledged, where nobody asked for more",
		sink: SinkSpec{},
		tell: func(s *story) {
			s.try(ok, "k", 1)
			s.try(failed, "k", 2)
			s.try(failed, "k", 3)
			s.out("k", 1)
			s.close()
		},
		accept: []Guarantee{amo, alo, eo},
	},
	{
		why:  "other headers, where nobody asked for them",
		sink: SinkSpec{},
		tell: func(s *story) {
			s.try(ok, "k", 1)
			s.final().full(history.Observation{Key: s.name("k"), Seq: 1, Altered: true}).end("")
			s.close()
		},
		accept: []Guarantee{amo, alo, eo},
	},
	// replay-equal
	{
		why:  "two sinks with the same records, in another order",
		sink: SinkSpec{Equals: "again"},
		more: []SinkSpec{{Name: "again", Guarantee: alo}},
		tell: func(s *story) {
			s.try(ok, "k", 1, 2)
			s.out("k", 1, 2)
			s.look("again", history.Committed, history.Final).see("k", 2, 1).end("")
			s.close()
		},
		accept: []Guarantee{amo, alo, eo},
	},
	{
		why:  "one has a record more",
		sink: SinkSpec{Equals: "again"},
		more: []SinkSpec{{Name: "again", Guarantee: alo}},
		tell: func(s *story) {
			s.try(ok, "k", 1, 2)
			s.out("k", 1, 2)
			s.look("again", history.Committed, history.Final).see("k", 1, 2, 2).end("")
			s.close()
		},
		want: counts{Differed: 1}, reject: []Guarantee{amo, alo, eo},
	},
	// count
	{
		why:    "the count is that of the records",
		sink:   SinkSpec{Oracle: "count"},
		tell:   func(s *story) { s.try(ok, "k", 1, 2, 3); s.final().value("k", 1, 2, 3).end(""); s.close() },
		accept: []Guarantee{amo, alo, eo, monotonic(eo)},
	},
	{
		why:  "records that are not counted are a loss",
		sink: SinkSpec{Oracle: "count", Guarantee: eo},
		tell: func(s *story) { s.try(ok, "k", 1, 2, 3); s.final().value("k", 1, 2).end(""); s.close() },
		want: counts{WrongState: 1}, reject: []Guarantee{alo, eo},
	},
	{
		why:    "and legal at most once",
		sink:   SinkSpec{Oracle: "count", Guarantee: amo},
		tell:   func(s *story) { s.try(ok, "k", 1, 2, 3); s.final().value("k", 1, 2).end(""); s.close() },
		accept: []Guarantee{amo},
	},
	{
		why:  "a count above the records over-counts",
		sink: SinkSpec{Oracle: "count"},
		tell: func(s *story) { s.try(ok, "k", 1, 2); s.final().value("k", 1, 2, 3).end(""); s.close() },
		want: counts{WrongState: 1}, reject: []Guarantee{amo, eo},
	},
	{
		why:    "and is legal at least once",
		sink:   SinkSpec{Oracle: "count", Guarantee: alo},
		tell:   func(s *story) { s.try(ok, "k", 1, 2); s.final().value("k", 1, 2, 3).end(""); s.close() },
		accept: []Guarantee{alo},
	},
	{
		why:  "records of unknown outcome may count or not",
		sink: SinkSpec{Oracle: "count"},
		tell: func(s *story) {
			s.try(ok, "a", 1)
			s.try(unknown, "a", 2)
			s.try(ok, "b", 1)
			s.try(unknown, "b", 2)
			s.final().value("a", 1).value("b", 1, 2).end("")
			s.close()
		},
		accept: []Guarantee{amo, alo, eo},
	},
	{
		why:  "a failed one may not",
		sink: SinkSpec{Oracle: "count"},
		tell: func(s *story) { s.try(ok, "k", 1); s.try(failed, "k", 2); s.final().value("k", 2).end(""); s.close() },
		want: counts{WrongState: 1}, reject: []Guarantee{amo, eo},
	},
	{
		why:  "the input log has the unknown one: it must count",
		sink: SinkSpec{Oracle: "count"},
		tell: func(s *story) {
			s.try(ok, "k", 1)
			s.try(unknown, "k", 2)
			s.log("k", 1, 2)
			s.final().value("k", 1).end("")
			s.close()
		},
		want: counts{WrongState: 1}, reject: []Guarantee{alo, eo},
	},
	{
		why:    "several attempts of a record count once",
		sink:   SinkSpec{Oracle: "count"},
		tell:   func(s *story) { s.try(unknown, "k", 1); s.try(ok, "k", 1); s.final().value("k", 1).end(""); s.close() },
		accept: []Guarantee{amo, alo, eo},
	},
	{
		why:  "nothing of a key came out",
		sink: SinkSpec{Oracle: "count"},
		tell: func(s *story) { s.try(ok, "a", 1); s.try(ok, "b", 1); s.final().value("a", 1).end(""); s.close() },
		want: counts{WrongState: 1}, reject: []Guarantee{alo, eo},
	},
	{
		why:  "a count of a key that nobody tried",
		sink: SinkSpec{Oracle: "count"},
		tell: func(s *story) { s.try(ok, "a", 1); s.final().value("a", 1).value("b", 1).end(""); s.close() },
		want: counts{Phantom: 1}, reject: []Guarantee{amo, alo, eo},
	},
	{
		why:    "a value that goes back and comes again is legal while the run goes on",
		sink:   SinkSpec{Oracle: "count"},
		tell:   func(s *story) { s.try(ok, "k", 1, 2); s.final().value("k", 1, 2, 1, 2).end(""); s.close() },
		accept: []Guarantee{amo, alo, eo, final(alo)},
	},
	{
		why:  "not where it is declared monotonic",
		sink: SinkSpec{Oracle: "count", Guarantee: monotonic(alo)},
		tell: func(s *story) { s.try(ok, "k", 1, 2); s.final().value("k", 1, 2, 1, 2).end(""); s.close() },
		want: counts{Regressed: 1}, reject: []Guarantee{monotonic(amo), monotonic(alo), monotonic(eo)},
	},
	{
		why:  "a value that stays below an earlier one regressed",
		sink: SinkSpec{Oracle: "count", Guarantee: alo},
		tell: func(s *story) { s.try(ok, "k", 1); s.final().value("k", 1, 2, 1).end(""); s.close() },
		want: counts{Regressed: 1}, accept: []Guarantee{alo}, reject: []Guarantee{final(alo)},
	},
	// sum
	{
		why:  "the sum is that of the terms",
		sink: SinkSpec{Oracle: "sum"},
		tell: func(s *story) {
			s.send(ok, 1, 0, 5)
			s.send(ok, 2, 0, 7)
			s.send(unknown, 3, 0, 10)
			s.final().value("k", 5, 22).end("")
			s.close()
		},
		accept: []Guarantee{amo, alo, eo},
	},
	{
		why:  "a sum between what the unknown term allows is none of both, but within the bounds",
		sink: SinkSpec{Oracle: "sum"},
		tell: func(s *story) {
			s.send(ok, 1, 0, 5)
			s.send(unknown, 2, 0, 10)
			s.final().value("k", 9).end("")
			s.close()
		},
		accept: []Guarantee{amo, alo, eo},
	},
	{
		why:  "a term added twice",
		sink: SinkSpec{Oracle: "sum"},
		tell: func(s *story) {
			s.send(ok, 1, 0, 5)
			s.send(ok, 2, 0, 7)
			s.final().value("k", 17).end("")
			s.close()
		},
		want: counts{WrongState: 1}, reject: []Guarantee{amo, eo},
	},
	// window
	{
		why:    "each record counts in the window of its event time",
		sink:   SinkSpec{Oracle: "window", Params: Params{Size: 10 * time.Millisecond}},
		inputs: 1,
		tell: func(s *story) {
			s.send(ok, 1, 3, 0)
			s.send(ok, 2, 8, 0)
			s.send(ok, 3, 12, 0)
			s.final().window("k", 0, 1, 2).window("k", 10, 1).end("")
			s.close()
		},
		accept: []Guarantee{amo, alo, eo},
	},
	{
		why:    "out of order but before its window closed: it must count",
		sink:   SinkSpec{Oracle: "window", Params: Params{Size: 10 * time.Millisecond, Lateness: 5 * time.Millisecond}},
		inputs: 1,
		tell: func(s *story) {
			s.send(ok, 1, 14, 0)
			s.send(ok, 2, 8, 0)
			s.final().window("k", 10, 1).end("")
			s.close()
		},
		want: counts{WrongState: 1}, reject: []Guarantee{alo, eo},
	},
	{
		why:    "after every partition had passed its window: it is dropped by declaration",
		sink:   SinkSpec{Oracle: "window", Params: Params{Size: 10 * time.Millisecond, Lateness: 5 * time.Millisecond}},
		inputs: 1,
		tell: func(s *story) {
			s.send(ok, 1, 15, 0)
			s.send(ok, 2, 8, 0)
			s.final().window("k", 10, 1).end("")
			s.close()
		},
		want: counts{DroppedLate: 1}, accept: []Guarantee{amo, alo, eo},
	},
	{
		why:    "and must not count",
		sink:   SinkSpec{Oracle: "window", Params: Params{Size: 10 * time.Millisecond, Lateness: 5 * time.Millisecond}},
		inputs: 1,
		tell: func(s *story) {
			s.send(ok, 1, 15, 0)
			s.send(ok, 2, 8, 0)
			s.final().window("k", 10, 1).window("k", 0, 1).end("")
			s.close()
		},
		want: counts{DroppedLate: 1, WrongState: 1}, reject: []Guarantee{amo, eo},
	},
	{
		why:    "its own partition had passed, another had not: it may count",
		sink:   SinkSpec{Oracle: "window", Params: Params{Size: 10 * time.Millisecond}},
		inputs: 2,
		tell: func(s *story) {
			s.sendTo(0, ok, "k", 1, 15, 0)
			s.sendTo(1, ok, "j", 1, 5, 0)
			s.sendTo(0, ok, "k", 2, 8, 0)
			s.sendTo(0, ok, "i", 2, 8, 0)
			s.final().window("k", 10, 1).window("k", 0, 1).window("j", 0, 1).end("")
			s.close()
		},
		accept: []Guarantee{amo, alo, eo},
	},
	{
		why:    "a later record of another partition closes nothing of this one",
		sink:   SinkSpec{Oracle: "window", Params: Params{Size: 10 * time.Millisecond}},
		inputs: 2,
		tell: func(s *story) {
			s.sendTo(0, ok, "k", 1, 15, 0)
			s.sendTo(1, ok, "j", 1, 5, 0)
			s.final().window("k", 10, 1).end("")
			s.close()
		},
		want: counts{WrongState: 1}, reject: []Guarantee{alo, eo},
	},
}

func TestEachOracleOnHandWrittenHistories(t *testing.T) {
	for _, row := range oracleHistories {
		judge := func(g Guarantee) *Verdict {
			s := newStory()
			row.tell(s)
			sink := row.sink
			sink.Name, sink.Guarantee = "out", g
			spec := Spec{Sinks: append([]SinkSpec{sink}, row.more...), InputPartitions: row.inputs}
			for range row.faults {
				spec.Faults = append(spec.Faults, FaultSpec{Name: "cut"})
			}
			return judgeStory(t, s, spec, 2, 1000)
		}
		first := row.sink.Guarantee
		if first.Delivery == "" {
			first = eo
		}
		got := counted(judge(first).Sinks[0])
		if want := row.want; !reflect.DeepEqual(got, map[Class]int64(want)) && len(got)+len(want) > 0 {
			t.Errorf("%s: counts %v, want %v", row.why, got, want)
		}
		for answer, list := range map[Answer][]Guarantee{Upheld: row.accept, Violated: row.reject} {
			for _, g := range list {
				if v := judge(g); v.Sinks[0].Answer != answer {
					t.Errorf("%s: under %+v %s, want %s: %v", row.why, g, v.Sinks[0].Answer, answer, v.Reasons)
				}
			}
		}
	}
}
