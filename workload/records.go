package workload

import "sync/atomic"

// records is a list that many goroutines may add to and one takes away whole. It
// links through the records, so neither side allocates or locks.
type records struct{ newest atomic.Pointer[Record] }

// push adds a chain that runs from first to last by next, newest first, and tells
// whether the list was empty.
func (l *records) push(first, last *Record) bool {
	for {
		old := l.newest.Load()
		last.next = old
		if l.newest.CompareAndSwap(old, first) {
			return old == nil
		}
	}
}

// take empties the list and gives its newest record, which leads to the older ones.
func (l *records) take() *Record { return l.newest.Swap(nil) }

// reversed turns a chain around.
func reversed(r *Record) *Record {
	var before *Record
	for r != nil {
		r.next, before, r = before, r, r.next
	}
	return before
}

// chunkRecords is how many records are allocated together.
const chunkRecords = 256

// newRecords makes a chain of records whose values have room for size bytes each in
// one common piece of memory.
func newRecords(size int) *Record {
	chunk := make([]Record, chunkRecords)
	values := make([]byte, chunkRecords*size)
	for i := range chunk {
		chunk[i].Value = values[i*size : i*size : (i+1)*size]
		if i+1 < len(chunk) {
			chunk[i].next = &chunk[i+1]
		}
	}
	return &chunk[0]
}
