package selfcheck

import (
	"maps"

	"surety/checker"
)

// want is what the judge must find at one sink, known because it was planted.
type want struct {
	counts  map[checker.Class]int64
	places  map[checker.Place]int64
	origins map[checker.Class]map[checker.Origin]int64
	stalled bool // nothing can be said about what is missing
}

func newWant() *want {
	return &want{
		counts:  map[checker.Class]int64{},
		places:  map[checker.Place]int64{},
		origins: map[checker.Class]map[checker.Origin]int64{},
	}
}

func (w *want) count(c checker.Class, n int, by checker.Origin) {
	w.counts[c] += int64(n)
	if by != "" {
		if w.origins[c] == nil {
			w.origins[c] = map[checker.Origin]int64{}
		}
		w.origins[c][by] += int64(n)
	}
}

// stall is what is left to find where the system stood still before all came out.
func (w *want) stall() {
	w.stalled = true
	w.drop(checker.Lost, checker.Absent, checker.Torn)
	clear(w.places)
	w.count(checker.Stuck, 1, "")
}

// drop forgets classes that are not judged.
func (w *want) drop(classes ...checker.Class) {
	for _, c := range classes {
		delete(w.counts, c)
		delete(w.origins, c)
	}
}

// broken lists the classes that break g, by the definitions and not by the
// judge's own table.
func (w *want) broken(g checker.Guarantee) map[checker.Class]bool {
	out := map[checker.Class]bool{}
	for c, n := range w.counts {
		if n > 0 && breaks(c, g) {
			out[c] = true
		}
	}
	return out
}

// breaking says of at-most-once, at-least-once and exactly-once whether a class
// breaks them: ! always, o where an order per key is declared, a where atomicity
// is, s a state, t a time to recover in, p that headers are preserved, v a share to be acknowledged. What is not
// here breaks nothing.
var breaking = map[checker.Class]string{
	checker.Lost:           "-!!",
	checker.Vanished:       "-!!",
	checker.Stuck:          "-!!",
	checker.Duplicated:     "!-!",
	checker.Reordered:      "ooo",
	checker.Torn:           "aa!",
	checker.AbortedRead:    "aa!",
	checker.Inconsistent:   "!!!",
	checker.Corrupted:      "!!!",
	checker.Phantom:        "!!!",
	checker.FailedAppeared: "!!!",
	checker.Misrouted:      "!!!",
	checker.Differed:       "!!!",
	checker.Regressed:      "ss!",
	checker.Late:           "ttt",
	checker.Altered:        "ppp",
	checker.Unavailable:    "vvv",
}

func breaks(c checker.Class, g checker.Guarantee) bool {
	column := map[checker.Delivery]int{checker.AtMostOnce: 0, checker.AtLeastOnce: 1, checker.ExactlyOnce: 2}
	row, judged := breaking[c]
	i, known := column[g.Delivery]
	if !judged || !known {
		return false
	}
	switch row[i] {
	case '!':
		return true
	case 'o':
		return g.Order == checker.OrderKey
	case 'a':
		return g.Atomicity
	case 's':
		return g.State != ""
	case 't':
		return g.Recovery > 0
	case 'p':
		return g.Preserve
	case 'v':
		return g.Accepted > 0
	}
	return false
}

// byWhom sums who made what breaks g. What vanished is counted as lost already,
// where losses are judged.
func (w *want) byWhom(g checker.Guarantee) map[checker.Origin]int64 {
	out := map[checker.Origin]int64{}
	for c, by := range w.origins {
		if !breaks(c, g) || c == checker.Vanished && !w.stalled {
			continue
		}
		for o, n := range by {
			out[o] += n
		}
	}
	return out
}

// differs compares all but the zeros.
func differs[K comparable](got, want map[K]int64) bool {
	zero := func(_ K, n int64) bool { return n == 0 }
	got, want = maps.Clone(got), maps.Clone(want)
	maps.DeleteFunc(got, zero)
	maps.DeleteFunc(want, zero)
	return !maps.Equal(got, want)
}
