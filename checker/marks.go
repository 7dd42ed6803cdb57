package checker

import (
	"math"
	"slices"
	"sort"
)

// marks holds a few bits for every sequence number of one key: as runs of equal
// bits while there are few, so that memory follows what is odd about a key and not
// its records; by the number beyond that.
type marks struct {
	runs []stretch
	each map[int64]*[64]uint8 // by number / 64; nil while runs are few
}

// stretch is a row of equal bits, up to where the next one begins.
type stretch struct {
	from int64
	bits uint8
}

// maxRuns bounds what one change of a run may move.
const maxRuns = 256

func (m *marks) get(seq int64) uint8 {
	switch {
	case m.each != nil:
		if block := m.each[seq>>6]; block != nil {
			return block[seq&63]
		}
		return 0
	case m.runs == nil:
		return 0
	}
	return m.runs[m.at(seq)].bits
}

// at is the run that holds seq. Numbers mostly come at the end.
func (m *marks) at(seq int64) int {
	n := len(m.runs)
	for i := n - 1; i >= max(0, n-4); i-- {
		if m.runs[i].from <= seq {
			return i
		}
	}
	return sort.Search(n, func(i int) bool { return m.runs[i].from > seq }) - 1
}

func (m *marks) set(seq int64, bits uint8) {
	if m.each != nil {
		m.block(seq >> 6)[seq&63] = bits
		return
	}
	if m.runs == nil {
		m.runs = []stretch{{from: math.MinInt64}}
	}
	i := m.at(seq)
	old := m.runs[i]
	if old.bits == bits {
		return
	}
	// The run falls into what is before seq, seq, and what is behind it; each is
	// left out where it is empty or goes on its neighbour.
	next := make([]stretch, 0, 3)
	if old.from < seq {
		next = append(next, old)
	}
	if old.from < seq || i == 0 || m.runs[i-1].bits != bits {
		next = append(next, stretch{seq, bits})
	}
	last := i == len(m.runs)-1
	end := i + 1
	switch {
	case seq == math.MaxInt64:
	case last || m.runs[i+1].from > seq+1:
		next = append(next, stretch{seq + 1, old.bits})
	case m.runs[i+1].bits == bits:
		end++
	}
	m.runs = slices.Replace(m.runs, i, end, next...)
	if len(m.runs) > maxRuns {
		m.spread()
	}
}

// spread goes over to one mark a number. Stretches without marks need no room; of
// others there are only as long ones as somebody told.
func (m *marks) spread() {
	runs := m.runs
	m.runs, m.each = nil, map[int64]*[64]uint8{}
	for i, r := range runs {
		if r.bits == 0 {
			continue
		}
		last := int64(math.MaxInt64)
		if i+1 < len(runs) {
			last = runs[i+1].from - 1
		}
		for seq := r.from; ; seq++ {
			m.block(seq >> 6)[seq&63] = r.bits
			if seq == last {
				break
			}
		}
	}
}

func (m *marks) block(no int64) *[64]uint8 {
	b := m.each[no]
	if b == nil {
		b = new([64]uint8)
		m.each[no] = b
	}
	return b
}
