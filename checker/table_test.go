package checker

import (
	"math"
	"testing"

	"surety/checker/history"
)

const (
	ok      = history.OK
	failed  = history.Failed
	unknown = history.Unknown
)

var (
	amo   = Guarantee{Delivery: AtMostOnce}
	alo   = Guarantee{Delivery: AtLeastOnce}
	eo    = Guarantee{Delivery: ExactlyOnce}
	amoK  = Guarantee{Delivery: AtMostOnce, Order: OrderKey}
	aloK  = Guarantee{Delivery: AtLeastOnce, Order: OrderKey}
	eoK   = Guarantee{Delivery: ExactlyOnce, Order: OrderKey}
	amoTx = Guarantee{Delivery: AtMostOnce, Atomicity: true}
	aloTx = Guarantee{Delivery: AtLeastOnce, Atomicity: true}
)

// counts are those of a verdict that must be exactly so; what is not named must
// be 0 or not judged.
type counts map[Class]int64

var histories = []struct {
	why     string
	tell    func(*story)
	want    counts
	accept  []Guarantee
	reject  []Guarantee
	open    []Guarantee // inconclusive
	places  map[Place]int64
	origins map[Origin]int64 // under exactly-once
}{
	{
		why:    "everything came out once and in order",
		tell:   func(s *story) { s.try(ok, "k", 1, 2, 3); s.out("k", 1, 2, 3); s.close() },
		accept: []Guarantee{amoK, aloK, eoK},
	},
	{
		why:    "a hole in the middle is a loss",
		tell:   func(s *story) { s.try(ok, "k", 1, 2, 3); s.out("k", 1, 3); s.close() },
		want:   counts{Lost: 1},
		accept: []Guarantee{amo}, reject: []Guarantee{alo, eo},
		places: map[Place]int64{Middle: 1},
	},
	{
		why:    "what is missing below the first sighting is a prefix",
		tell:   func(s *story) { s.try(ok, "k", 1, 2, 3); s.out("k", 3); s.close() },
		want:   counts{Lost: 2},
		accept: []Guarantee{amo}, reject: []Guarantee{alo, eo},
		places: map[Place]int64{Prefix: 2},
	},
	{
		why:    "what is missing above the last sighting is a suffix",
		tell:   func(s *story) { s.try(ok, "k", 1, 2, 3); s.out("k", 1); s.close() },
		want:   counts{Lost: 2},
		accept: []Guarantee{amo}, reject: []Guarantee{alo, eo},
		places: map[Place]int64{Suffix: 2},
	},
	{
		why:    "a key without a sighting is lost whole",
		tell:   func(s *story) { s.try(ok, "k", 1, 2); s.try(ok, "", 1); s.out("k", 1, 2); s.close() },
		want:   counts{Lost: 1},
		accept: []Guarantee{amo}, reject: []Guarantee{alo, eo},
		places: map[Place]int64{Whole: 1},
	},
	{
		why:    "a phantom is no bound: what is below it is still a suffix",
		tell:   func(s *story) { s.try(ok, "k", 1, 2); s.out("k", 1, 9); s.close() },
		want:   counts{Lost: 1, Phantom: 1},
		reject: []Guarantee{amo, alo, eo},
		places: map[Place]int64{Suffix: 1},
	},
	{
		why:    "a second position of a record is a duplicate",
		tell:   func(s *story) { s.try(ok, "k", 1, 2); s.out("k", 1, 1, 2); s.close() },
		want:   counts{Duplicated: 1},
		accept: []Guarantee{aloK}, reject: []Guarantee{amo, eo},
	},
	{
		why:    "four sightings are three duplicates",
		tell:   func(s *story) { s.try(ok, "", 1); s.out("", 1, 1, 1, 1); s.close() },
		want:   counts{Duplicated: 3},
		accept: []Guarantee{alo}, reject: []Guarantee{amo, eo},
	},
	{
		why:    "a rewind duplicates but reorders nothing",
		tell:   func(s *story) { s.try(ok, "k", 1, 2, 3); s.out("k", 1, 2, 3, 1, 2, 3); s.close() },
		want:   counts{Duplicated: 3},
		accept: []Guarantee{aloK}, reject: []Guarantee{amo, eo},
	},
	{
		why:    "a duplicate of an unknown record is one as well",
		tell:   func(s *story) { s.try(ok, "k", 1); s.try(unknown, "k", 2); s.out("k", 1, 2, 2); s.close() },
		want:   counts{Duplicated: 1, Recovered: 1},
		accept: []Guarantee{alo}, reject: []Guarantee{amo, eo},
	},
	{
		why:    "the same position read twice is the same record",
		tell:   func(s *story) { s.try(ok, "k", 1); l := s.final().see("k", 1).at(0, 0, "k", 1); l.end(""); s.close() },
		want:   counts{Reread: 1},
		accept: []Guarantee{amo, alo, eo},
	},
	{
		why: "two readers of the same sink see the same records",
		tell: func(s *story) {
			s.try(ok, "k", 1)
			s.out("k", 1)
			s.out("k", 1)
			s.close()
		},
		want:   counts{Reread: 1},
		accept: []Guarantee{amo, alo, eo},
	},
	{
		why: "a queue has no positions: each delivery counts",
		tell: func(s *story) {
			s.try(ok, "k", 1, 2)
			l := s.final().at(0, -1, "k", 1).at(0, -1, "k", 1).at(0, -1, "k", 2)
			l.end("")
			s.close()
		},
		want:   counts{Duplicated: 1},
		accept: []Guarantee{aloK}, reject: []Guarantee{amo, eo},
	},
	{
		why:    "a later record before an earlier one",
		tell:   func(s *story) { s.try(ok, "k", 1, 2); s.out("k", 2, 1); s.close() },
		want:   counts{Reordered: 1},
		accept: []Guarantee{amo, alo, eo}, reject: []Guarantee{amoK, aloK, eoK},
	},
	{
		why:    "a loss reorders nothing",
		tell:   func(s *story) { s.try(ok, "k", 1, 2, 3); s.out("k", 1, 3); s.close() },
		want:   counts{Lost: 1},
		accept: []Guarantee{amoK}, reject: []Guarantee{aloK},
	},
	{
		why: "keys have no order among each other",
		tell: func(s *story) {
			s.try(ok, "a", 1)
			s.try(ok, "b", 2)
			l := s.final().see("b", 2).see("a", 1)
			l.end("")
			s.close()
		},
		accept: []Guarantee{eoK},
	},
	{
		why:    "a phantom raises no bound for order",
		tell:   func(s *story) { s.try(ok, "k", 1, 2); s.out("k", 9, 1, 2); s.close() },
		want:   counts{Phantom: 1},
		reject: []Guarantee{amo, alo, eo},
	},
	{
		why: "positions decide the order, not the order of fetching",
		tell: func(s *story) {
			s.try(ok, "k", 1, 2)
			l := s.final().at(0, 5, "k", 2).at(0, 3, "k", 1)
			l.end("")
			s.close()
		},
		accept: []Guarantee{eoK},
	},
	{
		why: "a record behind a later one, though it was fetched first",
		tell: func(s *story) {
			s.try(ok, "k", 1, 2)
			l := s.final().at(0, 5, "k", 1).at(0, 3, "k", 2)
			l.end("")
			s.close()
		},
		want:   counts{Reordered: 1},
		accept: []Guarantee{eo}, reject: []Guarantee{eoK},
	},
	{
		why: "a key that moved on to another partition is split, in order",
		tell: func(s *story) {
			s.try(ok, "k", 1, 2)
			l := s.final().at(1, 7, "k", 2).at(0, 3, "k", 1)
			l.end("")
			s.close()
		},
		want:   counts{Split: 1},
		accept: []Guarantee{amoK, aloK, eoK},
	},
	{
		why: "append times order two partitions",
		tell: func(s *story) {
			s.try(ok, "k", 1, 2)
			l := s.final().at(0, 7, "k", 1).at(1, 3, "k", 2)
			l.end("")
			s.close()
		},
		want:   counts{Split: 1, Reordered: 1},
		accept: []Guarantee{eo}, reject: []Guarantee{amoK, aloK, eoK},
	},
	{
		why: "equal append times in two partitions are no reordering",
		tell: func(s *story) {
			s.try(ok, "k", 1, 2)
			l := s.final().at(1, 4, "k", 2).at(0, 4, "k", 1)
			l.end("")
			s.close()
		},
		want:   counts{Split: 1},
		accept: []Guarantee{eoK},
	},
	{
		why: "without append times two partitions have no order",
		tell: func(s *story) {
			s.try(ok, "k", 1, 2)
			l := s.final()
			l.full(history.Observation{Partition: 1, Offset: 1, Key: s.name("k"), Seq: 2})
			l.full(history.Observation{Partition: 0, Offset: 9, Key: s.name("k"), Seq: 1})
			l.end("")
			s.close()
		},
		want:   counts{Split: 1},
		accept: []Guarantee{eoK},
	},
	{
		why:    "nobody tried to write it",
		tell:   func(s *story) { s.try(ok, "k", 1); l := s.final().see("k", 1).see("other", 1); l.end(""); s.close() },
		want:   counts{Phantom: 1},
		reject: []Guarantee{amo, alo, eo},
	},
	{
		why: "a second output of one record is nobody's under a one to one oracle",
		tell: func(s *story) {
			s.try(ok, "k", 1)
			l := s.final().see("k", 1)
			l.full(history.Observation{Offset: 1, Key: s.name("k"), Seq: 1, Index: 1, Append: 5})
			l.end("")
			s.close()
		},
		want:   counts{Phantom: 1},
		reject: []Guarantee{amo, alo, eo},
	},
	{
		why: "a corrupted record is no sighting: its record is lost as well",
		tell: func(s *story) {
			s.try(ok, "k", 1, 2)
			l := s.final().see("k", 1)
			l.full(history.Observation{Offset: 1, Key: s.name("k"), Seq: 2, Corrupt: true})
			l.end("")
			s.close()
		},
		want:   counts{Corrupted: 1, Lost: 1},
		reject: []Guarantee{amo, alo, eo},
	},
	{
		why: "a corrupted record beside the others",
		tell: func(s *story) {
			s.try(ok, "k", 1)
			l := s.final().see("k", 1)
			l.full(history.Observation{Offset: 1, Key: s.name("k"), Seq: 1, Corrupt: true})
			l.end("")
			s.close()
		},
		want:   counts{Corrupted: 1},
		reject: []Guarantee{amo, alo, eo},
	},
	{
		why: "a position that was corrupted at first shows a record later",
		tell: func(s *story) {
			s.try(ok, "k", 1)
			l := s.final().see("k", 1)
			l.full(history.Observation{Offset: 1, Corrupt: true})
			l.at(0, 1, "k", 1)
			l.end("")
			s.close()
		},
		want:   counts{Corrupted: 1, Inconsistent: 1},
		reject: []Guarantee{amo, alo, eo},
	},
	{
		why: "one position with two contents, counted once",
		tell: func(s *story) {
			s.try(ok, "k", 1, 2, 3)
			l := s.final().see("k", 1, 2, 3).at(0, 1, "k", 3).at(0, 1, "k", 1)
			l.end("")
			s.close()
		},
		want:   counts{Inconsistent: 1},
		reject: []Guarantee{amo, alo, eo},
	},
	{
		why: "a position that a tail saw with another content",
		tell: func(s *story) {
			s.try(ok, "k", 1, 2)
			s.tail().see("k", 1, 2).end("")
			s.out("k", 1, 1)
			s.close()
		},
		want:   counts{Inconsistent: 1, Duplicated: 1, Lost: 1, Vanished: 1},
		reject: []Guarantee{amo, alo, eo},
	},
	{
		why: "seen while the run went on, and gone at the end",
		tell: func(s *story) {
			s.try(ok, "k", 1, 2)
			s.tail().see("k", 1, 2).end("")
			s.out("k", 1)
			s.close()
		},
		want:   counts{Lost: 1, Vanished: 1},
		accept: []Guarantee{amo}, reject: []Guarantee{alo, eo},
		origins: map[Origin]int64{AtSink: 1},
	},
	{
		why: "an unknown record may vanish",
		tell: func(s *story) {
			s.try(ok, "k", 1)
			s.try(unknown, "k", 2)
			s.tail().see("k", 1, 2).end("")
			s.out("k", 1)
			s.close()
		},
		want:   counts{Absent: 1},
		accept: []Guarantee{amo, alo, eo},
	},
	{
		why: "a tail's gaps and rewinds are not judged",
		tell: func(s *story) {
			s.try(ok, "k", 1, 2)
			s.tail().at(0, 1, "k", 2).at(0, 0, "k", 1).at(0, 0, "k", 1).end("a broker went away")
			s.out("k", 1, 2)
			s.close()
		},
		accept: []Guarantee{amoK, aloK, eoK},
	},
	{
		why: "what a view of uncommitted records shows is not judged",
		tell: func(s *story) {
			s.try(ok, "k", 1)
			s.look("out", history.Uncommitted, history.Final).see("k", 1, 1, 7).end("")
			s.out("k", 1)
			s.close()
		},
		accept: []Guarantee{eoK},
	},
	{
		why:    "an unknown record that came out is recovered",
		tell:   func(s *story) { s.try(ok, "k", 1); s.try(unknown, "k", 2); s.out("k", 1, 2); s.close() },
		want:   counts{Recovered: 1},
		accept: []Guarantee{amo, alo, eo},
	},
	{
		why:    "an unknown record that did not come out is absent",
		tell:   func(s *story) { s.try(ok, "k", 1); s.try(unknown, "k", 2); s.out("k", 1); s.close() },
		want:   counts{Absent: 1},
		accept: []Guarantee{amo, alo, eo},
	},
	{
		why:    "an intent that was never answered is unknown",
		tell:   func(s *story) { s.try(ok, "k", 1); s.intent("k", 2, 0); s.out("k", 1); s.close() },
		want:   counts{Absent: 1},
		accept: []Guarantee{amo, alo, eo},
	},
	{
		why:    "a failed record that came out",
		tell:   func(s *story) { s.try(ok, "k", 1); s.try(failed, "k", 2); s.out("k", 1, 2); s.close() },
		want:   counts{FailedAppeared: 1},
		reject: []Guarantee{amo, alo, eo},
	},
	{
		why:    "a failed record that did not come out",
		tell:   func(s *story) { s.try(ok, "k", 1); s.try(failed, "k", 2); s.out("k", 1); s.close() },
		accept: []Guarantee{amo, alo, eo},
	},
	{
		why:    "one ok attempt makes a record ok",
		tell:   func(s *story) { s.try(ok, "k", 1); s.try(failed, "k", 2); s.try(ok, "k", 2); s.out("k", 1); s.close() },
		want:   counts{Lost: 1},
		accept: []Guarantee{amo}, reject: []Guarantee{alo, eo},
	},
	{
		why: "one unknown attempt makes a failed record unknown",
		tell: func(s *story) {
			s.try(ok, "k", 1)
			s.try(unknown, "k", 2)
			s.try(failed, "k", 2)
			s.out("k", 1, 2)
			s.close()
		},
		want:   counts{Recovered: 1},
		accept: []Guarantee{amo, alo, eo},
	},
	{
		why:    "a record of an aborted transaction in a committed view",
		tell:   func(s *story) { s.try(ok, "k", 1); s.tx(1, failed, "k", 2); s.out("k", 1, 2); s.close() },
		want:   counts{AbortedRead: 1},
		accept: []Guarantee{amo, alo}, reject: []Guarantee{amoTx, aloTx, eo},
	},
	{
		why:    "an aborted transaction leaves nothing behind",
		tell:   func(s *story) { s.try(ok, "k", 1); s.tx(1, failed, "k", 2, 3); s.out("k", 1); s.close() },
		accept: []Guarantee{aloTx, eo},
	},
	{
		why:    "a committed transaction with a hole is a loss",
		tell:   func(s *story) { s.try(ok, "k", 1); s.tx(1, ok, "k", 2, 3); s.out("k", 1, 2); s.close() },
		want:   counts{Lost: 1},
		accept: []Guarantee{amo}, reject: []Guarantee{alo, eo},
	},
	{
		why:    "half of an unknown transaction is torn",
		tell:   func(s *story) { s.try(ok, "k", 1); s.tx(1, unknown, "k", 2, 3); s.out("k", 1, 2); s.close() },
		want:   counts{Torn: 1, Recovered: 1, Absent: 1},
		accept: []Guarantee{amo, alo}, reject: []Guarantee{amoTx, aloTx, eo},
	},
	{
		why:    "an unknown transaction may come out whole",
		tell:   func(s *story) { s.try(ok, "k", 1); s.tx(1, unknown, "k", 2, 3); s.out("k", 1, 2, 3); s.close() },
		want:   counts{Recovered: 2},
		accept: []Guarantee{aloTx, eo},
	},
	{
		why:    "or not at all",
		tell:   func(s *story) { s.try(ok, "k", 1); s.tx(1, unknown, "k", 2, 3); s.out("k", 1); s.close() },
		want:   counts{Absent: 2},
		accept: []Guarantee{aloTx, eo},
	},
	{
		why:    "a committed transaction comes out, an aborted one does not",
		tell:   func(s *story) { s.tx(1, ok, "k", 1, 2); s.tx(2, failed, "k", 3); s.out("k", 1, 2); s.close() },
		accept: []Guarantee{aloTx, eo},
	},
	{
		why: "a record that was refused tears no transaction",
		tell: func(s *story) {
			s.try(ok, "k", 1)
			s.outcome(s.intent("k", 2, 7), ok)
			s.outcome(s.intent("k", 3, 7), failed)
			s.out("k", 1, 2)
			s.close()
		},
		want:   counts{Recovered: 1, Absent: 1},
		accept: []Guarantee{aloTx, eo},
	},
	{
		why: "an unknown transaction that the input log has whole was committed",
		tell: func(s *story) {
			s.try(ok, "k", 1)
			s.tx(1, unknown, "k", 2, 3)
			s.log("k", 1, 2, 3)
			s.out("k", 1, 2)
			s.close()
		},
		want:   counts{Lost: 1, Recovered: 1},
		accept: []Guarantee{amo}, reject: []Guarantee{alo, eo},
		origins: map[Origin]int64{Processor: 1},
	},
	{
		why: "an unknown transaction that the input log has half of was torn there",
		tell: func(s *story) {
			s.try(ok, "k", 1)
			s.tx(1, unknown, "k", 2, 3)
			s.log("k", 1, 2)
			s.out("k", 1, 2)
			s.close()
		},
		want:   counts{Torn: 1, Recovered: 1, Absent: 1},
		accept: []Guarantee{alo}, reject: []Guarantee{aloTx, eo},
		origins: map[Origin]int64{Ingest: 1},
	},
	{
		why:    "a failed record that the input log has must come out",
		tell:   func(s *story) { s.try(ok, "k", 1); s.try(failed, "k", 2); s.log("k", 1, 2); s.out("k", 1); s.close() },
		want:   counts{Lost: 1},
		accept: []Guarantee{amo}, reject: []Guarantee{alo, eo},
		origins: map[Origin]int64{Processor: 1},
	},
	{
		why: "a failed record that the input log has was let in there",
		tell: func(s *story) {
			s.try(ok, "k", 1)
			s.try(failed, "k", 2)
			s.log("k", 1, 2)
			s.out("k", 1, 2)
			s.close()
		},
		want:    counts{FailedAppeared: 1},
		reject:  []Guarantee{amo, alo, eo},
		origins: map[Origin]int64{Ingest: 1},
	},
	{
		why: "an ok attempt in a transaction without an end is unknown",
		tell: func(s *story) {
			s.try(ok, "k", 1)
			s.outcome(s.intent("k", 2, 7), ok)
			s.out("k", 1)
			s.close()
		},
		want:   counts{Absent: 1},
		accept: []Guarantee{alo, eo},
	},
	{
		why:     "the processor lost what the input log has",
		tell:    func(s *story) { s.try(ok, "k", 1, 2); s.log("k", 1, 2); s.out("k", 1); s.close() },
		want:    counts{Lost: 1},
		accept:  []Guarantee{amo},
		reject:  []Guarantee{alo, eo},
		origins: map[Origin]int64{Processor: 1},
	},
	{
		why:     "what the input log does not have was lost before the processor",
		tell:    func(s *story) { s.try(ok, "k", 1, 2); s.log("k", 1); s.out("k", 1); s.close() },
		want:    counts{Lost: 1},
		reject:  []Guarantee{alo, eo},
		origins: map[Origin]int64{Ingest: 1},
	},
	{
		why:     "an unknown record in the input log must come out",
		tell:    func(s *story) { s.try(ok, "k", 1); s.try(unknown, "k", 2); s.log("k", 1, 2); s.out("k", 1); s.close() },
		want:    counts{Lost: 1},
		accept:  []Guarantee{amo},
		reject:  []Guarantee{alo, eo},
		origins: map[Origin]int64{Processor: 1},
	},
	{
		why:     "an unknown record that is not in the input log must not",
		tell:    func(s *story) { s.try(ok, "k", 1); s.try(unknown, "k", 2); s.log("k", 1); s.out("k", 1, 2); s.close() },
		want:    counts{FailedAppeared: 1},
		reject:  []Guarantee{amo, alo, eo},
		origins: map[Origin]int64{Processor: 1},
	},
	{
		why:     "twice in the input log: the second sighting is the driver's",
		tell:    func(s *story) { s.try(ok, "k", 1); s.log("k", 1, 1); s.out("k", 1, 1, 1); s.close() },
		want:    counts{Duplicated: 2},
		accept:  []Guarantee{alo},
		reject:  []Guarantee{amo, eo},
		origins: map[Origin]int64{Ingest: 1, Processor: 1},
	},
	{
		why:    "out of order in the input log already",
		tell:   func(s *story) { s.try(ok, "k", 1, 2, 3); s.log("k", 2, 1, 3); s.out("k", 2, 1, 3); s.close() },
		want:   counts{Reordered: 1},
		accept: []Guarantee{eo},
		reject: []Guarantee{eoK},
	},
	{
		why: "an input log that was not read whole resolves nothing",
		tell: func(s *story) {
			s.try(ok, "k", 1)
			s.try(unknown, "k", 2)
			s.look("input", history.Input, history.Final).see("k", 1, 2).end("reset")
			s.out("k", 1)
			s.close()
		},
		want:   counts{Absent: 1},
		accept: []Guarantee{eo},
	},
	{
		why: "sequence numbers may be any integers",
		tell: func(s *story) {
			s.try(ok, "k", math.MinInt64, -1, 0, 1<<53+1, math.MaxInt64)
			s.out("k", math.MinInt64, -1, 1<<53+1, math.MaxInt64)
			s.close()
		},
		want:   counts{Lost: 1},
		reject: []Guarantee{alo, eo},
		places: map[Place]int64{Middle: 1},
	},
	{
		why:  "nothing went in",
		tell: func(s *story) { s.out("k"); s.close() },
		open: []Guarantee{amo, alo, eo},
	},
	{
		why:  "nothing ok went in",
		tell: func(s *story) { s.try(unknown, "k", 1); s.out("k", 1); s.close() },
		want: counts{Recovered: 1},
		open: []Guarantee{amo, alo, eo},
	},
	{
		why: "nothing came out, though fences did: all is lost",
		tell: func(s *story) {
			s.try(ok, "k", 1)
			l := s.final()
			l.full(history.Observation{Fence: true})
			l.end("")
			s.close()
		},
		want:   counts{Lost: 1},
		open:   []Guarantee{amo},
		reject: []Guarantee{alo, eo},
	},
	{
		why: "it was still moving: nothing is lost yet",
		tell: func(s *story) {
			s.try(ok, "k", 1, 2)
			s.out("k", 1)
			s.put(history.Drain{Moving: true, Fences: false, At: s.tick()})
			s.end()
		},
		open: []Guarantee{amo, alo, eo},
	},
	{
		why: "it was still moving, and wrong already",
		tell: func(s *story) {
			s.try(ok, "k", 1, 2)
			s.out("k", 1, 1)
			s.put(history.Drain{Moving: true, At: s.tick()})
			s.end()
		},
		want: counts{Duplicated: 1},
		open: []Guarantee{alo}, reject: []Guarantee{amo, eo},
	},
	{
		why: "it stood still",
		tell: func(s *story) {
			s.try(ok, "k", 1, 2)
			s.out("k", 1)
			s.put(history.Drain{At: s.tick()})
			s.end()
		},
		want:   counts{Stuck: 1},
		accept: []Guarantee{amo}, reject: []Guarantee{alo, eo},
	},
	{
		why: "fences came out, but nobody knows whether all did",
		tell: func(s *story) {
			s.try(ok, "k", 1, 2)
			s.out("k", 1)
			s.put(history.Drain{Fences: true, Lag: -1, At: s.tick()})
			s.end()
		},
		open: []Guarantee{amo, alo, eo},
	},
	{
		why: "a system that never worked is not stuck",
		tell: func(s *story) {
			s.try(ok, "k", 1, 2)
			s.out("k")
			s.put(history.Drain{At: s.tick()})
			s.end()
		},
		open: []Guarantee{amo, alo, eo},
	},
	{
		why:  "a history without a drain says nothing about what is missing",
		tell: func(s *story) { s.try(ok, "k", 1, 2); s.out("k", 1); s.end() },
		open: []Guarantee{amo, alo, eo},
	},
	{
		why:  "a final read with an error says nothing about what is missing",
		tell: func(s *story) { s.try(ok, "k", 1, 2); s.final().see("k", 1).end("no leader"); s.close() },
		open: []Guarantee{amo, alo, eo},
	},
	{
		why:  "nor does one that never ended",
		tell: func(s *story) { s.try(ok, "k", 1, 2); s.final().see("k", 1); s.close() },
		open: []Guarantee{amo, alo, eo},
	},
	{
		why: "without a sound final read the tail is judged for what it saw",
		tell: func(s *story) {
			s.try(ok, "k", 1, 2)
			s.tail().see("k", 1, 1).end("")
			s.final().at(0, 0, "k", 1).end("no leader")
			s.close()
		},
		want: counts{Duplicated: 1, Reread: 1},
		open: []Guarantee{alo}, reject: []Guarantee{amo, eo},
	},
	{
		why:  "a history that was cut off misses nothing and has no phantom",
		tell: func(s *story) { s.try(ok, "k", 1, 2); s.tail().see("k", 2, 9) },
		open: []Guarantee{amo, alo, eo},
	},
	{
		why:  "an interrupted run is cut off",
		tell: func(s *story) { s.try(ok, "k", 1, 2); s.out("k", 1); s.drain(); s.put(history.End{Interrupted: true}) },
		open: []Guarantee{amo, alo, eo},
	},
	{
		why:  "a history that was cut off can show a duplicate and a reordering",
		tell: func(s *story) { s.try(ok, "k", 1, 2, 3); s.tail().see("k", 1, 3, 2, 2) },
		want: counts{Duplicated: 1, Reordered: 1},
		open: []Guarantee{alo}, reject: []Guarantee{amo, aloK, eo},
	},
	{
		why: "fences are never judged",
		tell: func(s *story) {
			s.try(ok, "k", 1)
			l := s.final().see("k", 1)
			for range 3 {
				l.full(history.Observation{Offset: 0, Key: s.name("fence"), Seq: 4, Fence: true, Corrupt: true})
			}
			l.end("")
			s.close()
		},
		accept: []Guarantee{amo, alo, eo},
	},
	{
		why: "another sink is another matter",
		tell: func(s *story) {
			s.try(ok, "k", 1)
			s.look("elsewhere", history.Committed, history.Final).see("k", 1, 1, 5).end("")
			s.out("k", 1)
			s.close()
		},
		accept: []Guarantee{eoK},
	},
}

