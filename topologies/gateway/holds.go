package gateway

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"surety/topologies"
)

// holds is the state of one link's hold: which streams are held, by how many,
// and what waits because of it.
type holds struct {
	gates [2]atomic.Pointer[gate]

	mu      sync.Mutex
	active  []topologies.Stream // oldest first
	waiting map[*heldFlow]int64 // bytes in hand now
	bytes   [2]int64            // since the last hold
	conns   map[*conn]struct{}  // with held bytes, since the last hold
}

// gate is one state of one stream; changed is closed when the next one stands.
type gate struct {
	held    bool
	changed chan struct{}
}

func newHolds() *holds {
	h := &holds{waiting: map[*heldFlow]int64{}, conns: map[*conn]struct{}{}}
	for dir := range h.gates {
		h.gates[dir].Store(&gate{changed: make(chan struct{})})
	}
	return h
}

// hold adds a hold of the given streams. What is in hand already counts for
// the new hold too.
func (h *holds) hold(s topologies.Stream) error {
	if s == 0 || s&^topologies.Both != 0 {
		return fmt.Errorf("%d is not a stream of a link: 1 is forward, 2 backward, 3 both", s)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.active = append(h.active, s)
	h.bytes = [2]int64{}
	clear(h.conns)
	for f, n := range h.waiting {
		h.count(f, n)
	}
	h.apply()
	return nil
}

// release ends one hold of these streams; what other holds have stays held.
// Without such a hold it does nothing: healing twice is no mistake.
func (h *holds) release(s topologies.Stream) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if i := slices.Index(h.active, s); i >= 0 {
		h.active = slices.Delete(h.active, i, i+1)
	}
	h.apply()
	return nil
}

// on tells whether any stream is held.
func (h *holds) on() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.active) > 0
}

func (h *holds) apply() {
	var all topologies.Stream
	for _, s := range h.active {
		all |= s
	}
	for dir, s := range [2]topologies.Stream{forward: topologies.Forward, backward: topologies.Backward} {
		old := h.gates[dir].Load()
		if held := all&s != 0; held != old.held {
			h.gates[dir].Store(&gate{held: held, changed: make(chan struct{})})
			close(old.changed)
		}
	}
}

// keep notes that a flow holds its chunk back. The end of a stream is no bytes.
func (h *holds) keep(f *heldFlow) {
	if f.chunk == nil || f.kept {
		return
	}
	f.kept = true
	n := int64(len(f.chunk.Data))
	h.mu.Lock()
	defer h.mu.Unlock()
	h.waiting[f] = n
	h.count(f, n)
}

func (h *holds) count(f *heldFlow, n int64) {
	h.bytes[f.dir] += n
	h.conns[f.conn] = struct{}{}
}

// let notes that a flow has nothing in hand any more.
func (h *holds) let(f *heldFlow) {
	if !f.kept {
		return
	}
	f.kept = false
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.waiting, f)
}

// inHand is how many bytes of a connection wait now.
func (h *holds) inHand(c *conn) int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	var sum int64
	for f, n := range h.waiting {
		if f.conn == c {
			sum += n
		}
	}
	return sum
}

func (h *holds) read(t *topologies.Traffic) {
	h.mu.Lock()
	defer h.mu.Unlock()
	t.HeldForward, t.HeldBackward = h.bytes[forward], h.bytes[backward]
	t.HeldConns = int64(len(h.conns))
}
