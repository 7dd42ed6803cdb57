package checker

import (
	"cmp"
	"fmt"
	"slices"
)

// equal wants the same records of a key at two sinks, as often as they come, in any
// order: the same input replayed gives the same output.
func (j *judging) equal(mine, other []*event, name string) {
	ev, _, note := difference(mine, other, "the sink "+name)
	if ev == nil {
		return
	}
	if kept := j.add(Finding{Class: Differed, At: ev.at, Index: ev.index, Origin: j.by(Processor)}, ev.seq, ev.at); kept != nil {
		kept.Sightings, kept.Note = []Sighting{sighting(ev)}, note
	}
}

// difference is the first record that only one of two has so, and whether it is the
// first of them; nil if there is none. What follows a difference differs.
func difference(mine, other []*event, name string) (ev *event, here bool, note string) {
	a, b := contents(mine), contents(other)
	for i := range max(len(a), len(b)) {
		if i < len(a) && i < len(b) && compareContents(a[i], b[i]) == 0 {
			continue
		}
		note = fmt.Sprintf("%d records here, %d there: ", len(a), len(b))
		if i == len(b) || i < len(a) && compareContents(a[i], b[i]) < 0 {
			return a[i], true, note + name + " does not have it so"
		}
		return b[i], false, note + "only " + name + " has it so"
	}
	return nil, false, ""
}

func contents(events []*event) []*event {
	out := slices.Clone(events)
	slices.SortStableFunc(out, compareContents)
	return out
}

func compareContents(a, b *event) int {
	var none details
	x, y := cmp.Or(a.more, &none), cmp.Or(b.more, &none)
	return cmp.Or(
		cmp.Compare(a.seq, b.seq), cmp.Compare(a.index, b.index),
		cmp.Compare(x.value, y.value), cmp.Compare(x.time, y.time),
	)
}
