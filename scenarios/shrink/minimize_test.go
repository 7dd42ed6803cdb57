package shrink

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// numbers are the elements of a list, each different.
func numbers(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func has(list, wanted []int) bool {
	for _, w := range wanted {
		if !slices.Contains(list, w) {
			return false
		}
	}
	return true
}

// Where a list violates if it has all of some elements, these alone are left.
func TestExactlyWhatIsNeededIsLeft(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 40).Draw(t, "n")
		needed := rapid.SliceOfNDistinct(rapid.IntRange(0, n-1), 1, n, rapid.ID[int]).Draw(t, "needed")
		slices.Sort(needed)
		asked := 0
		got, err := minimize(numbers(n), func(part []int) (bool, error) {
			asked++
			return has(part, needed), nil
		})
		if err != nil || !slices.Equal(got, needed) {
			t.Fatalf("left is %v of %d, needed %v: %v", got, n, needed, err)
		}
		if most := n*n + 3*n; asked > most {
			t.Fatalf("%d elements took %d questions, more than %d", n, asked, most)
		}
	})
}

// Whatever violates, nothing can be taken from what is left: also where a smaller
// list may violate though a larger one does not.
func TestNoElementCanBeTakenFromWhatIsLeft(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "n")
		odd := rapid.Uint64().Draw(t, "odd")
		violates := func(part []int) bool {
			if len(part) == n {
				return true
			}
			h := odd
			for _, p := range part {
				h = (h ^ uint64(p+1)) * 0x9e3779b97f4a7c15
				h ^= h >> 29
			}
			return len(part) > 0 && h%3 == 0
		}
		asked := 0
		got, err := minimize(numbers(n), func(part []int) (bool, error) {
			asked++
			return violates(part), nil
		})
		if err != nil || !violates(got) {
			t.Fatalf("%v is left, which does not violate: %v", got, err)
		}
		if !slices.IsSorted(got) {
			t.Fatalf("the order is not kept: %v", got)
		}
		for i := range got {
			if rest := slices.Concat(got[:i], got[i+1:]); len(rest) > 0 && violates(rest) {
				t.Fatalf("%v is left, though %v violates", got, rest)
			}
		}
		if most := n*n + 3*n; asked > most {
			t.Fatalf("%d elements took %d questions, more than %d", n, asked, most)
		}
	})
}

func TestTheSmallestSoFarStandsWhereTheTimeIsOver(t *testing.T) {
	over := errors.New("the time is over")
	rapid.Check(t, func(t *rapid.T) {
		n, asked := rapid.IntRange(2, 20).Draw(t, "n"), rapid.IntRange(0, 30).Draw(t, "asked")
		needed := rapid.IntRange(0, n-1).Draw(t, "needed")
		got, err := minimize(numbers(n), func(part []int) (bool, error) {
			if asked--; asked < 0 {
				return false, over
			}
			return slices.Contains(part, needed), nil
		})
		if !slices.Contains(got, needed) {
			t.Fatalf("%v is left, which does not violate", got)
		}
		if err == nil && len(got) > 1 {
			t.Fatalf("%v is left, and nothing says why", got)
		}
	})
}

func TestNumbersDescend(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		low := rapid.Int64Range(0, 100).Draw(t, "low")
		high := rapid.Int64Range(low, 100000).Draw(t, "high")
		least := rapid.Int64Range(low, high).Draw(t, "least")
		tries := rapid.IntRange(0, 40).Draw(t, "tries")
		asked := 0
		got, err := descend(low, high, tries, func(n int64) (bool, error) {
			if n < low || n >= high {
				t.Fatalf("%d is asked for, outside of %d to %d", n, low, high)
			}
			asked++
			return n >= least, nil
		})
		if err != nil || got < least || got > high || asked > tries {
			t.Fatalf("from %d to %d with %d the least it came to %d after %d questions: %v", high, low, least, got, asked, err)
		}
		if tries >= 20 && got != least {
			t.Fatalf("after %d questions it came to %d, the least is %d", asked, got, least)
		}
	})
}
