package workload

import (
	"hash/fnv"
	"math/rand/v2"
	"time"
)

// Item is one record of the load before it has a time.
type Item struct {
	N      int64  // 0-based position in the load
	Key    int    // index of the key
	Seq    int64  // 0-based position within the key
	Writer uint32 // owner of the key
	// Behind its place in the schedule lies its event time: whole milliseconds.
	Behind time.Duration
}

// Sequence draws the items of a load in order. The same load and seed give the
// same sequence, so every writer can walk it alone and pick out what it owns.
type Sequence struct {
	load Load
	draw func() int
	late *rand.Rand // of event times; nil = they rise
	n    int64
	seqs []int64
}

// NewSequence starts a sequence; the load must have passed Check.
func NewSequence(l Load, seed string) (*Sequence, error) {
	if err := l.Check(); err != nil {
		return nil, err
	}
	shape, err := ShapeNamed(l.Skew)
	if err != nil {
		return nil, err
	}
	s := &Sequence{load: l, draw: shape.Draw(l, stream("load:"+seed)), seqs: make([]int64, l.Keys)}
	if l.OutOfOrder > 0 {
		s.late = stream("event times:" + seed) // of its own: the keys stay the same
	}
	return s, nil
}

// stream is the random numbers of a name.
func stream(name string) *rand.Rand {
	h := fnv.New128a()
	_, _ = h.Write([]byte(name)) // a hash never fails
	sum := h.Sum(nil)
	var words [2]uint64
	for i, b := range sum {
		words[i/8] = words[i/8]<<8 | uint64(b)
	}
	return rand.New(rand.NewPCG(words[0], words[1])) //nolint:gosec // reproducible by design
}

// Next gives the next item; ok is false after the last.
func (s *Sequence) Next() (item Item, ok bool) {
	if s.n >= s.load.Records {
		return Item{}, false
	}
	key := s.draw()
	item = Item{N: s.n, Key: key, Seq: s.seqs[key], Writer: uint32(key % s.load.Writers)}
	if s.late != nil {
		item.Behind = time.Duration(s.late.Int64N(s.load.OutOfOrder.Milliseconds()+1)) * time.Millisecond
	}
	s.n++
	s.seqs[key]++
	return item, true
}
