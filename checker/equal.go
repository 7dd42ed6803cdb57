package checker

import (
	"cmp"
	"fmt"
	"slices"
)

// equal wants the same records of a key at two sinks, as often as they come, in any
// order: the same input replayed gives the same output.
func (j *judging) equal(mine, other []*event, name string) {
	a, b := contents(mine), contents(other)
	for i := range max(len(a), len(b)) {
		if i < len(a) && i < len(b) && compareContents(a[i], b[i]) == 0 {
			continue
		}
		ev, note := (*event)(nil), ""
		switch {
		case i == len(b), i < len(a) && compareContents(a[i], b[i]) < 0:
			ev, note = a[i], "the sink "+name+" does not have it so"
		default:
			ev, note = b[i], "only the sink "+name+" has it so"
		}
		if kept := j.add(Finding{Class: Differed, At: ev.at, Index: ev.index, Origin: j.by(Processor)}, ev.seq, ev.at); kept != nil {
			kept.Sightings, kept.Note = []Sighting{sighting(ev)}, fmt.Sprintf("%d records here, %d there: %s", len(a), len(b), note)
		}
		return // what follows a difference differs
	}
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
