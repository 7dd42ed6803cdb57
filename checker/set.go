package checker

import "slices"

// set is a set of sequence numbers or offsets. Most grow at one end: their highest
// run of neighbours stands inline, so that such a set costs no more than itself
// however many members it has. Gaps cost 16 bytes each. The zero value is empty.
type set struct {
	lo   int64  // of the highest run
	n    uint64 // its length; 0 = the set is empty, or dense
	rest *rest
}

// rest is what one run cannot say.
type rest struct {
	runs  []span // below the highest one, rising, with gaps between them
	check int    // number of runs at which the form of the set is thought over
	dense *dense // all members instead, where gaps are many
}

// span is a row of neighbours, both ends included.
type span struct{ lo, hi int64 }

func (r span) len() int64 { return r.hi - r.lo + 1 }

// manyRuns is the number of runs up to which any insertion is cheap.
const manyRuns = 64

func (s *set) hi() int64 { return s.lo + int64(s.n) - 1 } //nolint:gosec // a run does not wrap

func (s *set) dense() *dense {
	if s.rest == nil {
		return nil
	}
	return s.rest.dense
}

func (s *set) empty() bool { return s.n == 0 && s.dense() == nil }

// has says whether x is a member.
func (s *set) has(x int64) bool {
	if uint64(x)-uint64(s.lo) < s.n { //nolint:gosec // wraps: x below lo is far away
		return true
	}
	switch {
	case s.rest == nil:
		return false
	case s.rest.dense != nil:
		return s.rest.dense.has(x)
	case x > s.lo:
		return false
	}
	i := s.rest.above(x)
	return i > 0 && x <= s.rest.runs[i-1].hi
}

// above is the index of the first run that begins above x.
func (r *rest) above(x int64) int {
	from, to := 0, len(r.runs)
	for from < to {
		if i := int(uint(from+to) / 2); r.runs[i].lo > x { //nolint:gosec // an index
			to = i
		} else {
			from = i + 1
		}
	}
	return from
}

// add makes x a member and says whether it was none.
func (s *set) add(x int64) bool {
	switch d := uint64(x) - uint64(s.lo); { //nolint:gosec // as above
	case d < s.n:
		return false
	case d == s.n && x > s.lo && s.n > 0: // as most
		s.n++
		return true
	case s.rest != nil:
		if s.rest.dense != nil {
			return s.rest.dense.add(x)
		}
		if x < s.lo {
			return s.below(x)
		}
	case s.n == 0:
		s.lo, s.n = x, 1
		return true
	case x < s.lo && x == s.lo-1:
		s.lo, s.n = x, s.n+1
		return true
	case x < s.lo:
		s.rest = &rest{check: manyRuns}
		return s.below(x)
	}
	if s.rest == nil {
		s.rest = &rest{check: manyRuns}
	}
	s.rest.runs = append(s.rest.runs, span{s.lo, s.hi()})
	s.lo, s.n = x, 1
	s.rethink(len(s.rest.runs))
	return true
}

// below adds x under the highest run.
func (s *set) below(x int64) bool {
	r := s.rest
	i := r.above(x)
	if i > 0 && x <= r.runs[i-1].hi {
		return false
	}
	down := i > 0 && r.runs[i-1].hi == x-1
	if i == len(r.runs) {
		if s.lo != x+1 {
			r.grow(i, x, down)
		} else {
			s.lo, s.n = x, s.n+1
			if down {
				last := r.runs[i-1]
				s.lo, s.n = last.lo, s.n+uint64(last.len()) //nolint:gosec // of one run
				r.runs = r.runs[:i-1]
			}
		}
	} else if up := r.runs[i].lo == x+1; up && down {
		r.runs[i-1].hi = r.runs[i].hi
		r.runs = slices.Delete(r.runs, i, i+1)
	} else if up {
		r.runs[i].lo = x
	} else {
		r.grow(i, x, down)
	}
	s.rethink(i)
	return true
}

// grow adds x to the run before i, or as a run of its own.
func (r *rest) grow(i int, x int64, down bool) {
	if down {
		r.runs[i-1].hi = x
	} else {
		r.runs = slices.Insert(r.runs, i, span{x, x})
	}
}

// rethink makes the set dense where runs have become many and a bit for each
// number is smaller than they are, or where they were moved for an insertion at i.
func (s *set) rethink(i int) {
	r := s.rest
	n := len(r.runs)
	if n < r.check && n-i <= manyRuns {
		return
	}
	reach := uint64(s.lo) - uint64(r.runs[0].lo) //nolint:gosec // wraps to the distance
	if n-i <= manyRuns && reach/64 >= uint64(n) {
		r.check = 2 * n
		return
	}
	d := &dense{}
	for _, old := range r.runs {
		d.addRun(old)
	}
	d.addRun(span{s.lo, s.hi()})
	*s = set{rest: &rest{dense: d}}
}

// stretch adds everything from the highest member to x, if that is before it and x
// above, and says whether it did.
func (s *set) stretch(before, x int64) bool {
	if s.n == 0 || s.hi() != before || x <= before {
		return false
	}
	s.n += uint64(x) - uint64(before) //nolint:gosec // the distance
	return true
}

// min and max are the ends of a set that is not empty.
func (s *set) min() int64 {
	switch {
	case s.rest == nil:
		return s.lo
	case s.rest.dense != nil:
		return s.rest.dense.lo
	case len(s.rest.runs) > 0:
		return s.rest.runs[0].lo
	}
	return s.lo
}

func (s *set) max() int64 {
	if s.n > 0 { // not dense
		return s.hi()
	}
	return s.dense().hi
}

// upTo says whether x is a member, and up to where all numbers are as it is.
func (s *set) upTo(x int64) (in bool, end int64) {
	if d := s.dense(); d != nil {
		return d.upTo(x)
	}
	switch {
	case s.n == 0 || x > s.hi():
		return false, maxInt
	case x >= s.lo:
		return true, s.hi()
	case s.rest == nil:
		return false, s.lo - 1
	}
	i := s.rest.above(x)
	if i > 0 && x <= s.rest.runs[i-1].hi {
		return true, s.rest.runs[i-1].hi
	}
	if i < len(s.rest.runs) {
		return false, s.rest.runs[i].lo - 1
	}
	return false, s.lo - 1
}

// members is a mask: bit i is set where a number belongs to the i-th set.
type members uint

// sweep visits the rows of neighbours that belong to the same of some sets, rising,
// but for those that belong to none.
func sweep(visit func(r span, in members), sets ...*set) {
	x, any := int64(0), false
	for _, s := range sets {
		if !s.empty() && (!any || s.min() < x) {
			x, any = s.min(), true
		}
	}
	for any {
		in, end := members(0), int64(maxInt)
		for i, s := range sets {
			is, to := s.upTo(x)
			if is {
				in |= 1 << i
			}
			end = min(end, to)
		}
		if in != 0 {
			visit(span{x, end}, in)
		}
		if end == maxInt {
			return
		}
		x = end + 1
	}
}

// common is how many numbers are in both sets.
func common(a, b *set) (n int64) {
	if a.empty() || b.empty() {
		return 0
	}
	sweep(func(r span, in members) {
		if in == 3 {
			n += r.len()
		}
	}, a, b)
	return n
}

// size is the number of members.
func (s *set) size() (n int64) {
	sweep(func(r span, _ members) { n += r.len() }, s)
	return n
}
