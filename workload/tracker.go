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
	keys    map[string]TrackedKey
	states  []keyState                        // by TrackedKey
	bound   int64                             // sequence numbers at or above it cannot be of this load
	outputs int64                             // room for each record
	owes    func(key string, seq int64) int32 // outputs of a record; nil = one
	missing int64                             // acknowledged, not seen
	doubt   int64                             // of unknown outcome, not seen
	seen    int64
	again   int64
	behind  int64
	lastNew history.Nanos
	closed  bool
}

// TrackedKey is a key as its tracker knows it; none is 0.
type TrackedKey int32

// Sighting is one record that a sink has shown.
type Sighting struct {
	Key   TrackedKey
	Seq   int64
	Index int32 // which output of the record
}

// keyState holds dense bitsets by sequence number and output.
type keyState struct {
	acked, doubted, seen bits
	highest              int64 // that was seen
}

// NewTracker makes a tracker for a load of the given number of records.
func NewTracker(records int64) *Tracker {
	return &Tracker{keys: map[string]TrackedKey{}, states: make([]keyState, 1), bound: records, outputs: 1}
}

// NewTrackerOf makes a tracker for a sink at which a record has as many outputs as
// owes says: 0 to most.
func NewTrackerOf(records int64, most int32, owes func(key string, seq int64) int32) *Tracker {
	t := NewTracker(records)
	t.outputs, t.owes = max(1, int64(most)), owes
	return t
}

// Acked notes that the client got a record acknowledged.
func (t *Tracker) Acked(key []byte, seq int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if k := t.state(key, seq); k != nil {
		t.ack(k, key, seq)
	}
}

func (t *Tracker) ack(k *keyState, key []byte, seq int64) {
	from, to := t.outputsOf(key, seq)
	for output := from; output < to; output++ {
		if k.acked.add(output) && !k.seen.has(output) {
			t.missing++
		}
	}
}

// outputsOf numbers the outputs that a record has.
func (t *Tracker) outputsOf(key []byte, seq int64) (from, to int64) {
	n := int32(1)
	if t.owes != nil {
		n = t.owes(string(key), seq)
	}
	from = seq * t.outputs
	return from, from + int64(n)
}

// Doubted notes that a record may or may not have been written.
func (t *Tracker) Doubted(key []byte, seq int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if k := t.state(key, seq); k != nil {
		t.doubtful(k, key, seq)
	}
}

func (t *Tracker) doubtful(k *keyState, key []byte, seq int64) {
	from, to := t.outputsOf(key, seq)
	for output := from; output < to; output++ {
		if k.doubted.add(output) && !k.seen.has(output) {
			t.doubt++
		}
	}
}

// answered notes what became of a group of records. known remembers keys by their
// index in the load.
func (t *Tracker) answered(group []*Record, known []TrackedKey) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, r := range group {
		if r.Seq < 0 || r.Seq >= t.bound {
			continue
		}
		if known[r.key] == 0 {
			known[r.key] = t.tracked(r.Key)
		}
		switch k := &t.states[known[r.key]]; r.answer.Class {
		case history.OK:
			t.ack(k, r.Key, r.Seq)
		case history.Unknown:
			t.doubtful(k, r.Key, r.Seq)
		}
	}
}

// Seen notes a sighting at the given time and tells whether it is the record's
// first. A record that cannot be of the load is never new.
func (t *Tracker) Seen(key []byte, seq int64, at history.Nanos) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.saw(Sighting{Key: t.tracked(key), Seq: seq}, at)
}

// SeenAll notes several sightings at the given time, in their order.
func (t *Tracker) SeenAll(sightings []Sighting, at history.Nanos) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range sightings {
		t.saw(s, at)
	}
}

func (t *Tracker) saw(s Sighting, at history.Nanos) bool {
	if s.Seq < 0 || s.Seq >= t.bound || s.Index < 0 || int64(s.Index) >= t.outputs {
		return false
	}
	k, output := &t.states[s.Key], s.Seq*t.outputs+int64(s.Index)
	if !k.seen.add(output) {
		t.again++
		return false
	}
	if s.Seq < k.highest {
		t.behind++
	}
	k.highest = max(k.highest, s.Seq)
	if k.acked.has(output) {
		t.missing--
	}
	if k.doubted.has(output) {
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

// Again counts sightings of records that were seen before, whatever the cause.
func (t *Tracker) Again() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.again
}

// Behind counts first sightings below the highest sequence number that their key
// had shown before.
func (t *Tracker) Behind() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.behind
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

// Key gives the tracker's own name of a key, for SeenAll.
func (t *Tracker) Key(key []byte) TrackedKey {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.tracked(key)
}

func (t *Tracker) tracked(key []byte) TrackedKey {
	k, known := t.keys[string(key)]
	if !known {
		k = TrackedKey(len(t.states)) //nolint:gosec // memory ends first
		t.keys[string(key)] = k
		t.states = append(t.states, keyState{})
	}
	return k
}

// state is what is known of a key; nil where the record cannot be of the load.
func (t *Tracker) state(key []byte, seq int64) *keyState {
	if seq < 0 || seq >= t.bound {
		return nil
	}
	return &t.states[t.tracked(key)]
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
