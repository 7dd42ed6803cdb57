package checker

import "surety/checker/history"

// eventKind says what an event tells a fold.
type eventKind uint8

const (
	attempted eventKind = iota + 1 // the driver tried: told of what may be looked at before it settles
	settled                        // an attempt with its final class: told once of every attempt
	logged                         // a new position of the input log
	sighted                        // a new position (or delivery) that the sink is judged by
	tailed                         // seen in the sink by a tail; evidence only
)

// event is one fact about one key, after positions were told apart and outcomes
// joined with their intents and transactions. Events of a key come in the order
// of the history, and are the same in each pass over it.
type event struct {
	kind    eventKind
	class   history.OutcomeClass // settled
	aborted bool                 // settled: failed because its transaction was aborted
	after   bool                 // sighted, tailed: first seen when some fault had begun
	sink    uint16               // sighted, tailed: index in the spec
	key     history.Name
	lane    uint32 // logged, sighted, tailed: the partition within its topic
	index   int32
	part    int32 // -1 unknown
	seq     int64
	offset  int64 // -1 unknown
	append  int64
	at      history.Nanos // of the attempt, or first seen
	more    *details      // nil = nothing, or no sink asks for it
}

// details is what a record says besides who it is.
type details struct {
	value   int64
	time    int64 // event time, milliseconds
	valued  bool
	altered bool
}

// fold is one check over the events of a shard of the keys. Checks that need
// other evidence are further folds over the same events. An event is valid during
// the call only. A fold runs on one goroutine.
type fold interface {
	add(ev *event)
}
