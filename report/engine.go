package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

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
	LagBack float64        `json:"lag_back_s,omitempty"` // see Records.lagBack; of several faults the longest
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
	if r.Verdict != nil {
		for _, f := range r.Verdict.Faults {
			back, _ := r.Records.lagBack(f.From)
			out.LagBack = max(out.LagBack, seconds(back))
		}
	}
	return out
}

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

// lagSample is the name under which runs sample how far the processors are behind.
const lagSample = "lag_records"

// lagBack is the time from the beginning of a fault until the lag of the processors was
// back in its steady band: until the first sample from which on none is above all those
// between the start of the load and that moment. It is 0 where the lag never left the
// band, and unknown where there is no band, or no sample after the last one above it.
func (r *Records) lagBack(from history.Nanos) (back time.Duration, known bool) {
	start := history.Nanos(-1)
	for _, p := range r.Phases {
		if p.Name == "load" {
			start = p.At
		}
	}
	band, banded := 0.0, false
	last := from
	for _, s := range r.Samples {
		switch {
		case s.Name != lagSample || start < 0 || s.At < start:
		case s.At < from:
			band, banded = max(band, s.Value), true
		case s.Value > band:
			last, known = s.At, false
		case !known && last > from:
			back, known = time.Duration(s.At-from), true
		}
	}
	if !banded {
		return 0, false
	}
	if last == from {
		return 0, true
	}
	return back, known
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
