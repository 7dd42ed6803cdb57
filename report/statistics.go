package report

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Confidence of every interval that a report prints.
const Confidence = 0.95

// Interval bounds a rate, with both ends in 0..1.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// unbounded is what is known of a rate that nobody tried.
var unbounded = Interval{0, 1}

// ClopperPearson bounds the rate behind hits of trials independent tries with the
// given two-sided confidence (C. J. Clopper and E. S. Pearson, Biometrika 26,
// 1934): it covers the true rate at least that often, however rare the hits are.
// The number of trials is fixed beforehand. Of no trials, and of numbers that
// cannot be, nothing is known: [0, 1].
func ClopperPearson(hits, trials int64, confidence float64) Interval {
	if trials <= 0 || hits < 0 || hits > trials || !(confidence > 0 && confidence < 1) {
		return unbounded
	}
	tail := (1 - confidence) / 2
	k, n := float64(hits), float64(trials)
	out := unbounded
	switch hits { // at the ends the quantile has a closed form
	case 0:
	case trials:
		out.Low = math.Pow(tail, 1/n)
	default:
		out.Low = distuv.Beta{Alpha: k, Beta: n - k + 1}.Quantile(tail)
	}
	switch hits {
	case trials:
	case 0:
		out.High = -math.Expm1(math.Log(tail) / n)
	default:
		out.High = distuv.Beta{Alpha: k + 1, Beta: n - k}.Quantile(1 - tail)
	}
	rate := k / n
	if !(out.Low >= 0 && out.Low <= rate) {
		out.Low = 0
	}
	if !(out.High >= rate && out.High <= 1) {
		out.High = 1
	}
	return out
}

// Rate is hits of trials with its interval.
type Rate struct {
	Hits   int64 `json:"hits"`
	Trials int64 `json:"trials"`
	Interval
}

// RateOf is hits of trials with the Clopper–Pearson interval.
func RateOf(hits, trials int64) Rate {
	return Rate{hits, trials, ClopperPearson(hits, trials, Confidence)}
}

// String prints the interval in percent, never without it: [99.63 %, 100 %].
func (r Rate) String() string {
	if r.Trials <= 0 {
		return "none tried"
	}
	return fmt.Sprintf("[%s, %s]", percent(r.Low, math.Floor), percent(r.High, math.Ceil))
}

// percent prints a share with at least three digits of its distance to the nearer
// end, rounded by round: 0.00617 %, 99.99383 %.
func percent(share float64, round func(float64) float64) string {
	switch share {
	case 0:
		return "0 %"
	case 1:
		return "100 %"
	}
	digits := 2
	for rest := 100 * min(share, 1-share); rest < 1 && digits < 10; rest *= 10 {
		digits++
	}
	scale := math.Pow(10, float64(digits))
	return fmt.Sprintf("%.*f %%", digits, min(100, round(100*share*scale)/scale))
}
