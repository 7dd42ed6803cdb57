package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"surety/checker"
	"surety/checker/history"
)

// Records is what the stored directory of a run tells besides its verdict.
type Records struct {
	Began    time.Time         // wall clock of the run's zero, for people
	Versions map[string]string // of the harness, its clients, brokers, images
	Phases   []history.Phase
	Samples  []history.Sample
	Signals  []history.Signal // of nodes under test, by time
	Timeline *Timeline        // nil where nothing was offered
	Lanes    []Lane           // around the first findings
	Lines    []LogLines
	Logged   int64      // records that the input has: what was ordered
	Ends     []LogLines // how the logs of the processors end
	Missing  string     // why there is nothing else here
}

// Load reads the history of a run once and what its nodes wrote, for the formats
// that draw them. The verdict says which keys and moments are of interest; it may
// be nil.
func Load(path string, v *checker.Verdict) (*Records, error) {
	in, err := history.Open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close() //nolint:errcheck // it was only read
	h := in.Header()
	out := &Records{Began: h.Began, Versions: map[string]string{}}
	for name, version := range h.Versions {
		out.Versions[name] = version
	}
	var plan struct {
		Judge    checker.Spec `json:"judge"`
		Topology struct {
			Processors []struct {
				Name string `json:"name"`
			} `json:"processors"`
		} `json:"topology"`
	}
	if len(h.Plan) > 0 {
		if err := json.Unmarshal(h.Plan, &plan); err != nil {
			return nil, fmt.Errorf("the plan in the history of %s cannot be read: %w", path, err)
		}
	}
	t := newTrace(plan.Judge, newLanes(v))
	var rec history.Record
	for {
		err := in.Next(&rec)
		if err == io.EOF { //nolint:errorlint // Next returns it as it is
			break
		}
		if err != nil {
			return nil, err
		}
		if err := out.take(in, &rec, t); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(out.Signals, func(a, b history.Signal) int { return cmp.Compare(a.At, b.At) })
	out.Timeline = t.finish()
	out.Lanes = t.lanes.drawn()
	out.Lines = logLines(history.Dir(path), out.Began, v)
	for _, p := range plan.Topology.Processors {
		out.Ends = append(out.Ends, logEnds(history.Dir(path), p.Name)...)
	}
	return out, nil
}

func (r *Records) take(in *history.Reader, rec *history.Record, t *trace) error {
	switch rec.Kind {
	case history.KindIntent:
		t.intent(&rec.Intent, in.Name(rec.Intent.Key))
	case history.KindOutcome:
		t.outcome(&rec.Outcome)
	case history.KindObservation:
		t.observation(&rec.Observation, in.Name(rec.Observation.Key))
		if t.input(&rec.Observation) {
			r.Logged++
		}
	case history.KindSession:
		var s history.Session
		if err := rec.As(&s); err != nil {
			return err
		}
		t.session(s)
	case history.KindSample:
		var s history.Sample
		if err := rec.As(&s); err != nil {
			return err
		}
		r.Samples = append(r.Samples, s)
	case history.KindSignal:
		var s history.Signal
		if err := rec.As(&s); err != nil {
			return err
		}
		r.Signals = append(r.Signals, s)
	case history.KindPhase:
		var p history.Phase
		if err := rec.As(&p); err != nil {
			return err
		}
		r.Phases = append(r.Phases, p)
	case history.KindVersions:
		var of history.Versions
		if err := rec.As(&of); err != nil {
			return err
		}
		for name, version := range of.Of {
			r.Versions[name] = version
		}
	}
	return nil
}
