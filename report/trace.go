package report

import (
	"cmp"

	"surety/checker"
	"surety/checker/history"
)

// trace follows every record through a history, for the plots of one sink. It
// counts as the judge does where each output is one input, and draws no losses and
// duplicates elsewhere.
type trace struct {
	sink     string
	identity bool
	buckets  *buckets
	keys     map[history.Name]*passage
	open     map[uint64]recordID // attempts with no outcome yet
	looks    map[uint32]history.Session
	tails    map[int32]*run[history.Nanos] // when the tail saw each position
	finals   map[int32]*run[bool]          // positions that a final read gave
	lanes    *lanes
}

type recordID struct {
	key history.Name
	seq int64
}

// passage are the records of one key.
type passage = run[fate]

// fate is what is known of one record.
type fate struct {
	wanted history.Nanos
	known  bool // offered
	due    bool // acknowledged, or in the input log: it must come out
	tailed bool
	came   bool // in the final read
}

// run holds values of numbers that follow each other closely: sequences, offsets.
type run[T any] struct {
	first int64
	at    []T
}

// gap is how far a number may jump ahead of the others.
const gap = 1 << 16

// of is the place of a number; nil where it is far from the others.
func (r *run[T]) of(n int64) *T {
	if len(r.at) == 0 {
		r.first = n
	}
	i := n - r.first
	switch {
	case i < 0 && -i <= gap:
		r.at = append(make([]T, -i, -i+int64(len(r.at))), r.at...)
		r.first, i = n, 0
	case i < 0 || i > int64(len(r.at))+gap:
		return nil
	}
	for int64(len(r.at)) <= i {
		var none T
		r.at = append(r.at, none)
	}
	return &r.at[i]
}

func at[K comparable, T any](m map[K]*run[T], key K) *run[T] {
	r := m[key]
	if r == nil {
		r = &run[T]{}
		m[key] = r
	}
	return r
}

func newTrace(spec checker.Spec, l *lanes) *trace {
	t := &trace{
		keys: map[history.Name]*passage{}, open: map[uint64]recordID{}, looks: map[uint32]history.Session{},
		tails: map[int32]*run[history.Nanos]{}, finals: map[int32]*run[bool]{}, lanes: l,
	}
	if len(spec.Sinks) > 0 {
		t.sink, t.identity = spec.Sinks[0].Name, cmp.Or(spec.Sinks[0].Oracle, "identity") == "identity"
	}
	return t
}

func (t *trace) fate(key history.Name, seq int64) *fate { return at(t.keys, key).of(seq) }

func (t *trace) intent(in *history.Intent, key string) {
	wanted := cmp.Or(in.Intended, in.At)
	if t.buckets == nil {
		t.buckets = &buckets{from: wanted, width: firstWidth}
	}
	t.buckets.of(wanted).offered++
	t.open[in.Attempt] = recordID{in.Key, in.Seq}
	if f := t.fate(in.Key, in.Seq); f != nil && !f.known {
		f.wanted, f.known = wanted, true
	}
	t.lanes.attempt(in, key)
}

func (t *trace) outcome(o *history.Outcome) {
	id, known := t.open[o.Attempt]
	if !known {
		return
	}
	delete(t.open, o.Attempt)
	t.lanes.outcome(o)
	if o.Class != history.OK {
		return
	}
	t.buckets.of(o.At).ok++
	if f := t.fate(id.key, id.seq); f != nil {
		f.due = true
	}
}

func (t *trace) session(s history.Session) { t.looks[s.Session] = s }

func (t *trace) observation(o *history.Observation, key string) {
	look := t.looks[o.Session]
	if t.buckets == nil || o.Fence || o.Corrupt || o.Index != 0 {
		return
	}
	switch {
	case look.View == history.Input:
		// The record of a write of unknown outcome is there after all.
		if f := t.fate(o.Key, o.Seq); f != nil && f.known && look.Purpose == history.Final {
			f.due = true
		}
		if look.Sink != t.sink {
			return
		}
	case look.Sink != t.sink:
		return
	}
	if look.Purpose == history.Tail {
		t.tailed(o, key)
		return
	}
	t.final(o)
}

func (t *trace) tailed(o *history.Observation, key string) {
	if p := at(t.tails, o.Partition).of(o.Offset); p != nil && *p == 0 {
		*p = o.At
	}
	t.lanes.observation(o, key)
	if f := t.fate(o.Key, o.Seq); f != nil && f.known && !f.tailed {
		f.tailed = true
		t.buckets.of(o.At).seen++
		t.buckets.of(f.wanted).latency.add(o.At - f.wanted)
	}
}

func (t *trace) final(o *history.Observation) {
	if !t.identity {
		return
	}
	if o.Offset >= 0 {
		p := at(t.finals, o.Partition).of(o.Offset)
		if p == nil || *p { // the same stored record again
			return
		}
		*p = true
	}
	f := t.fate(o.Key, o.Seq)
	if f == nil || !f.known {
		return
	}
	if f.came {
		when := f.wanted
		if p := at(t.tails, o.Partition).of(o.Offset); p != nil && *p != 0 {
			when = *p
		}
		t.buckets.of(when).duplicated++
	}
	f.came = true
}

func (t *trace) finish() *Timeline {
	if t.buckets == nil {
		return nil
	}
	if t.identity && len(t.finals) > 0 {
		for _, p := range t.keys {
			for i := range p.at {
				if f := &p.at[i]; f.known && f.due && !f.came {
					t.buckets.of(f.wanted).lost++
				}
			}
		}
	}
	out := t.buckets.timeline()
	out.Sink, out.Counted = t.sink, t.identity && len(t.finals) > 0
	return out
}

// input tells whether an observation is a record of the input, as its final read gave it.
func (t *trace) input(o *history.Observation) bool {
	s := t.looks[o.Session]
	return s.View == history.Input && s.Purpose == history.Final && !o.Fence && !o.Corrupt
}
