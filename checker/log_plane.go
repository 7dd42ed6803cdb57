package checker

import "math/bits"

// chunkBits is how many offsets make a chunk, as a power of two: 4096.
const chunkBits = 12

// plane is what one witness says about one partition: a reader session, or the
// acknowledgements. It holds a sum over each chunk of neighbouring offsets instead
// of their contents: two witnesses with the same sum (64 bits of a hash over
// offset and content) saw the same, and only chunks that differ are read again.
type plane struct {
	shift  uint
	exact  bool // remembers which offsets there are; see has
	chunks map[int64]*chunk
	at     int64
	last   *chunk // number at
}

type chunk struct {
	sum  uint64
	n    int64
	mess bool     // something stands in it twice: the sum proves nothing
	bits []uint64 // exact: the offsets; nil once there are all
}

func newPlane(shift uint, exact bool) plane {
	return plane{shift: shift, exact: exact, chunks: map[int64]*chunk{}}
}

// add notes that offset holds what hashes to h.
func (p *plane) add(offset int64, h uint64) {
	no := offset >> p.shift
	c := p.last
	if c == nil || p.at != no {
		if c = p.chunks[no]; c == nil {
			c = &chunk{}
			if p.exact {
				c.bits = make([]uint64, (1<<p.shift+63)/64)
			}
			p.chunks[no] = c
		}
		p.at, p.last = no, c
	}
	if p.exact {
		i := offset & (1<<p.shift - 1)
		if c.bits == nil || c.bits[i>>6]&(1<<(i&63)) != 0 {
			c.mess = true
			return
		}
		c.bits[i>>6] |= 1 << (i & 63)
		if c.n+1 == 1<<p.shift {
			c.bits = nil
		}
	}
	c.sum += h
	c.n++
}

// has says whether an exact plane has an offset.
func (p *plane) has(offset int64) bool {
	no := offset >> p.shift
	c := p.last
	if c == nil || p.at != no {
		if c = p.chunks[no]; c == nil {
			return false
		}
		p.at, p.last = no, c
	}
	i := offset & (1<<p.shift - 1)
	return c.bits == nil || c.bits[i>>6]&(1<<(i&63)) != 0
}

// suspect marks the chunk of an offset as one to be looked at again.
func (p *plane) suspect(offset int64) {
	if c := p.chunks[offset>>p.shift]; c != nil {
		c.mess = true
	}
}

// same says whether two witnesses saw the same in a chunk.
func (c *chunk) same(o *chunk) bool {
	return c != nil && o != nil && !c.mess && !o.mess && c.n == o.n && c.sum == o.sum
}

// entry is what one position of a log holds, as far as a reader can tell.
type entry struct {
	seq     int64
	key     uint32
	index   int32
	corrupt bool // then nothing else is known
	valued  bool // a result: value and event tell it
	value   int64
	event   int64
}

// hash mixes an entry with its offset (the folded multiplication of wyhash).
func (e entry) hash(offset int64) uint64 {
	flags := uint64(0)
	switch {
	case e.corrupt:
		flags = 1
	case e.valued:
		flags = fold64(uint64(e.value)^0xa0761d6478bd642f, uint64(e.event)^0x9e3779b97f4a7c15) //nolint:gosec // any bits will do
	}
	h := fold64(uint64(offset)^0x9e3779b97f4a7c15, uint64(e.seq)^0xe7037ed1a0b428db)                                  //nolint:gosec // any bits will do
	return fold64(h^flags, (uint64(e.key)<<32|uint64(uint32(e.index)))^0x8ebc6af09c88c6e3) ^ bits.RotateLeft64(h, 23) //nolint:gosec // as above
}

func fold64(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}
