package scenarios

import (
	"slices"
	"time"

	"surety/workload"
)

// Orders make the load one of orders over HTTP, to the processors that say a port. The
// table in truth says what became of each, as the input log does elsewhere.
type Orders struct {
	Retry   string        `yaml:"retry"`   // resend (until accepted) or give-up (after one try)
	Timeout time.Duration `yaml:"timeout"` // of one try; 2s unless said
	Pause   time.Duration `yaml:"pause"`   // between two tries; 20ms unless said
	Lanes   int           `yaml:"lanes"`   // orders of a writer on their way at once, each of another key; 8 unless said
	Truth   Rows          `yaml:"truth"`   // table orders with the column value unless said
}

// completeOrders settles how orders are offered, where they are.
func (s *Scenario) completeOrders() error {
	const path = "workload.orders"
	if s.Workload.Orders == nil {
		return nil
	}
	o := *s.Workload.Orders // scenarios of a suite share what they have in common
	s.Workload.Orders = &o
	if err := s.choose(path+".retry", "way to retry", &o.Retry, workload.Resend, workload.Retries); err != nil {
		return err
	}
	fill(s, path+".timeout", &o.Timeout, 2*time.Second)
	fill(s, path+".pause", &o.Pause, 20*time.Millisecond)
	fill(s, path+".lanes", &o.Lanes, 8)
	if o.Truth.Value == "" && o.Truth.Key == "" && o.Truth.Seq == "" {
		o.Truth.Value = "value"
	}
	truth := Sink{Name: "orders", Oracle: "identity", Rows: &o.Truth}
	if err := s.completeRows(&truth, path+".truth"); err != nil {
		return err
	}
	o.Truth = *truth.Rows
	if err := o.plan().Check(); err != nil {
		return s.wrong(path, "orders: %s", err)
	}
	switch {
	case !slices.ContainsFunc(s.Topology.Processors, func(p Processor) bool { return p.Port > 0 }):
		return s.wrong(path, "there is nobody to take orders: say port: of the processor that does")
	case s.Workload.Client.settings().String() != "":
		return s.wrong("workload.client", "orders go over HTTP; client: sets one of Kafka")
	}
	return nil
}

// plan is how orders are offered as the plan holds it.
func (o *Orders) plan() *workload.Orders {
	if o == nil {
		return nil
	}
	return &workload.Orders{Retry: o.Retry, Timeout: o.Timeout, Pause: o.Pause, Lanes: o.Lanes, Truth: workload.Rows(o.Truth)}
}
