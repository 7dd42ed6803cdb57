package selfcheck

import (
	"surety/checker"
	"surety/checker/history"
)

// missing sends n records that had to come out and did not come out at the victim:
// lost on the way into the log, or behind it.
func (s *scene) missing(key, n int) (by checker.Origin) {
	by = checker.Ingest
	if s.coin() {
		by = checker.Processor
	}
	for range n {
		r := s.next(key)
		s.try(r, history.OK)
		if by == checker.Processor {
			s.log(r)
		}
		s.see(r, bystander|final)
	}
	return s.by(by)
}

func lostMiddle(s *scene) {
	n := s.some(3)
	s.ordinary(0, 1)
	by := s.missing(0, n)
	s.ordinary(0, 1)
	s.lost(n, checker.Middle, by)
}

func lostPrefix(s *scene) {
	key, n := s.own(), s.some(3)
	by := s.missing(key, n)
	s.ordinary(key, s.some(2))
	s.lost(n, checker.Prefix, by)
}

func lostSuffix(s *scene) {
	key, n := s.own(), s.some(3)
	s.ordinary(key, s.some(2))
	by := s.missing(key, n)
	s.lost(n, checker.Suffix, by)
}

func lostWhole(s *scene) {
	key, n := s.own(), s.some(3)
	s.lost(n, checker.Whole, s.missing(key, n))
}

// A transaction that was committed, or that the input log has whole, comes out
// but for one record.
func lostOfTransaction(s *scene) {
	class := history.OK
	if s.input && s.coin() {
		class = history.Unknown
	}
	n := 2 + s.some(3)
	hole := s.some(n - 2)
	tx := s.begin()
	for i := range n {
		r := s.next(0)
		s.tryIn(tx, r, history.OK)
		s.log(r)
		how := both | final
		if i == hole {
			how = bystander | final
		}
		s.see(r, how)
	}
	s.finish(tx, class)
	if class == history.Unknown {
		s.count(checker.Recovered, n-1, "")
		s.aside(checker.Recovered, n, "")
	}
	s.lost(1, checker.Middle, s.by(checker.Processor))
}

func vanished(s *scene) {
	s.ordinary(0, 1)
	r := s.next(0)
	s.try(r, history.OK)
	s.log(r)
	s.see(r, victim|tailed)
	s.see(r, bystander|final)
	s.ordinary(0, 1)
	s.count(checker.Vanished, 1, checker.AtSink)
	s.lost(1, checker.Middle, checker.AtSink)
}

// A record once more, by the driver, which the log tells, or by the processor.
func duplicated(s *scene) {
	r, n := s.next(0), s.some(3)
	s.come(r)
	if s.coin() {
		s.ordinary(0, s.some(3))
	}
	by := checker.Processor
	if s.coin() {
		by = checker.Ingest
	}
	for range n {
		if by == checker.Ingest {
			s.log(r)
		}
		s.see(r, victim|final)
	}
	s.count(checker.Duplicated, n, s.by(by))
}

// A processor goes back and does its last records again, or an unknown one comes
// out twice.
func rewound(s *scene) {
	if s.coin() {
		r := s.next(0)
		s.try(r, history.Unknown)
		s.log(r)
		s.see(r, both|final)
		s.see(r, victim|final)
		s.everywhere(checker.Recovered, 1, "")
		s.count(checker.Duplicated, 1, s.by(checker.Processor))
		return
	}
	n := s.some(5)
	done := make([]int, n)
	for i := range done {
		done[i] = s.next(0)
		s.come(done[i])
	}
	for _, r := range done {
		s.see(r, victim|final)
	}
	s.count(checker.Duplicated, n, s.by(checker.Processor))
}

// One record overtakes n others, or falls behind them.
func reordered(s *scene) {
	n := 1 + s.some(3)
	recs := make([]int, n)
	for i := range recs {
		recs[i] = s.next(0)
		s.try(recs[i], history.OK)
		s.see(recs[i], bystander|final)
	}
	mixed, count := append(recs[1:n:n], recs[0]), 1
	if s.coin() {
		mixed, count = append([]int{recs[n-1]}, recs[:n-1]...), n-1
	}
	by, logged := checker.Processor, recs
	if s.coin() {
		by, logged = checker.Ingest, mixed
	}
	for i := range recs {
		s.log(logged[i])
		s.see(mixed[i], victim|final)
	}
	s.count(checker.Reordered, count, s.by(by))
}

// A key moves on to another partition, where its later record comes first.
func reorderedAcross(s *scene) {
	key := s.own()
	a, b := s.next(key), s.next(key)
	from := s.keys[key].part
	for _, r := range []int{a, b} {
		s.try(r, history.OK)
		s.log(r)
		s.see(r, bystander|final)
	}
	s.show(sight{rec: b, how: victim | final, at: -1, part: s.elsewhere(from)})
	s.show(sight{rec: a, how: victim | final | later, at: -1, part: from})
	s.count(checker.Reordered, 1, s.by(checker.Processor))
	s.count(checker.Split, 1, "")
}

