package workload

import (
	"fmt"
	"time"
)

// Subscriber is a consumer under test: an application that subscribes to a topic in
// a group, set as Kafka's consumer is set. What it is given is what is judged. The
// zero value is a group that nobody has committed offsets for, reads what is
// committed, from the start.
type Subscriber struct {
	// Group is its group.id; empty = one of its own.
	Group string `json:"group,omitempty"`
	// Uncommitted is isolation.level=read_uncommitted: it is given aborted records too.
	Uncommitted bool `json:"read_uncommitted,omitempty"`
	// Latest is auto.offset.reset=latest: without a committed offset it begins at the
	// end.
	Latest bool `json:"latest,omitempty"`
	// Starts is when it subscribes, after the start of the load; 0 = before it.
	Starts time.Duration `json:"starts_ns,omitempty"`
}

// String tells how it is set, by Kafka's names.
func (s *Subscriber) String() string {
	isolation, reset := "read_committed", "earliest"
	if s.Uncommitted {
		isolation = "read_uncommitted"
	}
	if s.Latest {
		reset = "latest"
	}
	text := fmt.Sprintf("a consumer in the group %s, isolation.level=%s, auto.offset.reset=%s", s.Group, isolation, reset)
	if s.Starts > 0 {
		text += fmt.Sprintf(", from %.2f s on", s.Starts.Seconds())
	}
	return text
}
