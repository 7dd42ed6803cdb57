package workload

import (
	"time"

	"surety/checker/history"
)

// Recorder takes the facts of a run while they happen; *history.Writer is one.
// It is safe for concurrent use. The methods in the plural take many records for
// the price of one call and keep no reference to them.
type Recorder interface {
	Name(s string) history.Name
	Intents([]history.Intent)
	Outcomes([]history.Outcome)
	Observation(history.Observation)
	Observations([]history.Observation)
	Append(kind history.Kind, body any)
	Err() error // the first failure to write; what is recorded after it is lost
}

// Clock is the run's one clock; history.Clock is one.
type Clock interface {
	Now() history.Nanos
	Began() time.Time // wall clock of Nanos 0
}

var (
	_ Recorder = (*history.Writer)(nil)
	_ Clock    = history.Clock{}
)
