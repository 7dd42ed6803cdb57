package checker

// reach is how many blocks beyond its ends the dense part of blocks may grow by.
const reach = 16

// blocks holds bit planes over sequence numbers, 64 to a block: densely where
// blocks are neighbours, in a map where they are far apart.
type blocks struct {
	width int
	base  int64 // number of the first block in near
	near  []uint64
	far   map[int64][]uint64
}

// at returns the planes of block no, made if need be, valid until the next call.
func (b *blocks) at(no int64) []uint64 {
	n := int64(len(b.near) / b.width)
	if n == 0 && b.far == nil {
		b.base = no
	}
	// The difference of two block numbers (1/64 of the range) does not overflow.
	i := no - b.base
	if i >= 0 && i < n {
		return b.slot(i)
	}
	if far := b.far[no]; far != nil {
		return far
	}
	if i >= 0 && i < n+reach {
		for j := n; j <= i; j++ {
			b.near = append(b.near, make([]uint64, b.width)...)
			if far := b.far[b.base+j]; far != nil {
				copy(b.slot(j), far)
				delete(b.far, b.base+j)
			}
		}
		return b.slot(i)
	}
	if b.far == nil {
		b.far = map[int64][]uint64{}
	}
	far := make([]uint64, b.width)
	b.far[no] = far
	return far
}

func (b *blocks) slot(i int64) []uint64 {
	return b.near[int(i)*b.width : int(i+1)*b.width]
}

// each visits all blocks, in no order.
func (b *blocks) each(visit func([]uint64)) {
	for i := 0; i < len(b.near); i += b.width {
		visit(b.near[i : i+b.width])
	}
	for _, far := range b.far {
		visit(far)
	}
}
