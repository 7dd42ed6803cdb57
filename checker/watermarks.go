package checker

import (
	"container/heap"
	"math"

	"surety/checker/history"
)

// never is no event time yet; always is past all of them.
const (
	never  = math.MinInt64
	always = math.MaxInt64
)

// watermarks follows how far event time has come in each partition of the input:
// for certain, and at most. Windows close by it.
type watermarks struct {
	partitions int32           // how many there are; 0 = not known, so that none is known to be behind
	sure       map[int32]int64 // highest event time that is in a partition for certain
	could      map[int32]int64 // highest that may be in it
	anywhere   int64           // highest of what may be in any partition
	open       unanswered      // of what was sent and not answered
	behind     int64           // least of sure
	log        map[uint32]*logMark
}

// logMark is how far the reading of one partition of the input log has come.
type logMark struct{ offset, event int64 }

func newWatermarks(partitions int32) *watermarks {
	return &watermarks{
		partitions: partitions,
		sure:       map[int32]int64{}, could: map[int32]int64{}, log: map[uint32]*logMark{},
		open: unanswered{count: map[int64]int64{}}, anywhere: never, behind: never,
	}
}

// sent notes a record on its way and tells the event time that every partition has
// passed for certain.
func (w *watermarks) sent(event int64) (behind int64) {
	w.open.add(event)
	return w.behind
}

// answered tells the highest event time that may stand before a record in its
// partition, by what is known when its answer comes; -1 = nobody knows which that is.
func (w *watermarks) answered(event int64, part int32, class history.OutcomeClass) (before int64) {
	w.open.drop(event)
	before = max(w.anywhere, w.open.highest())
	if part >= 0 {
		if c, known := w.could[part]; known {
			before = max(before, c)
		}
	} else {
		for _, c := range w.could {
			before = max(before, c)
		}
	}
	switch {
	case class == history.Failed:
	case part < 0:
		w.anywhere = max(w.anywhere, event)
	default:
		raise(w.could, part, event)
		if class == history.OK {
			raise(w.sure, part, event)
			w.behind = w.least()
		}
	}
	return before
}

func raise(m map[int32]int64, part int32, event int64) {
	if old, known := m[part]; !known || event > old {
		m[part] = event
	}
}

func (w *watermarks) least() int64 {
	low := int64(never)
	for p := range w.partitions {
		event, known := w.sure[p]
		switch {
		case !known:
			return never
		case p == 0 || event < low:
			low = event
		}
	}
	return low
}

// logged tells the highest event time before a record of the input log. A reading
// that goes back does not know it.
func (w *watermarks) logged(l uint32, offset, event int64) (before int64) {
	m := w.log[l]
	if m == nil {
		m = &logMark{offset: -1, event: never}
		w.log[l] = m
	}
	before = m.event
	if offset < m.offset {
		before = always
	}
	m.offset, m.event = max(m.offset, offset), max(m.event, event)
	return before
}

// unanswered is a multiset of event times that knows its highest.
type unanswered struct {
	count map[int64]int64
	heap  eventHeap // each time that counts, once or more
}

func (f *unanswered) add(event int64) {
	if f.count[event]++; f.count[event] == 1 {
		heap.Push(&f.heap, event)
	}
}

func (f *unanswered) drop(event int64) {
	if f.count[event]--; f.count[event] <= 0 {
		delete(f.count, event)
	}
}

func (f *unanswered) highest() int64 {
	for len(f.heap) > 0 && f.count[f.heap[0]] == 0 {
		heap.Pop(&f.heap)
	}
	if len(f.heap) == 0 {
		return never
	}
	return f.heap[0]
}

// eventHeap has the highest event time first.
type eventHeap []int64

func (h eventHeap) Len() int           { return len(h) }
func (h eventHeap) Less(i, j int) bool { return h[i] > h[j] }
func (h eventHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *eventHeap) Push(event any)    { *h = append(*h, event.(int64)) }
func (h *eventHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
