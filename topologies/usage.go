package topologies

import (
	"context"
	"time"
)

// Limits bound what one node may use; zero is no bound.
type Limits struct {
	Memory int64   `json:"memory_bytes,omitempty"`
	CPUs   float64 `json:"cpus,omitempty"` // 0.5 is half of one core
}

// Any tells whether anything is bounded.
func (l Limits) Any() bool { return l != Limits{} }

// Usage is what a node's processes use and have used.
type Usage struct {
	Memory    int64         // bytes now, without the page cache that the kernel can take back
	CPU       time.Duration // used since the process started
	Limited   bool          // its CPUs are
	Throttled time.Duration // its threads stood still since then because of that
}

// Gauge reads what a node uses. It fails for one that does not run.
type Gauge interface {
	Usage(ctx context.Context) (Usage, error)
}
