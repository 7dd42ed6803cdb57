package checker

import (
	"maps"
	"slices"
)

// nearParts is how many partitions are found without a map.
const nearParts = 64

// parts holds one T for each partition. The zero value is empty.
type parts[T any] struct {
	near []*T
	far  map[int32]*T
}

// find is the one of partition i, nil if there is none.
func (p *parts[T]) find(i int32) *T {
	if uint32(i) < uint32(len(p.near)) { //nolint:gosec // a negative one is far
		return p.near[i]
	}
	return p.far[i]
}

func (p *parts[T]) set(i int32, v *T) {
	if i < 0 || i >= nearParts {
		if p.far == nil {
			p.far = map[int32]*T{}
		}
		p.far[i] = v
		return
	}
	for int(i) >= len(p.near) {
		p.near = append(p.near, nil)
	}
	p.near[i] = v
}

// each visits all of them, by partition.
func (p *parts[T]) each(visit func(i int32, v *T)) {
	for i, v := range p.near {
		if v != nil {
			visit(int32(i), v) //nolint:gosec // below nearParts
		}
	}
	for _, i := range slices.Sorted(maps.Keys(p.far)) {
		visit(i, p.far[i])
	}
}
