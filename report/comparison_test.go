package report

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

func TestMannWhitneyKnownValues(t *testing.T) {
	count := func(from, n int) (out []float64) {
		for i := range n {
			out = append(out, float64(from+i))
		}
		return out
	}
	for _, tt := range []struct {
		reason     string
		a, b       []float64
		p, greater float64
		enough     bool
	}{
		{"nothing against nothing", nil, nil, 1, 0.5, false},
		{"nothing that is a number", []float64{math.NaN()}, []float64{math.Inf(1), 3}, 1, 0.5, false},
		{"three apart from three: too few", count(0, 3), count(10, 3), 0.1, 1, false},
		{"four apart from four", count(0, 4), count(10, 4), 2.0 / 70, 1, true},
		{"the other way round", count(10, 4), count(0, 4), 2.0 / 70, 0, true},
		{"five apart from five", count(0, 5), count(10, 5), 2.0 / 252, 1, true},
		{"woven", []float64{1, 4, 5, 8}, []float64{2, 3, 6, 7}, 1, 0.5, true},
		{"all the same", []float64{2, 2, 2, 2, 2}, []float64{2, 2, 2, 2, 2}, 1, 0.5, true},
		{"one value", []float64{1}, []float64{2}, 1, 1, false},
	} {
		got := MannWhitney(tt.a, tt.b)
		if math.Abs(got.P-tt.p) > 1e-9 || math.Abs(got.Greater-tt.greater) > 1e-9 || got.Enough != tt.enough {
			t.Errorf("%s: %+v", tt.reason, got)
		}
	}
}

// The counted and the normal distribution are the same thing.
func TestMannWhitneyIsTheSameByCountingAndByTheNormal(t *testing.T) {
	for far := 0.0; far <= exactUpTo*exactUpTo/2; far++ {
		exact := exactTail(exactUpTo, exactUpTo, exactUpTo*exactUpTo/2-far)
		normal := normalTail(exactUpTo, exactUpTo, 0, far)
		if math.Abs(exact-normal) > 0.005 {
			t.Errorf("%v from the mean: counted %v, by the normal %v", far, exact, normal)
		}
	}
}

// Log-normal times with a coefficient of variation of 0.2, 30 of each: a shift of 20 %
// is found nine times of ten, and no shift is found as often as Confidence allows.
func TestMannWhitneyFindsShiftsAndNothingElse(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	sigma := math.Sqrt(math.Log(1 + 0.2*0.2))
	sample := func(scale float64) []float64 {
		out := make([]float64, 30)
		for i := range out {
			out[i] = scale * math.Exp(sigma*r.NormFloat64())
		}
		return out
	}
	found, alarms := 0, 0
	for range 1000 {
		if MannWhitney(sample(1), sample(1.2)).Shown() {
			found++
		}
		if MannWhitney(sample(1), sample(1)).Shown() {
			alarms++
		}
	}
	t.Logf("%d of 1,000 shifts found, %d of 1,000 null pairs flagged", found, alarms)
	if found < 900 || alarms > 68 {
		t.Errorf("%d of 1,000 shifts found, %d of 1,000 null pairs flagged", found, alarms)
	}
}

func TestFisherExactKnownValues(t *testing.T) {
	for _, tt := range []struct {
		reason string
		a, b   Rate
		p      float64
		enough bool
	}{
		{"the lady tasting tea", Rate{Hits: 3, Trials: 4}, Rate{Hits: 1, Trials: 4}, 34.0 / 70, true},
		{"none and none", Rate{Trials: 10}, Rate{Trials: 10}, 1, true},
		{"all and none", Rate{Hits: 5, Trials: 5}, Rate{Trials: 5}, 2.0 / 252, true},
		{"three and three: too few", Rate{Hits: 3, Trials: 3}, Rate{Trials: 3}, 0.1, false},
		{"nothing tried", Rate{}, Rate{Trials: 5}, 1, false},
		{"more than all", Rate{Hits: 6, Trials: 5}, Rate{Trials: 5}, 1, false},
		{"a published table", Rate{Hits: 1, Trials: 12}, Rate{Hits: 9, Trials: 12}, 0.0027594561852, true},
	} {
		got := FisherExact(tt.a, tt.b)
		if math.Abs(got.P-tt.p) > 1e-9 || got.Enough != tt.enough {
			t.Errorf("%s: %+v", tt.reason, got)
		}
	}
}

func TestTestsAreSymmetricAndGiveProbabilities(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(0, 10), 0, 40)
		a, b := values.Draw(t, "a"), values.Draw(t, "b")
		x, y := MannWhitney(a, b), MannWhitney(b, a)
		if !(x.P >= 0 && x.P <= 1) || math.Abs(x.P-y.P) > 1e-9 || math.Abs(x.Greater+y.Greater-1) > 1e-9 {
			t.Fatalf("%+v and %+v", x, y)
		}
		n, m := rapid.Int64Range(0, 60).Draw(t, "n"), rapid.Int64Range(0, 60).Draw(t, "m")
		p := Rate{Hits: rapid.Int64Range(0, n).Draw(t, "hits"), Trials: n}
		q := Rate{Hits: rapid.Int64Range(0, m).Draw(t, "other hits"), Trials: m}
		v, w := FisherExact(p, q), FisherExact(q, p)
		if !(v.P >= 0 && v.P <= 1) || math.Abs(v.P-w.P) > 1e-9 {
			t.Fatalf("%+v and %+v", v, w)
		}
	})
}

func TestTrialsForABoundAreTheFewestThatKeepIt(t *testing.T) {
	for _, most := range []float64{0.5, 0.1157, 0.1, 0.05, 0.01, 0.001, 1e-6} {
		n := TrialsFor(most, Confidence)
		if ClopperPearson(0, n, Confidence).High > most*(1+1e-9) || n > 1 && ClopperPearson(0, n-1, Confidence).High <= most {
			t.Errorf("a rate below %v takes %d trials", most, n)
		}
	}
	for _, none := range []float64{0, 1, -1, math.NaN(), math.Inf(1), 1e-300} {
		if n := TrialsFor(none, Confidence); n != 0 {
			t.Errorf("a bound of %v takes %d trials", none, n)
		}
	}
}
