package report

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/olekukonko/tablewriter/tw"

	"surety/checker/history"
)

// Replay holds the runs of a stored plan against the run that it comes from.
type Replay struct {
	Of      string // the directory of the first run
	Outcome string // of it: violated, ..., or unjudged
	Steps   []ReplayStep
}

// ReplayStep is one fault of the plan, then and now.
type ReplayStep struct {
	Label   string // kill any(processor)
	Planned string // when it is to happen: 1.20 s, rebalance 3 begins
	Then    Hit
	Now     []Hit // of each replay
}

// Hit is what one fault of a run met.
type Hit struct {
	Targets []string      `json:"targets,omitempty"` // as they were resolved
	At      time.Duration `json:"at_ns"`             // of the injection, after the start of the load
	Shown   bool          `json:"shown"`             // the victim's side showed it
	Did     bool          `json:"did"`               // it was injected
}

// Hits reads from a stored run what its faults met, in the order of its plan; faults
// that nothing is known of are zero.
func Hits(dir string, faults int) ([]Hit, error) {
	in, err := history.Open(dir)
	if err != nil {
		return nil, err
	}
	defer in.Close() //nolint:errcheck // it was only read
	hits := make([]Hit, faults)
	var rec history.Record
	var began history.Nanos
	for {
		switch err := in.Next(&rec); {
		case errors.Is(err, io.EOF):
			return hits, nil
		case err != nil:
			return nil, err
		}
		switch rec.Kind {
		case history.KindPhase:
			var p history.Phase
			if err := rec.As(&p); err != nil {
				return nil, err
			}
			if p.Name == "load" {
				began = p.At
			}
		case history.KindFault:
			var f history.Fault
			if err := rec.As(&f); err != nil {
				return nil, err
			}
			if f.Step >= 0 && f.Step < faults {
				hits[f.Step].take(f, began)
			}
		}
	}
}

func (h *Hit) take(f history.Fault, began history.Nanos) {
	if len(f.Targets) > 0 {
		h.Targets = f.Targets
	}
	switch f.Phase {
	case history.FaultInjected:
		h.Did, h.At = true, time.Duration(f.At-began)
	case history.FaultInEffect:
		h.Shown = h.Shown || f.Evidence.Shown
	}
}

func (h Hit) targets() string { return strings.Join(h.Targets, ", ") }

// same counts the replays that met the targets of the first run.
func (s ReplayStep) same() (n int) {
	for _, h := range s.Now {
		if h.Did && slices.Equal(h.Targets, s.Then.Targets) {
			n++
		}
	}
	return n
}

// when are the earliest and the latest injection of the replays.
func (s ReplayStep) when() string {
	var all []time.Duration
	for _, h := range s.Now {
		if h.Did {
			all = append(all, h.At)
		}
	}
	if len(all) == 0 {
		return "never"
	}
	return between(slices.Min(all), slices.Max(all))
}

func between(from, to time.Duration) string {
	a, b := fmt.Sprintf("%.2f", from.Seconds()), fmt.Sprintf("%.2f", to.Seconds())
	if a == b {
		return a + " s"
	}
	return a + "–" + b + " s"
}

// shown counts the replays in which the victim's side showed the fault.
func (s ReplayStep) shown() (n int) {
	for _, h := range s.Now {
		if h.Shown {
			n++
		}
	}
	return n
}

var replayHeader = []string{"fault", "planned", "targets then", "hit then", "same targets now", "hit now", "shown now"}

func (s ReplayStep) cells() []string {
	then := "never"
	if s.Then.Did {
		then = between(s.Then.At, s.Then.At)
	}
	of := func(n int) string { return fmt.Sprintf("%d of %d", n, len(s.Now)) }
	return []string{s.Label, s.Planned, s.Then.targets(), then, of(s.same()), s.when(), of(s.shown())}
}

// title says what was replayed.
func (r *Replay) title() string {
	return fmt.Sprintf("replay of %s, which was %s", r.Of, r.Outcome)
}

// replay writes what the faults met then and now.
func (t Terminal) replay(w io.Writer, r *Replay) error {
	if r == nil {
		return nil
	}
	fmt.Fprintf(w, "\n %s\n", r.title())
	if len(r.Steps) == 0 {
		return nil
	}
	left, right := tw.AlignLeft, tw.AlignRight
	var rows [][]string
	for _, s := range r.Steps {
		rows = append(rows, s.cells())
	}
	return table(w, []tw.Align{left, right, left, right, right, right, right}, replayHeader, rows)
}

type replayJSON struct {
	Of      string           `json:"of"`
	Outcome string           `json:"verdict"`
	Steps   []replayStepJSON `json:"faults"`
}

type replayStepJSON struct {
	Label   string `json:"label"`
	Planned string `json:"planned"`
	Then    Hit    `json:"then"`
	Now     []Hit  `json:"now"`
	Same    int    `json:"same_targets"`
}

func (r *Replay) json() *replayJSON {
	if r == nil {
		return nil
	}
	out := &replayJSON{Of: r.Of, Outcome: r.Outcome, Steps: []replayStepJSON{}}
	for _, s := range r.Steps {
		out.Steps = append(out.Steps, replayStepJSON{s.Label, s.Planned, s.Then, s.Now, s.same()})
	}
	return out
}

// csv has one row for each fault of each replay, and one for that of the first run.
func (r *Replay) csv() (rows []csvRow) {
	if r == nil {
		return nil
	}
	add := func(kind string, s ReplayStep, h Hit) {
		row := csvRow{kind: kind, name: s.Label, of: h.targets(), note: "planned " + s.Planned}
		if h.Did {
			row.at = csvTime(history.Nanos(h.At))
		}
		rows = append(rows, row)
	}
	for _, s := range r.Steps {
		add("replayed", s, s.Then)
		for _, h := range s.Now {
			add("replay", s, h)
		}
	}
	return rows
}
