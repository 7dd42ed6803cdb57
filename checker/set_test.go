package checker

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// numbers draws the rows of numbers that sets get: neighbours rising, falling,
// with gaps, at the ends of the range, and anywhere.
func numbers(t *rapid.T) (out []int64) {
	for range rapid.IntRange(0, 6).Draw(t, "rows") {
		from := rapid.OneOf(
			rapid.Int64Range(-9000, 9000),
			rapid.SampledFrom([]int64{math.MinInt64, math.MaxInt64 - 20, 1 << 40, -1, 4095}),
			rapid.Int64(),
		).Draw(t, "from")
		step := rapid.SampledFrom([]int64{1, 1, -1, 2, -2, 3, 70, 5000, 1 << 30}).Draw(t, "step")
		for range rapid.SampledFrom([]int{1, 3, 70, 200, 900}).Draw(t, "length") {
			out = append(out, from)
			next := from + step
			if (next > from) != (step > 0) {
				break
			}
			from = next
		}
	}
	return out
}

func TestSetIsASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s set
		want := map[int64]bool{}
		for _, x := range numbers(t) {
			if s.has(x) != want[x] || s.add(x) == want[x] || !s.has(x) {
				t.Fatalf("%d was added to a set that had it: %v", x, want[x])
			}
			want[x] = true
		}
		for x := range want {
			for _, near := range []int64{x - 1, x, x + 1} {
				if s.has(near) != want[near] {
					t.Fatalf("%d is in: %v, want %v", near, s.has(near), want[near])
				}
			}
		}
		if s.empty() != (len(want) == 0) || s.size() != int64(len(want)) {
			t.Fatalf("empty %v, size %d, want %d", s.empty(), s.size(), len(want))
		}
		var got []int64
		sweep(func(r span, in members) {
			for x := r.lo; ; x++ {
				got = append(got, x)
				if x == r.hi {
					break
				}
			}
			if in != 1 {
				t.Fatalf("members %b", in)
			}
		}, &s)
		var sorted []int64
		for x := range want {
			sorted = append(sorted, x)
		}
		slices.Sort(sorted)
		if !slices.Equal(got, sorted) {
			t.Fatalf("%d members swept, want %d", len(got), len(sorted))
		}
		if len(sorted) > 0 && (s.min() != sorted[0] || s.max() != sorted[len(sorted)-1]) {
			t.Fatalf("from %d to %d, want %d to %d", s.min(), s.max(), sorted[0], sorted[len(sorted)-1])
		}
	})
}

func TestSweepTellsSetsApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a, b set
		in := map[int64]members{}
		for _, x := range numbers(t) {
			a.add(x)
			in[x] |= 1
		}
		for _, x := range numbers(t) {
			b.add(x)
			in[x] |= 2
		}
		counts := map[members]int64{}
		for _, m := range in {
			counts[m]++
		}
		sweep(func(r span, m members) {
			if in[r.lo] != m || in[r.hi] != m {
				t.Fatalf("%v has %b, want %b and %b", r, m, in[r.lo], in[r.hi])
			}
			counts[m] -= r.len()
		}, &a, &b)
		for m, n := range counts {
			if n != 0 {
				t.Fatalf("%d numbers of %b are missing", n, m)
			}
		}
		both := int64(0)
		for _, m := range in {
			if m == 3 {
				both++
			}
		}
		if got := common(&a, &b); got != both {
			t.Fatalf("%d in common, want %d", got, both)
		}
	})
}

// What a set costs follows its gaps, and where they are many its span.
func TestSetsStaySmall(t *testing.T) {
	const n = 1 << 18
	for _, tt := range []struct {
		why   string
		x     func(i int64) int64
		runs  int
		parts int
	}{
		{"rising", func(i int64) int64 { return i }, 0, 0},
		{"falling", func(i int64) int64 { return -i }, 0, 0},
		{"one in a thousand is missing", func(i int64) int64 { return i + i/1000 }, n/1000 + 1, 0},
		{"evens before odds come to one run of patches", func(i int64) int64 { return i*2%n + i*2/n }, 0, 0},
		{"every second one is missing", func(i int64) int64 { return 2 * i }, 0, 2 * n / patchSize},
	} {
		var s set
		for i := range int64(n) {
			s.add(tt.x(i))
		}
		runs, parts := 0, 0
		if s.rest != nil {
			runs = len(s.rest.runs)
			if s.rest.dense != nil {
				parts = len(s.rest.dense.part)
			}
		}
		if runs > tt.runs || parts > tt.parts {
			t.Errorf("%s: %d runs and %d patches, want at most %d and %d", tt.why, runs, parts, tt.runs, tt.parts)
		}
	}
}

// A reader may pass over more offsets than anyone could list.
func TestStretchedSetsMayTurnDense(t *testing.T) {
	var s set
	s.add(5)
	s.stretch(5, 1<<60)
	for i := range int64(200) {
		s.add(math.MinInt64 + 5*(200-i))
	}
	if s.dense() == nil || !s.has(1<<59) || s.has(1<<60+1) || s.has(4) || s.size() != 1<<60-5+1+200 {
		t.Errorf("dense %v, size %d", s.dense() != nil, s.size())
	}
}
