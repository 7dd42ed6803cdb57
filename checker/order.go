package checker

import (
	"cmp"
	"slices"
)

// placed is one sighting of a key in the order of its sink, with the sighting of
// the highest sequence known to stand before it.
type placed struct {
	*event
	before *event
}

// reordered says whether a higher sequence stands before it.
func (p placed) reordered() bool { return p.before != nil && p.before.seq > p.seq }

// inOrder puts the sightings of one key into the order of the sink: by offset
// within a partition, where there are no offsets as they came; across partitions
// by append time, and sightings of equal or unknown time stand beside each other.
// An append time never goes back within a partition: clocks that step are leveled.
func inOrder(sightings []*event) []placed {
	type timed struct {
		*event
		time int64
	}
	all := make([]timed, len(sightings))
	untimed := false
	for i, ev := range sightings {
		all[i] = timed{ev, ev.append}
		untimed = untimed || ev.append <= 0
	}
	slices.SortStableFunc(all, func(a, b timed) int {
		return cmp.Or(cmp.Compare(a.lane, b.lane), cmp.Compare(max(a.offset, -1), max(b.offset, -1)))
	})
	for i := range all {
		switch {
		case untimed:
			all[i].time = 0
		case i > 0 && all[i].lane == all[i-1].lane:
			all[i].time = max(all[i].time, all[i-1].time)
		}
	}
	slices.SortStableFunc(all, func(a, b timed) int { return cmp.Compare(a.time, b.time) })

	out := make([]placed, len(all))
	var top *event // of all earlier times
	tops := map[uint32]*event{}
	for from := 0; from < len(all); {
		to := from
		for ; to < len(all) && all[to].time == all[from].time; to++ {
			ev := all[to].event
			out[to] = placed{ev, higher(top, tops[ev.lane])}
			tops[ev.lane] = higher(tops[ev.lane], ev)
		}
		if all[from].lane != all[to-1].lane {
			prefer(out[from:to])
		}
		for ; from < to; from++ {
			top = higher(top, all[from].event)
		}
	}
	return out
}

// asTold keeps the sightings of one key in the order in which they came.
func asTold(sightings []*event) []placed {
	out := make([]placed, len(sightings))
	var top *event
	for i, ev := range sightings {
		out[i] = placed{ev, top}
		top = higher(top, ev)
	}
	return out
}

func higher(a, b *event) *event {
	if a == nil || b != nil && b.seq > a.seq {
		return b
	}
	return a
}

// prefer decides between sightings of one record at one time in several
// partitions: the first is one that nothing higher stands before, if there is one.
func prefer(beside []placed) {
	first := map[output]int{}
	for i, p := range beside {
		out := output{p.seq, p.index}
		j, again := first[out]
		switch {
		case !again:
			first[out] = i
		case beside[j].reordered() && !p.reordered():
			beside[i], beside[j] = beside[j], p
		}
	}
}

// firstsReordered says for every sequence whether its first sighting is reordered.
func firstsReordered(all []placed) map[int64]bool {
	out := map[int64]bool{}
	for _, p := range all {
		if _, seen := out[p.seq]; !seen {
			out[p.seq] = p.reordered()
		}
	}
	return out
}
