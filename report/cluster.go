package report

import (
	"fmt"
	"io"
	"time"
)

// Cluster is what a run had of the brokers under it.
type Cluster struct {
	Reused   bool          // they served an earlier run
	Ready    time.Duration // from the beginning of the run to its topics
	TearDown time.Duration // removal of what no later run uses
	Tainted  string        // why they served no later run, though they might have
}

// clusterJSON is a Cluster in the document; times are in milliseconds.
type clusterJSON struct {
	Reused     bool    `json:"reused"`
	ReadyMS    float64 `json:"ready_ms"`
	TearDownMS float64 `json:"tear_down_ms"`
	Tainted    string  `json:"tainted,omitempty"`
}

func (c *Cluster) json() *clusterJSON {
	if c == nil {
		return nil
	}
	return &clusterJSON{c.Reused, float64(c.Ready.Milliseconds()), float64(c.TearDown.Milliseconds()), c.Tainted}
}

// clusters says how the runs shared brokers, where they did, and why one could not
// be handed on.
func (m *Model) clusters(w io.Writer) {
	var started, reused int
	var first, again time.Duration // the slowest
	for _, r := range m.Runs {
		switch c := r.Cluster; {
		case c == nil:
		case c.Reused:
			reused++
			again = max(again, c.Ready)
		default:
			started++
			first = max(first, c.Ready)
		}
	}
	if reused > 0 {
		fmt.Fprintf(w, " cluster  started %s (ready after %s), handed on %s (after %s)\n", times(started), tenths(first), times(reused), tenths(again))
	}
	for _, r := range m.Runs {
		if r.Cluster != nil && r.Cluster.Tainted != "" && r.Verdict != nil {
			fmt.Fprintf(w, " cluster  not used again after %s: %s\n", r.Scenario, r.Cluster.Tainted)
		}
	}
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
