package checker

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestSparseIsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s sparse[int]
		want := map[int64]int{}
		near := rapid.Int64Range(-200, 200)
		far := rapid.SampledFrom([]int64{math.MinInt64, math.MaxInt64, 1 << 40})
		for i := range rapid.IntRange(1, 200).Draw(t, "steps") {
			at := rapid.OneOf(near, far).Draw(t, "at")
			if want[at] != 0 && rapid.Bool().Draw(t, "drop") {
				s.drop(at)
				delete(want, at)
			} else if want[at] == 0 {
				*s.get(at) = i + 1
				s.hold(at)
				want[at] = i + 1
			}
			if c := s.find(at); want[at] != 0 && (c == nil || *c != want[at]) || want[at] == 0 && c != nil && *c != 0 {
				t.Fatalf("%d holds %v, want %d", at, c, want[at])
			}
		}
		got := map[int64]int{}
		s.each(func(i int64, c *int) {
			if *c != 0 {
				got[i] = *c
			}
		})
		if len(got) != len(want) {
			t.Fatalf("%v, want %v", got, want)
		}
		pages := map[int64]bool{}
		for at, v := range want {
			pages[at>>6] = true
			if got[at] != v {
				t.Fatalf("%v, want %v", got, want)
			}
		}
		if len(s.pages) > len(pages)+1 {
			t.Fatalf("%d pages for cells in %d", len(s.pages), len(pages))
		}
	})
}
