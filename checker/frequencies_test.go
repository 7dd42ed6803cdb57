package checker

import (
	"maps"
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestFrequenciesCountAsAMapDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var f frequencies
		want := map[int64]int64{}
		number := rapid.OneOf(rapid.Int64Range(-40, 40), rapid.SampledFrom([]int64{math.MinInt64, math.MaxInt64}))
		for _, x := range rapid.SliceOf(number).Draw(t, "numbers") {
			if f.of(x) != want[x] {
				t.Fatalf("%d times %d, want %d", f.of(x), x, want[x])
			}
			*f.at(x)++
			want[x]++
		}
		got := map[int64]int64{}
		f.each(func(x, n int64) { got[x] = n })
		if !maps.Equal(got, want) {
			t.Fatalf("%v, want %v", got, want)
		}
	})
}
