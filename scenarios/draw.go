package scenarios

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"surety/faults"
)

// drawn is one fault that was drawn, with the template that it comes from.
type drawn struct {
	of       Template
	fault    faults.Fault
	at, last time.Duration
}

func (d drawn) end() time.Duration { return d.at + d.last }

// overlaps tells whether two faults are on at the same time.
func (d drawn) overlaps(o drawn) bool { return d.at < o.end() && o.at < d.end() }

// clashes tells whether two faults may not be on at the same time: one of them wants
// to be alone, or both may have the same victim.
func (d drawn) clashes(o drawn) bool {
	if d.of.Alone || o.of.Alone {
		return true
	}
	return slices.ContainsFunc(faults.Victims(d.fault), func(v faults.Selector) bool {
		return slices.ContainsFunc(faults.Victims(o.fault), v.Meets)
	})
}

const (
	// redraws bounds the tries to find a schedule without clashes.
	redraws = 200
	// retargets bounds the tries to aim one fault past those that it overlaps with.
	retargets = 30
)

// draw draws the faults of a Draw, in the order of their times.
func (d *Draw) draw(r *rand.Rand, load time.Duration, nodes []faults.Selector) ([]drawn, error) {
	for range redraws {
		list := d.places(r, load)
		ok, err := d.aim(r, list, nodes)
		if err != nil {
			return nil, err
		}
		if ok {
			return list, nil
		}
	}
	return nil, fmt.Errorf("draw: no way was found to let %d overlap without two on one target, or beside one that is to be alone: "+
		"give it more targets, more time, or a smaller overlap", d.Overlap)
}

// places draws the templates with how long each lasts, and where they lie.
func (d *Draw) places(r *rand.Rand, load time.Duration) []drawn {
	from, to := d.window(load)
	list := make([]drawn, d.size(load))
	for i := range list {
		list[i].of = d.pick(r)
		list[i].last = list[i].of.For.Draw(r.Float64).Truncate(time.Millisecond)
	}
	if d.Every > 0 {
		for i := range list {
			room := d.Every - d.Quiet - list[i].last
			list[i].at = from + time.Duration(i)*d.Every + time.Duration(r.Float64()*float64(room)).Truncate(time.Millisecond)
		}
		return list
	}
	for lane := range d.Overlap {
		var in []*drawn
		for i := lane; i < len(list); i += d.Overlap {
			in = append(in, &list[i])
		}
		d.spread(r, in, from, to)
	}
	slices.SortStableFunc(list, func(a, b drawn) int { return cmp.Compare(a.at, b.at) })
	return list
}

// pick draws a template by the weights.
func (d *Draw) pick(r *rand.Rand) Template {
	sum := 0
	for _, t := range d.From {
		sum += t.Weight
	}
	n := r.IntN(sum)
	for _, t := range d.From {
		if n -= t.Weight; n < 0 {
			return t
		}
	}
	return d.From[len(d.From)-1] // not reached: the weights sum to more than n
}

// spread lays the faults of one lane one after another: all ways to share what time
// they leave among the gaps are equally likely.
func (d *Draw) spread(r *rand.Rand, in []*drawn, from, to time.Duration) {
	free := to - from + d.Quiet
	for _, f := range in {
		free -= f.last + d.Quiet
	}
	cuts := make([]time.Duration, len(in))
	for i := range cuts {
		cuts[i] = time.Duration(r.Float64() * float64(free)).Truncate(time.Millisecond)
	}
	slices.Sort(cuts)
	at := from
	for i, f := range in {
		f.at = at + cuts[i]
		at += f.last + d.Quiet
	}
}

// aim settles the targets in the order of time, and tells whether no two faults clash.
func (d *Draw) aim(r *rand.Rand, list []drawn, nodes []faults.Selector) (bool, error) {
	for i := range list {
		free := false
		for range retargets {
			var err error
			if list[i].fault, err = list[i].of.Fault.Draw(r.IntN, nodes); err != nil {
				return false, fmt.Errorf("draw: %s: %w", list[i].of.Fault.Name(), err)
			}
			free = !slices.ContainsFunc(list[:i], func(o drawn) bool { return list[i].overlaps(o) && list[i].clashes(o) })
			if free {
				break
			}
		}
		if !free {
			return false, nil
		}
	}
	return true, nil
}