func TestHistories(t *testing.T) {
	for _, h := range histories {
		t.Run(h.why, func(t *testing.T) {
			s := newStory()
			h.tell(s)
			for want, gs := range map[Answer][]Guarantee{Upheld: h.accept, Violated: h.reject, Inconclusive: h.open} {
				for _, g := range gs {
					spec := Spec{Sinks: []SinkSpec{{Name: "out", Guarantee: g}}}
					v := judgeStory(t, s, spec, 2, 100)
					if v.Answer != want || v.Sinks[0].Answer != want {
						t.Errorf("%+v: %s, want %s\n%s", g, v.Answer, want, show(v))
					}
					if (len(v.Reasons) == 0) != (want == Upheld) {
						t.Errorf("%+v: %s with reasons %v", g, v.Answer, v.Reasons)
					}
					got := counted(v.Sinks[0])
					for _, c := range append(Judged, Recovered, Absent, Reread, Split) {
						if got[c] != h.want[c] {
							t.Errorf("%+v: %s %d, want %d", g, c, got[c], h.want[c])
						}
						if n := len(findingsOf(v.Sinks[0], c)); g.Breaks(c) && int64(n) != min(got[c], kept) {
							t.Errorf("%+v: %d findings of %d %s", g, n, got[c], c)
						}
					}
					for p, n := range h.places {
						if v.Sinks[0].Places[p] != n {
							t.Errorf("%s %d, want %d", p, v.Sinks[0].Places[p], n)
						}
					}
					for o, n := range h.origins {
						if g == eo && v.Sinks[0].Origins[o] != n {
							t.Errorf("origin %s %d, want %d", o, v.Sinks[0].Origins[o], n)
						}
					}
				}
			}
		})
	}
}

func findingsOf(sv SinkVerdict, c Class) (out []Finding) {
	for _, f := range sv.Findings {
		if f.Class == c {
			out = append(out, f)
		}
	}
	return out
}
