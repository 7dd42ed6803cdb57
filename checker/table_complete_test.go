package checker

import (
	"slices"
	"testing"
)

// told is one hand-written history with what it is judged to be.
type told struct {
	want           counts
	accept, reject []Guarantee
}

// allTold gathers the tables of hand-written histories.
func allTold() (out []told) {
	for _, h := range histories {
		out = append(out, told{h.want, h.accept, h.reject})
	}
	for _, h := range oracleHistories {
		out = append(out, told{h.want, h.accept, h.reject})
	}
	return out
}

// declarations are all that a guarantee may declare besides its delivery and that
// decides about some class.
var declarations = []func(Guarantee) Guarantee{
	func(g Guarantee) Guarantee { return g },
	func(g Guarantee) Guarantee { g.Order = OrderKey; return g },
	func(g Guarantee) Guarantee { g.Atomicity = true; return g },
	monotonic, final, routed, within, intact, accepted,
}

// Every cell of the table from class to guarantee has its hand-written history:
// one that is rejected for this class alone where it breaks the guarantee, one
// that is accepted with it where it does not.
func TestEveryCellOfTheTableHasItsHistory(t *testing.T) {
	legal := []Class{Recovered, Absent, Reread, Split, DeadLettered, DroppedLate}
	for _, c := range append(legal, Judged...) {
		if c == LostWrite || c == InconsistentOffsets || c == Duplicate {
			continue // of logs, which have a table of their own
		}
		for _, d := range Deliveries {
			plain := Guarantee{Delivery: d}
			breaks := 0
			for _, declare := range declarations {
				if g := declare(plain); g.Breaks(c) {
					breaks++
				}
			}
			if breaks > 0 && !slices.ContainsFunc(allTold(), func(h told) bool { return h.rejected(c, d) }) {
				t.Errorf("no history is rejected under %s for %s alone", d, c)
			}
			if undeclared[c] == "" && !plain.Breaks(c) && !slices.ContainsFunc(allTold(), func(h told) bool { return h.accepted(c, d) }) {
				t.Errorf("no history with %s is accepted under %s", c, d)
			}
		}
	}
}

// undeclared says why there is nothing to count where a class breaks nothing.
var undeclared = map[Class]string{
	Late:    "without a time to recover in nothing is late",
	Altered: "headers are compared only where they must be preserved",

	Unavailable: "without a share to be acknowledged none is missed",
}

// rejected says whether a history breaks delivery d by c and by nothing else. What
// vanished is lost as well.
func (h told) rejected(c Class, d Delivery) bool {
	return h.want[c] > 0 && slices.ContainsFunc(h.reject, func(g Guarantee) bool {
		for other, n := range h.want {
			if other != c && n > 0 && g.Breaks(other) && (c != Vanished || other != Lost) {
				return false
			}
		}
		return g.Delivery == d && g.Breaks(c)
	})
}

// accepted says whether delivery d is kept with some c.
func (h told) accepted(c Class, d Delivery) bool {
	return h.want[c] > 0 && slices.ContainsFunc(h.accept, func(g Guarantee) bool { return g.Delivery == d && !g.Breaks(c) })
}