func (s *scene) elsewhere(part int32) int32 {
	return (part + 1 + s.draw.Int32N(s.partitions-1)) % s.partitions
}

// Something that nobody wrote: of this key, of a key of its own, or a second
// output of a record.
func phantom(s *scene) {
	switch s.draw.IntN(4) {
	case 0:
		s.see(s.next(0), victim|final)
	case 1:
		s.see(s.next(s.own()), victim|final)
	case 2:
		r := s.next(0)
		s.log(r)
		s.see(r, victim|final)
		s.count(checker.Phantom, 1, s.by(checker.Ingest))
		return
	default:
		r := s.next(0)
		s.try(r, history.Unknown)
		s.show(sight{rec: r, how: victim | final, at: -1, part: s.keys[0].part, index: 1})
		s.everywhere(checker.Absent, 1, "")
	}
	s.count(checker.Phantom, 1, s.by(checker.Processor))
}

// A record that cannot be read, beside the others or in the place of one.
func corrupted(s *scene) {
	s.ordinary(0, 1)
	if s.coin() {
		r := s.next(0)
		s.try(r, history.OK)
		s.log(r)
		s.see(r, bystander|final)
		s.lost(1, checker.Middle, s.by(checker.Processor))
	}
	s.show(sight{rec: 0, how: victim | final, at: -1, part: s.keys[0].part, corrupt: true})
	s.ordinary(0, 1)
	s.count(checker.Corrupted, 1, s.by(checker.Processor))
}

// A position shows another record than before: to the same reader, once or more.
func inconsistent(s *scene) {
	a, b := s.next(0), s.next(0)
	at := s.come(a)
	s.come(b)
	s.again(at, b)
	switch s.draw.IntN(3) {
	case 0:
		s.again(at, a)
		s.count(checker.Reread, 1, "")
	case 1:
		s.again(at, s.next(s.own()))
	}
	s.count(checker.Inconsistent, 1, checker.AtSink)
}

// The final read finds another record where the tail saw one.
func replaced(s *scene) {
	a, b := s.next(0), s.next(0)
	s.come(a)
	at := s.see(a, victim|tailed)
	s.try(b, history.OK)
	s.log(b)
	s.see(b, bystander|final)
	s.again(at, b)
	s.count(checker.Inconsistent, 1, checker.AtSink)
}

// A record comes out that certainly was not written.
func failedAppeared(s *scene) {
	r := s.next(0)
	switch n := s.draw.IntN(3); {
	case n == 0 && s.input: // the log let it in
		s.try(r, history.Failed)
		s.log(r)
		s.see(r, both|final)
		s.everywhere(checker.FailedAppeared, 1, checker.Ingest)
		return
	case n == 1 && s.input: // nobody knew, but the log does not have it
		s.try(r, history.Unknown)
		s.aside(checker.Absent, 1, "")
	default:
		for range s.some(2) {
			s.try(r, history.Failed)
		}
	}
	s.see(r, victim|final)
	s.count(checker.FailedAppeared, 1, s.by(checker.Processor))
}

// An aborted transaction leaves a record behind.
func abortedRead(s *scene) {
	tx, n := s.begin(), s.some(3)
	by := checker.Processor
	if s.coin() {
		by = checker.Ingest
	}
	left := s.draw.IntN(n)
	for i := range n {
		r := s.next(0)
		s.tryIn(tx, r, history.OK)
		if i == left {
			if by == checker.Ingest {
				s.log(r)
			}
			s.see(r, victim|final)
		}
	}
	s.finish(tx, history.Failed)
	s.count(checker.AbortedRead, 1, s.by(by))
}

// A transaction that nobody knows the end of comes out in part. Where there is an
// input log, that is where it was torn.
func torn(s *scene) {
	tx, n := s.begin(), 1+s.some(4)
	m := s.some(n - 1)
	for i := range n {
		key := 0
		if s.coin() {
			key = s.own()
		}
		r := s.next(key)
		s.tryIn(tx, r, history.OK)
		switch {
		case i >= m:
		case s.input:
			s.log(r)
			s.see(r, both|final)
		default:
			s.see(r, victim|final)
		}
	}
	s.finish(tx, history.Unknown)
	s.count(checker.Torn, 1, s.by(checker.Ingest))
	s.count(checker.Recovered, m, "")
	s.count(checker.Absent, n-m, "")
	if s.input {
		s.aside(checker.Torn, 1, checker.Ingest)
		s.aside(checker.Recovered, m, "")
		s.aside(checker.Absent, n-m, "")
	} else {
		s.aside(checker.Absent, n, "")
	}
}

// stuck is planted by the drain.
func stuck(s *scene) { s.ordinary(0, 1) }
