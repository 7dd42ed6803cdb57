package workload

import "sync/atomic"

// Progress counts what happens while it happens, for a live line. The zero
// value is ready; all methods of its fields are safe for concurrent use.
type Progress struct {
	Sent       atomic.Int64 // handed to the client
	OK         atomic.Int64 // answered: written
	Failed     atomic.Int64 // answered: definitely not written
	Unknown    atomic.Int64 // answered with doubt, or not answered in time
	Late       atomic.Int64 // of Sent, more than LateAfter behind the schedule
	NotStarted atomic.Int64 // never handed to the client: the load ended first
	Seen       atomic.Int64 // records of the load observed by tails
}
