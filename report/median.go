package report

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Median is the median of repeated measurements between two order statistics of
// them. No distribution is assumed: the true median lies between the k-th smallest
// and the k-th largest of n with a probability that is binomial in n and 1/2 (H. A.
// David and H. N. Nagaraja, Order Statistics, 2003, section 7.1).
type Median struct {
	Value   float64 `json:"median"`
	Low     float64 `json:"low"`
	High    float64 `json:"high"`
	Bounded bool    `json:"bounded"` // false: too few for the confidence, Low and High are the extremes
	N       int     `json:"n"`
}

// MedianOf bounds the median with at least Confidence. Values that are not finite
// are left out; of none the median is zero and nothing is bounded.
func MedianOf(values []float64) Median {
	sorted := make([]float64, 0, len(values))
	for _, v := range values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			sorted = append(sorted, v)
		}
	}
	n := len(sorted)
	if n == 0 {
		return Median{}
	}
	slices.SortFunc(sorted, cmp.Compare[float64])
	m := Median{Value: (sorted[(n-1)/2] + sorted[n/2]) / 2, Low: sorted[0], High: sorted[n-1], N: n}
	// The interval from the k-th to the (n+1-k)-th misses with 2 P(Binomial(n, 1/2) < k).
	tails := distuv.Binomial{N: float64(n), P: 0.5}
	for k := 1; k <= n/2 && 2*tails.CDF(float64(k-1)) <= 1-Confidence; k++ {
		m.Low, m.High, m.Bounded = sorted[k-1], sorted[n-k], true
	}
	return m
}
