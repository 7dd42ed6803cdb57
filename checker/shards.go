package checker

import (
	"math"
	"math/bits"

	"surety/checker/history"
)

// shards spreads keys by their numbers, one after another. It divides by a
// multiplication, which is exact for 32 bits (D. Lemire, O. Kaser, N. Kurz, Faster
// remainder by direct computation, 2019): each event asks for it twice.
type shards struct {
	n       uint32
	inverse uint64 // 2^64 / n, rounded up; 0 for one shard
}

func shardsOf(n int) shards {
	by := uint32(n) //nolint:gosec // a few
	return shards{n: by, inverse: math.MaxUint64/uint64(by) + 1}
}

// index is where a key stands in its shard.
func (s shards) index(key history.Name) int {
	if s.n == 1 {
		return int(key)
	}
	q, _ := bits.Mul64(s.inverse, uint64(key))
	return int(q) //nolint:gosec // no more than key
}

// shard is the one that a key belongs to.
func (s shards) shard(key history.Name) int { return int(key) - s.index(key)*int(s.n) }

// key is the one at an index of a shard.
func (s shards) key(shard, index int) history.Name {
	return history.Name(index*int(s.n) + shard) //nolint:gosec // it was one
}
