package checker

import (
	"cmp"
	"slices"
)

// pending holds the attempts that are not settled, by their numbers. Those are
// mostly the latest ones: they stand in a ring, at the place that their number
// gives; what is still there when its place is needed goes to a map.
type pending struct {
	ring []attempt
	old  map[uint64]*attempt
	n    int
}

// firstRing is how many attempts the ring holds until more are in flight.
const firstRing = 256

// put is the place of attempt no: live if that number is in flight already. The
// caller fills it.
func (f *pending) put(no uint64) *attempt {
	if len(f.old) == 0 && len(f.ring) > 0 { // as mostly
		if at := f.place(no); !at.live {
			f.n++
			return at
		}
	}
	if at := f.find(no); at != nil {
		return at
	}
	f.n++
	if len(f.ring) == 0 || len(f.old) > len(f.ring)/4 {
		f.grow()
	}
	at := f.place(no)
	if at.live {
		if f.old == nil {
			f.old = map[uint64]*attempt{}
		}
		was := *at
		f.old[was.no] = &was
		at.live = false
	}
	return at
}

func (f *pending) place(no uint64) *attempt { return &f.ring[no&uint64(len(f.ring)-1)] }

// grow makes room for all that is in flight.
func (f *pending) grow() {
	ring, old := f.ring, f.old
	f.ring, f.old = make([]attempt, max(firstRing, 2*len(ring))), map[uint64]*attempt{}
	back := func(at *attempt) {
		if p := f.place(at.no); p.live {
			was := *at
			f.old[at.no] = &was
		} else {
			*p = *at
		}
	}
	for i := range ring {
		if ring[i].live {
			back(&ring[i])
		}
	}
	for _, at := range old {
		back(at)
	}
}

// find is attempt no, or nil if it is not in flight.
func (f *pending) find(no uint64) *attempt {
	if len(f.ring) == 0 {
		return nil
	}
	if at := f.place(no); at.live && at.no == no {
		return at
	}
	return f.old[no]
}

// drop forgets attempt no, which is in flight.
func (f *pending) drop(no uint64) {
	f.n--
	if at := f.place(no); at.live && at.no == no {
		at.live = false
		return
	}
	delete(f.old, no)
}

// each visits all of them, in the order of their numbers.
func (f *pending) each(visit func(at *attempt)) {
	var all []*attempt
	for i := range f.ring {
		if f.ring[i].live {
			all = append(all, &f.ring[i])
		}
	}
	for _, at := range f.old {
		all = append(all, at)
	}
	slices.SortFunc(all, func(a, b *attempt) int { return cmp.Compare(a.no, b.no) })
	for _, at := range all {
		visit(at)
	}
}
