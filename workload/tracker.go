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

// answered notes what became of a group of records. known remembers keys by their
// index in the load.
func (t *Tracker) answered(outcomes []history.Outcome, of []answered, known []TrackedKey) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range of {
		a := &of[i]
		if a.seq < 0 || a.seq >= t.bound {
			continue
		}
		if known[a.key] == 0 {
			known[a.key] = t.tracked(a.record.Key)
		}
		switch k := &t.states[known[a.key]]; outcomes[i].Class {
		case history.OK:
			t.missing += t.await(&k.acked, k.seen, a)
		case history.Unknown:
			t.doubt += t.await(&k.doubted, k.seen, a)
		}
	}
}

// await adds the outputs of a record to those that are awaited, and counts the ones
// that are new there and were not seen.
func (t *Tracker) await(awaited *bits, seen bits, a *answered) (n int64) {
	from, to := a.seq*t.outputs, a.seq*t.outputs+1
	if t.owes != nil {
		to = from + int64(t.owes(string(a.record.Key), a.seq))
	}
	for output := from; output < to; output++ {
		if awaited.add(output) && !seen.has(output) {
			n++
		}
	}
	return n
}

// SeenAll notes several sightings at the given time, in their order.
func (t *Tracker) SeenAll(sightings []Sighting, at history.Nanos) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range sightings {
		t.saw(s, at)
	}
}

func (t *Tracker) saw(s Sighting, at history.Nanos) {
	if s.Seq < 0 || s.Seq >= t.bound || s.Index < 0 || int64(s.Index) >= t.outputs {
		return
	}
	k, output := &t.states[s.Key], s.Seq*t.outputs+int64(s.Index)
	if !k.seen.add(output) {
		t.again++
		return
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
func (t *Tracker) Missing() int64 { return read(t, &t.missing) }

// InDoubt counts records of unknown outcome that no sighting has shown.
func (t *Tracker) InDoubt() int64 { return read(t, &t.doubt) }

// Distinct counts the records seen at least once.
func (t *Tracker) Distinct() int64 { return read(t, &t.seen) }

// Again counts sightings of records that were seen before, whatever the cause.
func (t *Tracker) Again() int64 { return read(t, &t.again) }

// Behind counts first sightings below the highest sequence number that their key
// had shown before.
func (t *Tracker) Behind() int64 { return read(t, &t.behind) }

// LastNew is the time of the last first sighting, 0 before the first.
func (t *Tracker) LastNew() history.Nanos { return read(t, &t.lastNew) }

func read[T any](t *Tracker, field *T) T {
	t.mu.Lock()
	defer t.mu.Unlock()
	return *field
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
