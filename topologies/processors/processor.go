package processors

import (
	"context"
	"errors"
	"time"

	"surety/checker/predicate"
	"surety/topologies/names"
)

// Processor is one reference or planted processor.
type Processor struct {
	Name  string
	About string // one sentence for people

	// Declares is the delivery guarantee that it claims: at-most-once,
	// at-least-once or exactly-once. Order is key where the order of each key is
	// claimed too, else none.
	Declares string
	Order    string

	// Oracle is what it does to its input; empty is identity. The fields
	// below are the parameters that it has unless the environment says others.
	Oracle   string
	Keep     predicate.Predicate
	Outputs  int32
	Window   time.Duration // of event time, tumbling
	Lateness time.Duration // how long after its end a window still counts

	// Effects: it writes no topic, but posts each record as an effect to an address.
	Effects bool

	// Broken marks a planted one, which keeps its claim without a fault and breaks
	// it with Under. The other fields are set for planted ones only.
	Broken bool
	Twin   string // the correct processor to run beside it
	Breaks string // class of the violation: lost, duplicated, reordered, wrong-state
	Under  string // fault that shows it: kill, pause, cut, lag, surge, or poison in the load
	How    string // what the fault does to it, and the fault's parameters

	// Run processes until the context ends, then finishes what it has in hand,
	// leaves the group and returns nil. An error says why it could not go on.
	Run func(ctx context.Context, cfg Config) error
}

// All lists every processor: the correct ones, then the planted ones.
var All = []Processor{
	atMostOnce,
	atLeastOnce,
	exactlyOnce,
	autoCommitSingleThreaded,
	hashedWorkers,
	rememberingDedup,
	filter,
	fanOut,
	counter,
	adder,
	windowCounter,
	valuesOnly,
	deadLettering,
	effectBeforeCommit,
	effectWithKey,

	commitBeforeProcessing,
	asyncAutoCommit,
	offsetsOutsideTransaction,
	zombieTransactionalID,
	noRewindAfterAbort,
	commitWithoutFlush,
	stealingWorkers,
	boundedBuffer,
	forgetfulDedup,
	counterAtLeastOnce,
	windowCounterAtLeastOnce,
	poisonDropping,
	effectWithoutKey,
	effectErrorsIgnored,
}

// Find gives the processor of that name. The error for an unknown name lists the
// known ones.
func Find(name string) (Processor, error) {
	known := make([]string, len(All))
	for i, p := range All {
		if p.Name == name {
			return p, nil
		}
		known[i] = p.Name
	}
	return Processor{}, errors.New(names.Unknown("processor", name, known))
}
