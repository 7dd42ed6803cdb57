package report

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/combin"
	"gonum.org/v1/gonum/stat/distuv"
)

// TrialsFor is how many trials without a hit bound a rate by most with the two-sided
// confidence of ClopperPearson: 0 of so many has an upper end of at most that. Of a
// bound that is none it is 0.
func TrialsFor(most, confidence float64) int64 {
	if !(most > 0 && most < 1 && confidence > 0 && confidence < 1) {
		return 0
	}
	n := math.Ceil(math.Log((1-confidence)/2)/math.Log1p(-most) - 1e-9)
	if !(n < 1e15) {
		return 0
	}
	return int64(n)
}

// Difference is what a test says of two samples.
type Difference struct {
	P float64 `json:"p"` // how likely such a difference is where there is none; 1 where nothing can be said
	// Greater is the effect: how often a value of the second sample is greater than
	// one of the first, half of the ties included. 0.5 is no difference.
	Greater float64 `json:"greater"`
	Enough  bool    `json:"enough"` // false: so few values cannot show any difference
}

// Shown tells whether the difference is one, with Confidence.
func (d Difference) Shown() bool { return d.Enough && d.P <= 1-Confidence }

// enough tells whether samples of these sizes can show a difference at all: the most
// extreme of all orders has this probability, on both sides.
func enough(n, m int) bool {
	if n < 1 || m < 1 {
		return false
	}
	return 2*math.Exp(-combin.LogGeneralizedBinomial(float64(n+m), float64(n))) <= 1-Confidence
}

// exactUpTo is the size of samples without ties up to which the distribution is
// counted and not taken as normal.
const exactUpTo = 20

// MannWhitney tests whether values of one sample tend to be greater than those of
// the other (H. B. Mann and D. R. Whitney, Annals of Mathematical Statistics 18,
// 1947), with both sides. It asks for no distribution. Ties are corrected for.
// Values that are not finite are left out.
func MannWhitney(a, b []float64) Difference {
	a, b = finite(a), finite(b)
	n, m := len(a), len(b)
	if n == 0 || m == 0 {
		return Difference{P: 1, Greater: 0.5}
	}
	type value struct {
		v      float64
		second bool
	}
	all := make([]value, 0, n+m)
	for _, v := range a {
		all = append(all, value{v, false})
	}
	for _, v := range b {
		all = append(all, value{v, true})
	}
	slices.SortFunc(all, func(x, y value) int { return cmp.Compare(x.v, y.v) })
	var ranks, ties float64 // of the second sample; sum of t³-t
	for i := 0; i < len(all); {
		j := i
		for j < len(all) && all[j].v == all[i].v {
			j++
		}
		t := float64(j - i)
		ties += t*t*t - t
		for k := i; k < j; k++ {
			if all[k].second {
				ranks += float64(i+1+j) / 2
			}
		}
		i = j
	}
	fn, fm := float64(n), float64(m)
	u := ranks - fm*(fm+1)/2
	d := Difference{P: 1, Greater: u / (fn * fm), Enough: enough(n, m)}
	far := math.Abs(u - fn*fm/2)
	if ties == 0 && n <= exactUpTo && m <= exactUpTo {
		d.P = exactTail(n, m, fn*fm/2-far)
		return d
	}
	d.P = normalTail(fn, fm, ties, far)
	return d
}

// normalTail is twice the probability that U is this far from its mean, by the
// normal distribution with its corrections for ties and for steps.
func normalTail(n, m, ties, far float64) float64 {
	total := n + m
	if sd := math.Sqrt(n * m / 12 * (total + 1 - ties/(total*(total-1)))); sd > 0 {
		return min(1, 2*distuv.UnitNormal.Survival(max(0, far-0.5)/sd))
	}
	return 1 // all values are the same
}

// exactTail is twice the probability that U is at most this, of n and m values in a
// random order.
func exactTail(n, m int, most float64) float64 {
	// ways[j][u] orders of i values of one sample and j of the other have the sum u.
	ways := make([][]float64, m+1)
	for j := range ways {
		ways[j] = make([]float64, n*m+1)
		ways[j][0] = 1
	}
	for range n {
		for j := 1; j <= m; j++ {
			// The last in order is of the first sample, above j others, or is not.
			next := make([]float64, n*m+1)
			copy(next, ways[j-1])
			for u := j; u <= n*m; u++ {
				next[u] += ways[j][u-j]
			}
			ways[j] = next
		}
	}
	var low, all float64
	for u, w := range ways[m] {
		all += w
		if float64(u) <= most {
			low += w
		}
	}
	return min(1, 2*low/all)
}

func finite(values []float64) []float64 {
	out := make([]float64, 0, len(values))
	for _, v := range values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			out = append(out, v)
		}
	}
	return out
}

// FisherExact tests whether two rates differ (R. A. Fisher, Journal of the Royal
// Statistical Society 85, 1922): the probability of all tables with the same sums
// that are not more likely than this one. Of rates that cannot be, nothing is said.
func FisherExact(a, b Rate) Difference {
	d := Difference{P: 1, Greater: 0.5}
	if a.Trials <= 0 || b.Trials <= 0 || a.Hits < 0 || b.Hits < 0 || a.Hits > a.Trials || b.Hits > b.Trials {
		return d
	}
	d.Greater += (float64(b.Hits)/float64(b.Trials) - float64(a.Hits)/float64(a.Trials)) / 2
	d.Enough = enough(int(a.Trials), int(b.Trials))
	hits := a.Hits + b.Hits
	choose := func(n, k int64) float64 { return combin.LogGeneralizedBinomial(float64(n), float64(k)) }
	table := func(k int64) float64 {
		return math.Exp(choose(a.Trials, k) + choose(b.Trials, hits-k) - choose(a.Trials+b.Trials, hits))
	}
	here, sum := table(a.Hits), 0.0
	for k := max(0, hits-b.Trials); k <= min(hits, a.Trials); k++ {
		if p := table(k); p <= here*(1+1e-7) {
			sum += p
		}
	}
	d.P = min(1, sum)
	return d
}
