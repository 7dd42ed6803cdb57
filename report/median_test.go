package report

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestMedianBounds(t *testing.T) {
	nine := []float64{9, 1, 8, 2, 7, 3, 6, 4, 5}
	for _, row := range []struct {
		why    string
		values []float64
		want   Median
	}{
		{"nothing measured", nil, Median{}},
		{"one tells no spread", []float64{3}, Median{Value: 3, Low: 3, High: 3, N: 1}},
		{"five are too few for 95 %: the extremes miss in 2 of 32", []float64{1, 2, 3, 4, 5}, Median{Value: 3, Low: 1, High: 5, N: 5}},
		{"six are enough: the extremes miss in 2 of 64", []float64{1, 2, 3, 4, 5, 6}, Median{Value: 3.5, Low: 1, High: 6, Bounded: true, N: 6}},
		{"of nine the second and the eighth miss in 20 of 512", nine, Median{Value: 5, Low: 2, High: 8, Bounded: true, N: 9}},
		{"what is no number is left out", append([]float64{math.NaN(), math.Inf(1)}, nine...), Median{Value: 5, Low: 2, High: 8, Bounded: true, N: 9}},
	} {
		if got := MedianOf(row.values); got != row.want {
			t.Errorf("%s: %+v, want %+v", row.why, got, row.want)
		}
	}
}

func TestMedianLiesWithinItsBoundsAndLeavesItsInputAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOf(rapid.Float64Range(-1e9, 1e9)).Draw(t, "values")
		before := slices.Clone(values)
		m := MedianOf(values)
		if m.Low > m.Value || m.Value > m.High || m.N != len(values) || !slices.Equal(values, before) {
			t.Fatalf("%+v of %v", m, before)
		}
	})
}
