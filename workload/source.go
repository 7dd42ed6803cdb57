package workload

import (
	"context"

	"surety/checker/history"
)

// Record is one record on its way into the system under test.
type Record struct {
	Attempt  uint64
	Key      []byte
	Value    []byte
	Seq      int64
	Intended history.Nanos // when the schedule wanted it sent

	// Client is the source's own. It stays when the memory of the record is used
	// for another one, so a source may keep there what it would else allocate.
	Client any

	key int // its index in the load
}

// Answer is what the client finally said about one record.
type Answer struct {
	Class     history.OutcomeClass
	Partition int32         // -1 where the client did not learn it
	Offset    int64         // -1 where the client did not learn it
	Reason    string        // the client's error; for ok only one that the application ignored
	At        history.Nanos // when it came; 0 = when done was called
}

// Source is a client that writes records into the system under test.
type Source interface {
	// Send hands r to the client and returns as soon as the client took it; it
	// may block while the client's buffer is full. Records of one key are
	// written in the order of the calls. done is called exactly once for each
	// call of Send, possibly before Send returns, with the same r; until then r
	// and its bytes belong to the source. It is called from any goroutine, but
	// never twice at a time: a client that answers from several goroutines has
	// its source let them take turns. A source never sends a record again that
	// its client gave up.
	Send(ctx context.Context, r *Record, done func(r *Record, a Answer))
}
