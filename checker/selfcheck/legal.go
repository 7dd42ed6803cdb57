package selfcheck

import (
	"surety/checker"
	"surety/checker/history"
)

// background is what every history is full of. All of it is legal.
var background = []func(*scene){
	ordinary, ordinary, ordinary, ordinary, ordinary, ordinary,
	retried, recovered, absent, failedAway, committed, aborted, unknownWhole, unknownAbsent, fences,
}

func ordinary(s *scene) { s.ordinary(0, s.some(5)) }

// One record, several attempts: the surest of them counts.
func retried(s *scene) {
	r := s.next(0)
	n := s.some(3)
	sure := s.draw.IntN(n + 1)
	for i := range n + 1 {
		switch {
		case i == sure:
			s.try(r, history.OK)
		case s.coin():
			s.try(r, history.Failed)
		default:
			s.try(r, history.Unknown)
		}
	}
	s.log(r)
	s.see(r, both|final)
}

// An unknown record may come out, whatever else was tried for it and failed.
func recovered(s *scene) {
	r := s.next(0)
	s.try(r, history.Unknown)
	for range s.draw.IntN(3) {
		s.try(r, history.Failed)
	}
	s.log(r)
	s.see(r, both|final)
	s.everywhere(checker.Recovered, 1, "")
}

// Or it may not.
func absent(s *scene) {
	n := s.some(2)
	for range n {
		s.try(s.next(0), history.Unknown)
	}
	s.everywhere(checker.Absent, n, "")
}

func failedAway(s *scene) {
	for range s.some(2) {
		s.try(s.next(0), history.Failed)
	}
}

func (s *scene) transaction(n int, class history.OutcomeClass, comes bool) {
	tx := s.begin()
	for range n {
		r := s.next(0)
		s.tryIn(tx, r, history.OK)
		if comes {
			s.log(r)
			s.see(r, both|final)
		}
	}
	s.finish(tx, class)
}

func committed(s *scene) { s.transaction(s.some(4), history.OK, true) }
func aborted(s *scene)   { s.transaction(s.some(4), history.Failed, false) }

func unknownWhole(s *scene) {
	n := s.some(4)
	s.transaction(n, history.Unknown, true)
	s.everywhere(checker.Recovered, n, "")
}

func unknownAbsent(s *scene) {
	n := s.some(4)
	s.transaction(n, history.Unknown, false)
	s.everywhere(checker.Absent, n, "")
}

// A record of a transaction that was refused is not missed by those that came out.
func refusedInUnknown(s *scene) {
	tx := s.begin()
	r := s.next(0)
	s.tryIn(tx, r, history.OK)
	s.log(r)
	s.see(r, both|final)
	refused := s.next(0)
	s.answer(s.intend(tx, refused), history.Failed)
	s.finish(tx, history.Unknown)
	s.everywhere(checker.Recovered, 1, "")
	s.everywhere(checker.Absent, 1, "")
}

// Records of the harness may come as often as they like.
func fences(s *scene) {
	r := s.next(0)
	s.recs[r].seq = int64(s.draw.IntN(3))
	for range s.some(3) {
		s.see(r, both|final|fence)
	}
}

// A reader goes back and reads the same positions again.
func reread(s *scene) {
	n := s.some(3)
	first := len(s.seen)
	s.ordinary(0, n)
	for i := range n {
		s.again(first+i, s.seen[first+i].rec)
	}
	s.count(checker.Reread, n, "")
}

// A key moves on to another partition with its next record.
func moved(s *scene) {
	key := s.own()
	s.ordinary(key, s.some(3))
	s.keys[key].part = s.elsewhere(s.keys[key].part)
	first := len(s.seen)
	s.ordinary(key, s.some(3))
	s.seen[first].how |= later
	s.everywhere(checker.Split, 1, "")
}

// Two records of a key stand in two partitions with one append time: neither is
// before the other.
func simultaneous(s *scene) {
	key := s.own()
	a, b := s.next(key), s.next(key)
	from := s.keys[key].part
	for _, r := range []int{a, b} {
		s.try(r, history.OK)
		s.log(r)
	}
	s.show(sight{rec: b, how: both | final, at: -1, part: s.elsewhere(from)})
	s.show(sight{rec: a, how: both | final | together, at: -1, part: from})
	s.everywhere(checker.Split, 1, "")
}

// The tail saw an unknown record that did not stay.
func unknownVanished(s *scene) {
	r := s.next(0)
	s.try(r, history.Unknown)
	s.see(r, victim|tailed)
	s.everywhere(checker.Absent, 1, "")
}

// A record whose outcome is known only after it came out.
func answeredLate(s *scene) {
	r := s.next(0)
	a := s.intend(0, r)
	s.log(r)
	s.see(r, both|final)
	s.ordinary(0, s.some(3))
	s.answer(a, history.OK)
}
