package checker

import (
	"cmp"
	"slices"

	"surety/checker/history"
)

// kept is how many findings of each class are kept with their evidence. All are
// counted.
const kept = 5

// tally counts the findings at one sink and keeps the earliest of each class.
type tally struct {
	counts   map[Class]int64
	keys     map[Class]int64 // how many keys a class touched
	places   map[Place]int64
	origins  map[Class]map[Origin]int64
	moments  map[Class][]history.Nanos // one for each finding
	findings map[Class][]found
}

// found is a finding with the moment that places it before, in or after a fault.
type found struct {
	Finding
	moment history.Nanos
}

func newTally() *tally {
	return &tally{
		counts:   map[Class]int64{},
		keys:     map[Class]int64{},
		places:   map[Place]int64{},
		origins:  map[Class]map[Origin]int64{},
		moments:  map[Class][]history.Nanos{},
		findings: map[Class][]found{},
	}
}

// count adds n legal oddities that need no evidence.
func (t *tally) count(c Class, n int64) { t.counts[c] += n }

// add counts a finding and keeps it if it is among the first. It reports whether
// it was kept, so that the caller can spare the evidence of the others.
func (t *tally) add(f Finding, moment history.Nanos) (*Finding, bool) {
	t.counts[f.Class]++
	t.moments[f.Class] = append(t.moments[f.Class], moment)
	if f.Place != "" {
		t.places[f.Place]++
	}
	if f.Origin != "" {
		if t.origins[f.Class] == nil {
			t.origins[f.Class] = map[Origin]int64{}
		}
		t.origins[f.Class][f.Origin]++
	}
	return t.keep(found{f, moment})
}

func (t *tally) keep(f found) (*Finding, bool) {
	list := t.findings[f.Class]
	i, _ := slices.BinarySearchFunc(list, f, func(a, b found) int {
		return cmp.Or(earlier(a, b), -1) // after its equals
	})
	if i == kept {
		return nil, false
	}
	list = slices.Insert(list, i, f)
	list = list[:min(len(list), kept)]
	t.findings[f.Class] = list
	return &list[i].Finding, true
}

// earlier orders findings of a class the same way however the keys were sharded.
func earlier(a, b found) int {
	return cmp.Or(
		cmp.Compare(a.At, b.At), cmp.Compare(a.Key, b.Key),
		cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.Index, b.Index),
	)
}

// merge adds what another tally of the same sink found.
func (t *tally) merge(o *tally) {
	plus(t.counts, o.counts)
	plus(t.keys, o.keys)
	plus(t.places, o.places)
	for c, by := range o.origins {
		if t.origins[c] == nil {
			t.origins[c] = map[Origin]int64{}
		}
		plus(t.origins[c], by)
	}
	for c, m := range o.moments {
		t.moments[c] = append(t.moments[c], m...)
	}
	for _, list := range o.findings {
		for _, f := range list {
			t.keep(f)
		}
	}
}

func plus[K comparable](sum, add map[K]int64) {
	for k, n := range add {
		sum[k] += n
	}
}

// legal counts n findings of one key that need no evidence.
func (t *tally) legal(c Class, n int64) {
	if n > 0 {
		t.counts[c] += n
		t.keys[c]++
	}
}

// blame names who made all findings of a class.
func (t *tally) blame(c Class, o Origin) {
	if t.counts[c] == 0 {
		return
	}
	t.origins[c] = map[Origin]int64{o: t.counts[c]}
	for i := range t.findings[c] {
		t.findings[c][i].Origin = o
	}
}
