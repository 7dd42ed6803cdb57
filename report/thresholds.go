package report

import (
	"fmt"
	"time"
)

// Thresholds are the limits that a scenario sets on how well a run does; a zero sets
// none.
type Thresholds struct {
	Recovery   time.Duration // the longest of all faults
	Lag        int64         // records acknowledged and not yet seen, at most
	Latency    time.Duration // 99th percentile from the intended time to the sink
	Throughput float64       // records a second through to the sink while the load lasted, at least
}

// Any tells whether there is a limit at all.
func (t Thresholds) Any() bool { return t != Thresholds{} }

// WantRecords tells whether a limit is on what only the records of a run tell.
func (t Thresholds) WantRecords() bool { return t.Lag > 0 || t.Latency > 0 || t.Throughput > 0 }

// Miss is a threshold that a run did not keep.
type Miss struct {
	Threshold string `json:"threshold"` // recovery, lag, latency or throughput
	Text      string `json:"text"`      // "the lag reached 5,210 records; at most 5,000 were wanted"
}

// Missed compares a run with its thresholds. A limit on what the run's records do
// not tell is missed too: what was not measured was not kept.
func (t Thresholds) Missed(r Run) []Miss {
	var out []Miss
	miss := func(name, format string, args ...any) { out = append(out, Miss{name, fmt.Sprintf(format, args...)}) }
	if t.Recovery > 0 {
		switch took := longestRecovery(r.Verdict); {
		case took == 0:
			miss("recovery", "no recovery was seen; one within %s was wanted", tenths(t.Recovery))
		case took > t.Recovery:
			miss("recovery", "recovery took %s; at most %s was wanted", tenths(took), tenths(t.Recovery))
		}
	}
	if !t.WantRecords() {
		return out
	}
	if r.Records == nil || r.Records.Timeline == nil {
		why := ""
		if r.Records != nil && r.Records.Missing != "" {
			why = ": " + r.Records.Missing
		}
		miss("records", "how the run went cannot be told from its records%s", why)
		return out
	}
	l := r.Records.Timeline
	if lag := l.highestLag(); t.Lag > 0 && lag > t.Lag {
		miss("lag", "the lag reached %s; at most %s were wanted", plural(lag, "record"), grouped(t.Lag))
	}
	if t.Latency > 0 && l.P99 > 0 && time.Duration(l.P99) > t.Latency {
		miss("latency", "the 99th percentile of latency was %s; at most %s was wanted", millis(time.Duration(l.P99)), millis(t.Latency))
	} else if t.Latency > 0 && l.P99 == 0 {
		miss("latency", "no record was seen, so that there is no latency; at most %s was wanted", millis(t.Latency))
	}
	if rate := l.throughput(); t.Throughput > 0 && rate < t.Throughput {
		miss("throughput", "%s/s came through; at least %s/s were wanted", grouped(int64(rate)), grouped(int64(t.Throughput)))
	}
	return out
}

func millis(d time.Duration) string { return fmt.Sprintf("%d ms", d.Milliseconds()) }

// highestLag is the largest of all steps.
func (t *Timeline) highestLag() (most int64) {
	for _, s := range t.Steps {
		most = max(most, s.Lag)
	}
	return most
}

// throughput is how many records a second were seen until the last one was wanted.
func (t *Timeline) throughput() float64 {
	last := -1
	for i, s := range t.Steps {
		if s.Offered > 0 {
			last = i
		}
	}
	var seen int64
	for _, s := range t.Steps[:last+1] {
		seen += s.Seen
	}
	if last < 0 || t.Width <= 0 {
		return 0
	}
	return float64(seen) / (time.Duration(t.Width) * time.Duration(last+1)).Seconds()
}
