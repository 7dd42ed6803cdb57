package checker

import (
	"cmp"
	"flag"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"surety/checker/history"
)

var allWorlds = flag.Bool("worlds", false, "judge every small history, not a sample of them (an hour)")

// A world is a history so small that all of them can be judged: up to three
// attempts and four observations of two keys.
type world struct {
	attempts []worldAttempt
	seen     []worldSight
}

type worldAttempt struct {
	key, seq int
	class    history.OutcomeClass
}

type worldSight struct {
	key, seq int // key -1: corrupted
	at       int // its position
}

var worldKeys = []string{"", "b"}

// attemptChoices and sightChoices are all that one attempt and one observation can
// say: sequence numbers 0 to 2, for more than three of a key cannot be told apart
// by their order from fewer.
func attemptChoices() (out []worldAttempt) {
	for key := range worldKeys {
		for seq := range 3 {
			for _, class := range []history.OutcomeClass{ok, unknown, failed} {
				out = append(out, worldAttempt{key, seq, class})
			}
		}
	}
	return out
}

func sightChoices() []worldSight {
	out := []worldSight{{key: -1}}
	for key := range worldKeys {
		for seq := range 3 {
			out = append(out, worldSight{key: key, seq: seq})
		}
	}
	return out
}

// worlds visits every world with at most so many attempts and observations, but
// for two symmetries: attempts stand in one order, since no class asks for
// theirs, and of two worlds that differ in the names of the keys only one is
// visited. Observations stand in every order; each is at a new position or at
// that of any before it.
func worlds(attempts, seen int, visit func(*world)) {
	tries, sights := attemptChoices(), sightChoices()
	var w world
	var see func(positions int)
	see = func(positions int) {
		if w.canonical() {
			visit(&w)
		}
		if len(w.seen) == seen {
			return
		}
		for _, s := range sights {
			for at := range positions + 1 {
				s.at = at
				w.seen = append(w.seen, s)
				see(max(positions, at+1))
				w.seen = w.seen[:len(w.seen)-1]
			}
		}
	}
	var try func(least int)
	try = func(least int) {
		see(0)
		if len(w.attempts) == attempts {
			return
		}
		for i := least; i < len(tries); i++ {
			w.attempts = append(w.attempts, tries[i])
			try(i)
			w.attempts = w.attempts[:len(w.attempts)-1]
		}
	}
	try(0)
}

// canonical says whether a world is not above the one with its keys swapped.
func (w *world) canonical() bool {
	swapped := func(key int) int {
		if key < 0 {
			return key
		}
		return 1 - key
	}
	other := make([]worldAttempt, len(w.attempts))
	for i, a := range w.attempts {
		other[i] = worldAttempt{swapped(a.key), a.seq, a.class}
	}
	slices.SortFunc(other, byChoice)
	own := slices.Clone(w.attempts)
	slices.SortFunc(own, byChoice)
	if c := slices.CompareFunc(own, other, byChoice); c != 0 {
		return c < 0
	}
	for _, s := range w.seen {
		if c := cmp.Compare(s.key, swapped(s.key)); c != 0 {
			return c < 0
		}
	}
	return true
}

func byChoice(a, b worldAttempt) int {
	return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.seq, b.seq), cmp.Compare(a.class, b.class))
}

func (w *world) story() *story {
	s := newStory()
	for _, a := range w.attempts {
		s.try(a.class, worldKeys[a.key], int64(a.seq))
	}
	l := s.final()
	for _, v := range w.seen {
		o := history.Observation{Offset: int64(v.at), Append: 1, Corrupt: v.key < 0}
		if v.key >= 0 {
			o.Key, o.Seq = s.name(worldKeys[v.key]), int64(v.seq)
		}
		l.full(o)
	}
	l.end("")
	s.close()
	return s
}

func TestJudgeAgreesWithNaiveJudgeInEverySmallWorld(t *testing.T) {
	spec := specOf(ExactlyOnce, OrderKey)
	judged, visited := 0, 0
	check := func(w *world) {
		judged++
		s := w.story()
		v := judgeStory(t, s, spec, 1, 1000)
		counts, places, _ := naive(s.recs, s.text, spec.Sinks[0])
		got := counted(v.Sinks[0])
		if !reflect.DeepEqual(got, counts) || got[Lost] > 0 && !reflect.DeepEqual(v.Sinks[0].Places, places) {
			t.Fatalf("%+v: counts %v at %v, naive %v at %v", *w, got, v.Sinks[0].Places, counts, places)
		}
	}
	if *allWorlds {
		worlds(3, 4, check)
		t.Logf("%d histories judged", judged)
		return
	}
	worlds(2, 1, check)
	small := judged
	// A sample of the others, spread by a step that shares no factor with the choices.
	worlds(3, 3, func(w *world) {
		if visited++; visited%1999 == 0 {
			check(w)
		}
	})
	t.Logf("%d histories judged, %d of them all with 2 attempts and an observation", judged, small)
	if small != smallWorlds || judged <= small {
		t.Errorf("%d small worlds, not %d, and %d more", small, smallWorlds, judged-small)
	}
}

// smallWorlds is how many have at most two attempts and one observation: 190 sets
// of attempts (1 + 18 + 171) times 8 rows of observations (1 + 7) are 1,520, in
// pairs but for the 20 that are equal to their own swap (10 sets of attempts, 2
// rows of nothing but corrupted records).
const smallWorlds = (1520 + 20) / 2

func TestWorldsAreVisitedOnceEach(t *testing.T) {
	seen := map[string]bool{}
	worlds(2, 1, func(w *world) {
		text := fmt.Sprint(*w)
		if seen[text] {
			t.Fatalf("%s again", text)
		}
		seen[text] = true
	})
	if len(seen) != smallWorlds {
		t.Errorf("%d, not %d", len(seen), smallWorlds)
	}
}
