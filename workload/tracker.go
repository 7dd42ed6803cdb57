package workload

import (
	"sync"

	"surety/checker/history"
)

// Tracker knows which records the client acknowledged and which of the records
// a sink has shown, so that a drain can stop at once when all that must come
// has come. One tracker stands for one sink. Safe for concurrent use.
type Tracker struct {
	mu      sync.Mutex
	keys    map[string]*trackedKey
	bound   int64 // sequence numbers at or above it cannot be of this load
	missing int64 // acknowledged, not seen
	doubt   int64 // of unknown outcome, not seen
	seen    int64
	lastNew history.Nanos
	closed  bool
}

// trackedKey holds dense bitsets by sequence number.
type trackedKey struct{ acked, doubted, seen bits }

// NewTracker makes a tracker for a load of the given number of records.
func NewTracker(records int64) *Tracker {
	return &Tracker{keys: map[string]*trackedKey{}, bound: records}
}

// Acked notes that the client got a record acknowledged.
func (t *Tracker) Acked(key []byte, seq int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.acked(key, seq)
}

func (t *Tracker) acked(key []byte, seq int64) {
	if k := t.key(key, seq); k != nil && k.acked.add(seq) && !k.seen.has(seq) {
		t.missing++
	}
}

// Doubted notes that a record may or may not have been written.
func (t *Tracker) Doubted(key []byte, seq int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.doubted(key, seq)
}

func (t *Tracker) doubted(key []byte, seq int64) {
	if k := t.key(key, seq); k != nil && k.doubted.add(seq) && !k.seen.has(seq) {
		t.doubt++
	}
}

// answered notes what became of a group of records.
func (t *Tracker) answered(group []*Record) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, r := range group {
		switch r.answer.Class {
		case history.OK:
			t.acked(r.Key, r.Seq)
		case history.Unknown:
			t.doubted(r.Key, r.Seq)
		}
	}
}

// Seen notes a sighting at the given time and tells whether it is the record's
// first. A record that cannot be of the load is never new.
func (t *Tracker) Seen(key []byte, seq int64, at history.Nanos) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := t.key(key, seq)
	if k == nil || !k.seen.add(seq) {
		return false
	}
	if k.acked.has(seq) {
		t.missing--
	}
	if k.doubted.has(seq) {
		t.doubt--
	}
	t.seen++
	t.lastNew = max(t.lastNew, at)
	return true
}

// Close says that no further answer of the client will be heard, and how many
// records were left without one: those stay in doubt for good.
func (t *Tracker) Close(unanswered int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.doubt += unanswered
	t.closed = true
}

// Missing counts acknowledged records that no sighting has shown.
func (t *Tracker) Missing() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.missing
}

// InDoubt counts records of unknown outcome that no sighting has shown.
func (t *Tracker) InDoubt() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.doubt
}

// Distinct counts the records seen at least once.
func (t *Tracker) Distinct() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.seen
}

// LastNew is the time of the last first sighting, 0 before the first.
func (t *Tracker) LastNew() history.Nanos {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.lastNew
}

// Complete tells whether every acknowledged record was seen and no further
// answer is awaited.
func (t *Tracker) Complete() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.closed && t.missing == 0
}

func (t *Tracker) key(key []byte, seq int64) *trackedKey {
	if seq < 0 || seq >= t.bound {
		return nil
	}
	k := t.keys[string(key)]
	if k == nil {
		k = &trackedKey{}
		t.keys[string(key)] = k
	}
	return k
}

// bits is a dense set of small integers.
type bits []uint64

func (b *bits) add(i int64) bool {
	word, bit := i>>6, uint64(1)<<(i&63)
	for int64(len(*b)) <= word {
		*b = append(*b, 0)
	}
	if (*b)[word]&bit != 0 {
		return false
	}
	(*b)[word] |= bit
	return true
}

func (b bits) has(i int64) bool {
	return i>>6 < int64(len(b)) && b[i>>6]&(1<<(i&63)) != 0
}
