package workload

import (
	"fmt"
	"time"
)

// Orders is how the load is offered where the processors under test are services that
// take orders over HTTP (PUT /orders/{key}), and which table says what became of them.
type Orders struct {
	// Retry says what the client does with an order that was not accepted.
	Retry string `json:"retry"`
	// Timeout bounds one try, Pause lies between two of them.
	Timeout time.Duration `json:"timeout_ns"`
	Pause   time.Duration `json:"pause_ns,omitempty"`
	// Lanes is how many orders each writer has on their way at once, of different keys.
	Lanes int `json:"lanes"`
	// Truth is the table of what was ordered: it resolves every attempt, as the input log
	// does of a processor.
	Truth Rows `json:"truth"`
}

// What a client does with an order that was not accepted.
const (
	Resend = "resend"  // it sends it again until it is accepted
	GiveUp = "give-up" // it tries each order once
)

// Retries lists them.
var Retries = []string{Resend, GiveUp}

// mostLanes bounds the connections of a writer.
const mostLanes = 256

// Check says what is wrong with it.
func (o Orders) Check() error {
	switch {
	case o.Retry != Resend && o.Retry != GiveUp:
		return fmt.Errorf("retry is %q: it is %s or %s", o.Retry, Resend, GiveUp)
	case o.Timeout < 10*time.Millisecond || o.Timeout > time.Hour:
		return fmt.Errorf("timeout is %s: it lies between 10ms and 1h", o.Timeout)
	case o.Pause < 0 || o.Pause > time.Minute:
		return fmt.Errorf("pause is %s: it lies between 0s and 1m", o.Pause)
	case o.Lanes < 1 || o.Lanes > mostLanes:
		return fmt.Errorf("lanes is %d: 1 to %d orders of a writer can be on their way", o.Lanes, mostLanes)
	}
	return nil
}

// String tells the client's policy.
func (o Orders) String() string {
	s := fmt.Sprintf("orders over HTTP, timeout %s, ", o.Timeout)
	if o.Retry == GiveUp {
		return s + "each tried once"
	}
	return s + "sent again until accepted"
}
