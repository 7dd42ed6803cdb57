package workload

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Client is how the application under test has set its producing client, as far as
// that decides about a guarantee. The zero value is the safe one: every in-sync
// replica acknowledges, the client is idempotent and never gives a record up, and
// the application looks at what it is answered. The fields are named as Kafka's
// producer names them.
type Client struct {
	Acks string `json:"acks,omitempty"` // all, or empty; 1; 0
	// NotIdempotent is enable.idempotence=false: a batch that is sent again is
	// appended again.
	NotIdempotent bool `json:"not_idempotent,omitempty"`
	// MaxInFlight is max.in.flight.requests.per.connection of a client that is not
	// idempotent; 0 = 5. An idempotent one always has 5.
	MaxInFlight int `json:"max_in_flight,omitempty"`
	// DeliveryTimeout is delivery.timeout.ms: how long the client tries; 0 = it does
	// not give up. Clients take no less than a second.
	DeliveryTimeout time.Duration `json:"delivery_timeout_ns,omitempty"`
	// IgnoreErrors: what the client gave up counts as done, as for an application
	// that sends and does not look at the result.
	IgnoreErrors bool         `json:"ignore_errors,omitempty"`
	Transactions Transactions `json:"transactions,omitzero"`
}

// The numbers of replicas that acknowledge a record, as Kafka writes them.
const (
	AcksAll    = "all"
	AcksLeader = "1"
	AcksNone   = "0"
)

// AllAcks lists them.
var AllAcks = []string{AcksAll, AcksLeader, AcksNone}

// maxInFlight bounds the requests that a client may have on the way to a broker.
const maxInFlight = 100

// Check says which settings a client refuses.
func (c Client) Check() error {
	switch acks := c.Acks; {
	case acks != "" && acks != AcksAll && acks != AcksLeader && acks != AcksNone:
		return fmt.Errorf("acks is %q: it is %s, %s or %s", acks, AcksAll, AcksLeader, AcksNone)
	case !c.AllAcks() && !c.NotIdempotent:
		return errors.New("an idempotent client wants acks: all")
	case c.MaxInFlight < 0 || c.MaxInFlight > maxInFlight:
		return fmt.Errorf("max-in-flight is %d: 1 to %d requests are possible", c.MaxInFlight, maxInFlight)
	case c.MaxInFlight > 0 && !c.NotIdempotent:
		return errors.New("an idempotent client has five requests in flight, which keeps the order; max-in-flight is for idempotence: false")
	case c.DeliveryTimeout != 0 && (c.DeliveryTimeout < time.Second || c.DeliveryTimeout > time.Hour):
		return fmt.Errorf("delivery-timeout is %s: it lies between 1s and 1h", c.DeliveryTimeout)
	case c.Transactions.Records == 0:
		return nil
	case c.NotIdempotent:
		return errors.New("a transactional client is idempotent")
	case c.DeliveryTimeout > 0 || c.IgnoreErrors:
		return errors.New("a transactional client aborts what was not written: transactional: has a timeout of its own")
	}
	return c.Transactions.check()
}

// AllAcks tells whether every in-sync replica acknowledges.
func (c Client) AllAcks() bool { return c.Acks == "" || c.Acks == AcksAll }

// String tells what is not as the safe client has it, by Kafka's names; empty where
// nothing is.
func (c Client) String() string {
	var parts []string
	say := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if !c.AllAcks() {
		say("acks=%s", c.Acks)
	}
	if c.NotIdempotent {
		say("enable.idempotence=false")
	}
	if c.MaxInFlight > 0 {
		say("max.in.flight.requests.per.connection=%d", c.MaxInFlight)
	}
	if c.DeliveryTimeout > 0 {
		say("delivery.timeout.ms=%d", c.DeliveryTimeout.Milliseconds())
	}
	if c.IgnoreErrors {
		say("errors ignored")
	}
	if t := c.Transactions; t.Records > 0 {
		say("transaction.timeout.ms=%d, %d records a transaction", t.Timeout.Milliseconds(), t.Records)
		if t.ID != "" {
			say("transactional.id=%s in all writers", t.ID)
		}
		if t.Aborts > 0 {
			say("%.0f %% of them aborted", 100*t.Aborts)
		}
		if t.DoneAtSend {
			say("records done before their commit")
		}
	}
	return strings.Join(parts, ", ")
}
