package workload

import "sync"

// pool has the records of one source that nobody uses. Its lock is taken for many
// records at once, never for one.
type pool struct {
	mu   sync.Mutex
	free []*Record
}

func (p *pool) put(records []*Record) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, records...)
}

// take moves the records that were freed last into the given slice, as many as it
// has room for: they are the likeliest to be in a cache still.
func (p *pool) take(into []*Record) []*Record {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := min(len(p.free), cap(into)-len(into))
	keep := len(p.free) - n
	into = append(into, p.free[keep:]...)
	clear(p.free[keep:])
	p.free = p.free[:keep]
	return into
}

// chunkRecords is how many records are allocated together, and chunkBytes bounds the
// memory for their values.
const (
	chunkRecords = 256
	chunkBytes   = 1 << 18
)

// Maker is a Source that makes the memory of its records, so that what its client
// needs of a record lies beside it.
type Maker interface {
	// Make gives n records. Their fields are the caller's, but for Client.
	Make(n int) []*Record
}

// newRecords makes records for a source whose values have room for size bytes each,
// in one common piece of memory that is made of dots.
func newRecords(source Source, size int) []*Record {
	n := min(chunkRecords, 1+chunkBytes/size)
	var records []*Record
	if m, ok := source.(Maker); ok {
		records = m.Make(n)
	} else {
		chunk := make([]Record, n)
		for i := range chunk {
			records = append(records, &chunk[i])
		}
	}
	values := dots(n * size)
	for i, r := range records {
		r.Value = values[i*size : i*size : (i+1)*size]
	}
	return records
}
