package names

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestUnknownIsOneSentence(t *testing.T) {
	faults := []string{"kill", "pause", "cut", "isolate", "lag", "reset"}
	for _, tt := range []struct {
		reason, name string
		known        []string
		want         string
	}{
		{"a letter too few", "kil", faults, `unknown fault "kil" (did you mean "kill"?); known: kill, pause, cut, isolate, lag, reset`},
		{"nothing is near", "partition", faults, `unknown fault "partition"; known: kill, pause, cut, isolate, lag, reset`},
		{"no name at all", "", faults, `unknown fault ""; known: kill, pause, cut, isolate, lag, reset`},
		{"nothing is known", "kill", nil, `unknown fault "kill"; none is known`},
		{"a line break stays inside the quotes", "ki\nll", []string{"kill"}, `unknown fault "ki\nll" (did you mean "kill"?); known: kill`},
		{"a whole file is not quoted", strings.Repeat("x", 9999), []string{"kill"}, `unknown fault "` + strings.Repeat("x", 60) + `…"; known: kill`},
	} {
		if got := Unknown("fault", tt.name, tt.known); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.reason, got, tt.want)
		}
	}
}

func TestNearest(t *testing.T) {
	known := []string{"at-most-once", "at-least-once", "exactly-once", "at", "for", "lag", "cut"}
	for _, tt := range []struct{ reason, name, want string }{
		{"the name itself", "lag", "lag"},
		{"two letters changed places", "exactly-onec", "exactly-once"},
		{"two letters changed places in a short name", "lga", "lag"},
		{"a hyphen is missing", "exactlyonce", "exactly-once"},
		{"nearer than at-most-once", "at-least-onse", "at-least-once"},
		{"a short name with every letter wrong is another name", "up", ""},
		{"two of three letters differ", "cab", ""},
		{"no letter at all", "", ""},
		{"letters of more than one byte count once", "läg", "lag"},
		{"far away", "kafka", ""},
		{"too long for a slip of the pen", strings.Repeat("lag", 100), ""},
	} {
		if got := Nearest(tt.name, known); got != tt.want {
			t.Errorf("Nearest(%q) = %q, want %q: %s", tt.name, got, tt.want, tt.reason)
		}
	}
}

func TestNearestOfSeveralIsTheFirst(t *testing.T) {
	if got := Nearest("kilk", []string{"kill", "kiln"}); got != "kill" {
		t.Errorf("got %q, want the first of two equally near names", got)
	}
}

func TestOneSlipIsOneEdit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := []rune(rapid.StringMatching(`[a-z-]{4,20}`).Draw(t, "word"))
		i := rapid.IntRange(0, len(word)-2).Draw(t, "where")
		slip := map[string][]rune{
			"left out": slices.Delete(slices.Clone(word), i, i+1),
			"inserted": slices.Insert(slices.Clone(word), i, 'X'),
			"changed":  slices.Replace(slices.Clone(word), i, i+1, 'X'),
			"swapped":  slices.Replace(slices.Clone(word), i, i+2, word[i+1], word[i]),
		}
		for how, typed := range slip {
			want := 1
			if slices.Equal(typed, word) {
				want = 0 // two equal letters swapped
			}
			if got, back := edits(typed, word), edits(word, typed); got != want || back != want {
				t.Fatalf("%q for %q, a letter %s: %d edits, %d back", string(typed), string(word), how, got, back)
			}
			if got := Nearest(string(typed), []string{string(word)}); got != string(word) {
				t.Fatalf("%q for %q, a letter %s: no hint", string(typed), string(word), how)
			}
		}
	})
}

func TestEditsAreBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := []rune(rapid.String().Draw(t, "a"))
		b := []rune(rapid.String().Draw(t, "b"))
		d := edits(a, b)
		if d != edits(b, a) || d > max(len(a), len(b)) || d < max(len(a)-len(b), len(b)-len(a)) || (d == 0) != slices.Equal(a, b) {
			t.Fatalf("edits(%q, %q) = %d", string(a), string(b), d)
		}
	})
}
