package report

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"
)

func TestClopperPearsonKnownValues(t *testing.T) {
	for _, tt := range []struct {
		why          string
		hits, trials int64
		low, high    float64
	}{
		{"nothing was tried: nothing is known", 0, 0, 0, 1},
		{"none of 30", 0, 30, 0, 0.1157},
		{"a few of a hundred", 3, 100, 0.00623, 0.08518},
		{"all of 30 mirrors none of 30", 30, 30, 1 - 0.1157, 1},
		{"one try that hit", 1, 1, 0.025, 1},
		{"one try that missed", 0, 1, 0, 0.975},
		{"half of two", 1, 2, 0.01258, 0.98742},
		{"half of ten", 5, 10, 0.18709, 0.81291},
		{"none of a million", 0, 1_000_000, 0, 3.68887e-6},
		{"all of a million", 1_000_000, 1_000_000, 1 - 3.68887e-6, 1},
		{"fewer than none", -1, 10, 0, 1},
		{"more than all", 11, 10, 0, 1},
		{"fewer than no trials", 0, -5, 0, 1},
	} {
		got := ClopperPearson(tt.hits, tt.trials, 0.95)
		if math.Abs(got.Low-tt.low) > 6e-5 || math.Abs(got.High-tt.high) > 6e-5 {
			t.Errorf("%s: %d/%d gives %v, want [%v, %v]", tt.why, tt.hits, tt.trials, got, tt.low, tt.high)
		}
		if tt.hits == 0 && tt.trials > 1000 && math.Abs(got.High/tt.high-1) > 1e-5 {
			t.Errorf("%s: upper end %v, want %v", tt.why, got.High, tt.high)
		}
	}
}

func TestClopperPearsonRefusesNoConfidence(t *testing.T) {
	for _, c := range []float64{0, 1, -1, 2, math.NaN(), math.Inf(1)} {
		if got := ClopperPearson(3, 10, c); got != unbounded {
			t.Errorf("with confidence %v: %v", c, got)
		}
	}
}

// The definition itself: at the lower end seeing this many hits or more, and at
// the upper end this many or fewer, has the probability of one tail.
func TestClopperPearsonEndsHaveTheTailProbability(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(1, 2000).Draw(t, "trials")
		k := rapid.Int64Range(0, n).Draw(t, "hits")
		got := ClopperPearson(k, n, 0.95)
		if k > 0 {
			below := distuv.Binomial{N: float64(n), P: got.Low}.CDF(float64(k - 1))
			if math.Abs(1-below-0.025) > 1e-6 {
				t.Fatalf("%d/%d: lower end %v has tail %v", k, n, got.Low, 1-below)
			}
		}
		if k < n {
			upTo := distuv.Binomial{N: float64(n), P: got.High}.CDF(float64(k))
			if math.Abs(upTo-0.025) > 1e-6 {
				t.Fatalf("%d/%d: upper end %v has tail %v", k, n, got.High, upTo)
			}
		}
	})
}

func TestClopperPearsonIsAnIntervalAroundTheRateWhateverTheNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(-3, 1<<40).Draw(t, "trials")
		k := rapid.Int64Range(-3, max(n, 0)+3).Draw(t, "hits")
		got := ClopperPearson(k, n, rapid.Float64Range(-0.1, 1.1).Draw(t, "confidence"))
		if !(got.Low >= 0 && got.Low <= got.High && got.High <= 1) {
			t.Fatalf("%d/%d: %v", k, n, got)
		}
		if rate := float64(k) / float64(n); n > 0 && k >= 0 && k <= n && !(got.Low <= rate && rate <= got.High) {
			t.Fatalf("%d/%d is not in %v", k, n, got)
		}
	})
}

func TestRatesPrintTheirIntervalRoundedOutwards(t *testing.T) {
	for want, r := range map[string]Rate{
		"none tried":           RateOf(0, 0),
		"[0 %, 11.58 %]":       RateOf(0, 30),
		"[99.631 %, 100 %]":    RateOf(1000, 1000),
		"[0.622 %, 8.52 %]":    RateOf(3, 100),
		"[0 %, 0.000369 %]":    RateOf(0, 1_000_000),
		"[99.999631 %, 100 %]": RateOf(1_000_000, 1_000_000),
	} {
		if got := r.String(); got != want {
			t.Errorf("%d/%d prints %s, want %s", r.Hits, r.Trials, got, want)
		}
	}
}
