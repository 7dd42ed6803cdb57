package checker

import (
	"maps"
	"math"
	"math/bits"
	"slices"
)

const (
	maxInt     = math.MaxInt64
	patchBits  = 12
	patchSize  = 1 << patchBits
	patchWords = patchSize / 64
	patchFew   = 12
)

// dense is a set with many gaps: a bit for each number of the patchs of 4096 that
// have some of their members and not all. A patch of a few members lists them; one
// that has become whole is a number in a set of patchs.
type dense struct {
	lo, hi int64 // of the members
	whole  set
	part   map[int64]*patch
	order  []int64 // of part, rising; nil = not known
	at     int64   // number of last
	last   *patch
}

// patch is a part of a dense set.
type patch struct {
	n     int16
	few   [patchFew]uint16
	words *[patchWords]uint64 // instead of few
}

func (c *patch) has(x uint16) bool {
	if c.words != nil {
		return c.words[x>>6]&(1<<(x&63)) != 0
	}
	return slices.Contains(c.few[:c.n], x)
}

// add makes x a member, which it was not.
func (c *patch) add(x uint16) {
	if c.words == nil && c.n == patchFew {
		c.words = new([patchWords]uint64)
		for _, old := range c.few {
			c.words[old>>6] |= 1 << (old & 63)
		}
	}
	if c.words != nil {
		c.words[x>>6] |= 1 << (x & 63)
	} else {
		c.few[c.n] = x
	}
	c.n++
}

// next is the first number of the patch from x on that is in it, or is not;
// patchSize if there is none.
func (c *patch) next(x int, in bool) int {
	if c.words == nil {
		for ; x < patchSize && c.has(uint16(x)) != in; x++ { //nolint:gosec // below patchSize
		}
		return x
	}
	for w := x >> 6; w < patchWords; w++ {
		word := c.words[w]
		if !in {
			word = ^word
		}
		if w == x>>6 {
			word &= math.MaxUint64 << (x & 63)
		}
		if word != 0 {
			return w<<6 + bits.TrailingZeros64(word)
		}
	}
	return patchSize
}

func (d *dense) patch(no int64) *patch {
	if d.last != nil && d.at == no {
		return d.last
	}
	c := d.part[no]
	if c != nil {
		d.at, d.last = no, c
	}
	return c
}

func (d *dense) has(x int64) bool {
	if c := d.patch(x >> patchBits); c != nil {
		return c.has(uint16(x & (patchSize - 1))) //nolint:gosec // below patchSize
	}
	return d.whole.has(x >> patchBits)
}

func (d *dense) add(x int64) bool {
	no, i := x>>patchBits, uint16(x&(patchSize-1)) //nolint:gosec // below patchSize
	c := d.patch(no)
	switch {
	case c != nil && c.has(i), c == nil && d.whole.has(no):
		return false
	case c == nil:
		if d.part == nil {
			d.part = map[int64]*patch{}
		}
		if len(d.part) == 0 && d.whole.empty() {
			d.lo, d.hi = x, x
		}
		c = &patch{}
		d.part[no], d.order = c, nil
		d.at, d.last = no, c
	}
	d.lo, d.hi = min(d.lo, x), max(d.hi, x)
	if c.add(i); c.n == patchSize {
		delete(d.part, no)
		d.last, d.order = nil, nil
		d.whole.add(no)
	}
	return true
}

// addRun adds neighbours above all members.
func (d *dense) addRun(r span) {
	x := r.lo
	for ; x&(patchSize-1) != 0 && x < r.hi; x++ {
		d.add(x)
	}
	first := x >> patchBits
	last := r.hi >> patchBits
	if r.hi&(patchSize-1) != patchSize-1 {
		last--
	}
	if x&(patchSize-1) == 0 && first <= last {
		if len(d.part) == 0 && d.whole.empty() {
			d.lo = x
		}
		d.whole.add(first)
		d.whole.stretch(first, last)
		d.hi = (last+1)<<patchBits - 1
		if d.hi == r.hi {
			return
		}
		x = d.hi + 1
	}
	for ; x < r.hi; x++ {
		d.add(x)
	}
	d.add(x)
}

// upTo is that of a set.
func (d *dense) upTo(x int64) (in bool, end int64) {
	in = d.has(x)
	for {
		no := x >> patchBits
		first := no << patchBits
		to := no // the last patch that is like this one
		if c := d.patch(no); c != nil {
			if i := c.next(int(x-first), !in); i < patchSize {
				return in, first + int64(i) - 1
			}
		} else {
			whole, last := d.whole.upTo(no)
			if whole != in {
				return in, first - 1
			}
			if next := d.after(no); next <= last {
				last = next - 1
			}
			to = last
		}
		if to >= maxInt>>patchBits {
			return in, maxInt
		}
		x = (to + 1) << patchBits
	}
}

// after is the first patch in part beyond no.
func (d *dense) after(no int64) int64 {
	if d.order == nil {
		d.order = slices.Sorted(maps.Keys(d.part))
	}
	i, _ := slices.BinarySearch(d.order, no+1)
	if i == len(d.order) {
		return maxInt
	}
	return d.order[i]
}
