package workload

import (
	"context"

	"surety/checker/history"
)

// PositionKind is what identifies a stored record of a sink besides its content.
type PositionKind string

// The kinds of positions.
const (
	LogPosition PositionKind = "log"   // partition and offset: the same position is the same record
	NoPosition  PositionKind = "queue" // delivered records have no lasting position
	RowPosition PositionKind = "row"   // a row by its primary key
)

// Sink is a place where the outputs of the system under test can be observed.
type Sink interface {
	// Observe is one reader session, from its Session record to its SessionEnd.
	// A session for history.Tail lasts until ctx ends, which is no error; one
	// for history.Final ends by itself after every position that existed when
	// it began. The returned error is the one in the SessionEnd: the reading is
	// unsound.
	Observe(ctx context.Context, s history.Session) error
	Position() PositionKind
	// Destructive: what was observed once cannot be observed again.
	Destructive() bool
	// Snapshot: a final session sees one instant of the whole sink.
	Snapshot() bool
}
