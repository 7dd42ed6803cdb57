package selfcheck

import (
	"surety/checker"
	"surety/checker/history"
)

// A record in a partition that its key does not belong into is no sighting: beside
// its own it is no duplicate, and alone it is lost as well.
func misrouted(s *scene) {
	s.ordinary(0, 1)
	r := s.next(0)
	s.try(r, history.OK)
	s.log(r)
	if s.coin() {
		s.see(r, both|final)
	} else {
		s.see(r, bystander|final)
		s.lost(1, checker.Middle, s.by(checker.Processor))
	}
	s.show(sight{rec: r, how: victim | final, at: -1, part: 1})
	s.ordinary(0, 1)
	s.count(checker.Misrouted, 1, s.by(checker.Processor))
}

// A record that the tail did not see before the fault was healed.
func late(s *scene) {
	r := s.next(0)
	s.try(r, history.OK)
	s.log(r)
	s.see(r, victim|final|fixed)
	s.see(r, bystander|final)
	s.count(checker.Late, 1, s.by(checker.Processor))
}

func altered(s *scene) {
	r := s.next(0)
	s.try(r, history.OK)
	s.log(r)
	s.show(sight{rec: r, how: victim | final, at: -1, part: s.keys[0].part, altered: true})
	s.see(r, bystander|final)
	s.count(checker.Altered, 1, s.by(checker.Processor))
}

// A key of which one sink has more records, or fewer, than the other.
func differed(s *scene) {
	key := s.own()
	s.ordinary(key, s.some(3))
	r := s.next(key)
	s.come(r)
	if s.coin() {
		s.see(r, victim|final)
		s.count(checker.Duplicated, 1, s.by(checker.Processor))
	} else {
		gone := s.next(key)
		s.try(gone, history.OK)
		s.log(gone)
		s.see(gone, bystander|final)
		s.ordinary(key, 1)
		s.lost(1, checker.Middle, s.by(checker.Processor))
	}
	s.count(checker.Differed, 1, s.by(checker.Processor))
}

// The newest record of a key was there, and an older one is at the end.
func regressed(s *scene) {
	key := s.own()
	old := s.next(key)
	s.come(old)
	s.ordinary(key, s.some(3))
	s.see(old, victim|final)
	s.count(checker.Regressed, 1, s.by(checker.Processor))
}
