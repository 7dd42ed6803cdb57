package workload

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"
)

// Load is what is offered to the system under test, as the plan holds it.
type Load struct {
	Records int64   `json:"records"`        // in all
	Rate    float64 `json:"rate"`           // records a second, open-loop; 0 = as fast as the client takes them
	Keys    int     `json:"keys"`           // how many keys the records are spread over
	Skew    string  `json:"skew,omitempty"` // name of a Shape; empty = uniform
	Hot     float64 `json:"hot,omitempty"`  // for skew hot: share of the records on one key, 0 to 1
	Size    int     `json:"size,omitempty"` // bytes of a value; shorter than its fields = no padding
	Writers int     `json:"writers"`        // each key is owned by one writer
	// OutOfOrder is how far a record's event time may lie behind its place in the
	// schedule, in whole milliseconds; each draws its own. 0 = event times rise.
	OutOfOrder time.Duration `json:"out_of_order_ns,omitempty"`
	// Template of the values, as ParseTemplate reads it; empty = the workload's own.
	Template string `json:"template,omitempty"`
	// Poison makes every so manieth record one that nobody can decode; 0 = none.
	Poison int64 `json:"poison,omitempty"`
	// Surges are by rising time and do not overlap; Records has what they add.
	Surges []Surge `json:"surges,omitempty"`
}

// MaxSize bounds a value, well below what brokers take in one request.
const MaxSize = 16 << 20

// Check says what is wrong with a load.
func (l Load) Check() error {
	if _, err := ShapeNamed(l.Skew); err != nil {
		return err
	}
	switch {
	case l.Records <= 0:
		return fmt.Errorf("records is %d: a load has at least one record", l.Records)
	case l.Rate < 0 || math.IsNaN(l.Rate) || math.IsInf(l.Rate, 0):
		return fmt.Errorf("rate is %v: give records a second, or 0 for as fast as possible", l.Rate)
	case l.Keys <= 0:
		return fmt.Errorf("keys is %d: a load has at least one key", l.Keys)
	case l.Writers <= 0:
		return fmt.Errorf("writers is %d: a load has at least one writer", l.Writers)
	case l.Size < 0 || l.Size > MaxSize:
		return fmt.Errorf("size is %d bytes: it must be between 0 and %d", l.Size, MaxSize)
	case l.OutOfOrder < 0 || l.OutOfOrder > time.Hour || l.OutOfOrder%time.Millisecond != 0:
		return fmt.Errorf("event times are %v out of order: give whole milliseconds between 0s and 1h", l.OutOfOrder)
	case l.Poison < 0:
		return fmt.Errorf("poison is %d: every so manieth record is, 0 for none", l.Poison)
	case l.Skew == hot.Name && !(l.Hot > 0 && l.Hot <= 1):
		return fmt.Errorf("hot is %v: skew hot needs a share above 0 and at most 1", l.Hot)
	case l.Skew != hot.Name && l.Hot != 0:
		return errors.New("hot is given, but skew is not hot")
	}
	if _, err := l.Written(""); err != nil {
		return err
	}
	return l.checkSurges()
}

// Written says how the values of a run with this load are written.
func (l Load) Written(run string) (Written, error) {
	if l.Template == "" {
		return Written{Run: run}, nil
	}
	t, err := ParseTemplate(l.Template)
	return Written{Run: run, Template: t}, err
}

// Key names the key of an index.
func Key(index int) string { return "k" + strconv.Itoa(index) }
