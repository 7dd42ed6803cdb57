package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"surety/checker"
	"surety/checker/history"
)

// Engine is the stream processing engine that a run had under test.
type Engine struct {
	Kind      string `json:"kind"`
	Version   string `json:"version"`
	Job       string `json:"job"`
	Guarantee string `json:"guarantee"` // in the engine's own words
}

// engineJSON is an engine with what the records of its run tell.
type engineJSON struct {
	Engine
	Signals map[string]int `json:"signals,omitempty"`    // how often its nodes told of each kind
	LagBack float64        `json:"lag_back_s,omitempty"` // see Timeline.lagBack; of several faults the longest
	// From the intended time of a record to its first sighting, at most 12.5 % too high.
	P50 float64 `json:"latency_p50_ms,omitempty"`
	P99 float64 `json:"latency_p99_ms,omitempty"`
}

func (r Run) engineJSON() *engineJSON {
	if r.Engine == nil {
		return nil
	}
	out := &engineJSON{Engine: *r.Engine}
	if r.Records == nil {
		return out
	}
	out.Signals = r.Records.told()
	if t := r.Records.Timeline; t != nil {
		out.P50, out.P99 = inMillis(t.P50), inMillis(t.P99)
	}
	if r.Verdict != nil {
		for _, f := range r.Verdict.Faults {
			back, _ := r.Records.Timeline.lagBack(f)
			out.LagBack = max(out.LagBack, seconds(back))
		}
	}
	return out
}

func inMillis(n history.Nanos) float64 { return float64(n/1e5) / 10 }

// told counts the signals by their names; a state is a name of its own.
func (r *Records) told() map[string]int {
	out := map[string]int{}
	for _, s := range r.Signals {
		name := s.Name
		if name == "state" {
			name += " " + s.Text
		}
		out[name]++
	}
	return out
}

// steadyFor is how long the lag stays in its band to be back there.
const steadyFor = history.Nanos(time.Second)

// lagBack is the time from the beginning of a fault until the lag (records acknowledged
// and not yet seen) was back in its steady band: until the first moment from which on no
// step of a second is above the highest one in the second half of the time between the
// first record and the fault, and not before the slowest partition has recovered. It is
// unknown where there is no such band or moment, and 0 where the lag never left it.
func (t *Timeline) lagBack(f checker.FaultResult) (back time.Duration, known bool) {
	if t == nil || f.Recovery == 0 {
		return 0, false
	}
	band, banded := int64(0), false
	calm := f.From
	for i, s := range t.Steps {
		switch at := t.At(i); {
		case at < t.From+(f.From-t.From)/2:
		case at < f.From:
			band, banded = max(band, s.Lag), true
		case s.Lag > band:
			calm = t.At(i + 1)
		case at >= f.From+f.Recovery && t.At(i+1)-calm >= steadyFor:
			return time.Duration(calm - f.From), banded
		}
	}
	return 0, false
}

// signalLines are the signals for people: "12.34 s processor-1 state RUNNING".
func (r *Records) signalLines() (out []string) {
	for _, s := range r.Signals {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s  %s  %s  %s", stamp(s.At), s.Of, s.Name, s.Text)))
	}
	return out
}

// counted prints counts by name: "abort 2, rebalance 5".
func counted(of map[string]int) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(of)) {
		parts = append(parts, fmt.Sprintf("%s %d", name, of[name]))
	}
	return strings.Join(parts, ", ")
}
