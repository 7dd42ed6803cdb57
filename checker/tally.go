package checker

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"surety/checker/history"
)

// kept is how many findings of each class are kept with their evidence. All are
// counted.
const kept = 5

// tally counts the findings at one sink and keeps the first of each class.
type tally struct {
	counts   map[Class]int64
	inFault  map[Class]int64           // since the first fault began, once that is known
	first    *history.Nanos            // when it did; nil = not known yet
	moments  map[Class][]history.Nanos // of findings until then
	keys     map[Class]int64           // how many keys a class touched
	places   map[Place]int64
	origins  map[Class]map[Origin]int64
	findings map[Class][]found
}

// found is a finding with the moment that places it before, in or after a fault,
// and with what its evidence is looked for by.
type found struct {
	Finding
	moment history.Nanos
	rank   int64        // the lowest of a class are kept
	open   bool         // its evidence is still to be looked for
	key    history.Name // of an open one, as the next
	nth    int64        // sighting of its record, in the order of the sink
	higher int64        // of a reordering: the highest sequence that stands before it
}

func newTally() *tally {
	return &tally{
		counts:   map[Class]int64{},
		inFault:  map[Class]int64{},
		moments:  map[Class][]history.Nanos{},
		keys:     map[Class]int64{},
		places:   map[Place]int64{},
		origins:  map[Class]map[Origin]int64{},
		findings: map[Class][]found{},
	}
}

// add counts a finding and keeps it if it is among the first. It reports whether
// it was kept, so that the caller can spare the evidence of the others.
func (t *tally) add(f Finding, moment history.Nanos) (*Finding, bool) {
	t.counts[f.Class]++
	t.happened(f.Class, moment)
	if f.Place != "" {
		t.places[f.Place]++
	}
	t.by(f.Class, f.Origin, 1)
	rank := int64(f.At)
	switch f.Class {
	case Lost, Vanished, FailedAppeared, AbortedRead: // as where they are told from sets, which know no times
		rank = f.Seq
	}
	return t.keep(found{Finding: f, moment: moment, rank: rank})
}

// happened counts a finding as one since the first fault, if it is.
func (t *tally) happened(c Class, moment history.Nanos) {
	switch {
	case t.first == nil:
		t.moments[c] = append(t.moments[c], moment)
	case *t.first < math.MaxInt64 && moment >= *t.first:
		t.inFault[c]++
	}
}

// place tells when the first fault began; MaxInt64 = none did.
func (t *tally) place(first history.Nanos) {
	t.first = &first
	for c, moments := range t.moments {
		for _, m := range moments {
			t.happened(c, m)
		}
	}
	clear(t.moments)
}

// count adds n findings of a class, so many of them since the first fault began.
func (t *tally) count(c Class, n, inFault int64) {
	if n > 0 {
		t.counts[c] += n
		t.inFault[c] += inFault
	}
}

// unavailable counts the attempts that were acknowledged too few for the least share of
// them. Nobody can say which ones these are, so they are told of the whole run.
func (t *tally) unavailable(least float64, e Examined, faults bool) {
	short := int64(math.Ceil(least*float64(e.Attempts))) - e.OK
	if short <= 0 {
		return
	}
	var inFault int64
	if faults {
		inFault = short
	}
	t.count(Unavailable, short, inFault)
	t.keep(found{moment: math.MaxInt64, Finding: Finding{Class: Unavailable, Note: fmt.Sprintf(
		"%d of %d attempts were acknowledged, %.4g %%; at least %.4g %% were to be",
		e.OK, e.Attempts, 100*float64(e.OK)/float64(e.Attempts), 100*least,
	)}})
}

// legal counts n findings of one key that need no evidence.
func (t *tally) legal(c Class, n int64) {
	if n > 0 {
		t.counts[c] += n
		t.keys[c]++
	}
}

// by adds n findings of a class to those of an origin, where it is known.
func (t *tally) by(c Class, o Origin, n int64) {
	if n == 0 || o == "" {
		return
	}
	if t.origins[c] == nil {
		t.origins[c] = map[Origin]int64{}
	}
	t.origins[c][o] += n
}

// early says whether a finding of this rank may be kept.
func (t *tally) early(c Class, rank int64) bool {
	list := t.findings[c]
	return len(list) < kept || rank <= list[len(list)-1].rank
}

// keep keeps a finding if it is among the first of its class. It counts nothing.
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
		cmp.Compare(a.rank, b.rank), cmp.Compare(a.Key, b.Key),
		cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.Index, b.Index),
	)
}

// merge adds what another tally of the same sink found.
func (t *tally) merge(o *tally) {
	plus(t.counts, o.counts)
	plus(t.inFault, o.inFault)
	for c, moments := range o.moments {
		for _, m := range moments {
			t.happened(c, m)
		}
	}
	plus(t.keys, o.keys)
	plus(t.places, o.places)
	for c, by := range o.origins {
		for origin, n := range by {
			t.by(c, origin, n)
		}
	}
	for _, list := range o.findings {
		for _, f := range list {
			t.keep(f)
		}
	}
}

// sort puts the findings of each class in the order of their times.
func (t *tally) sort() {
	for _, list := range t.findings {
		for i := range list {
			list[i].rank = int64(list[i].At)
		}
		slices.SortStableFunc(list, earlier)
	}
}

func plus[K comparable](sum, add map[K]int64) {
	for k, n := range add {
		sum[k] += n
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
