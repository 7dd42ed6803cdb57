package checker

import "fmt"

// Which classes can be judged, by what they need to know.
var (
	// One position, one content.
	ofPositions = []Class{Corrupted, Inconsistent, Reread}
	// What was seen: a history that was cut off has it too.
	ofSightings = []Class{Duplicated, Reordered, Split}
	// All attempts: nobody tried it, or its write failed.
	ofAttempts = []Class{Phantom, FailedAppeared, AbortedRead, Recovered}
	// A sound final read after everything came out.
	ofAbsence = []Class{Lost, Torn, Absent}
)

// judged sorts the classes that its oracle has at a sink by whether the history
// has the evidence for them.
func judged(spec SinkSpec, sc scope, sink sinkScope) (judged, not []Class) {
	sort := func(enough bool, classes ...Class) {
		if enough {
			judged = append(judged, classes...)
		} else {
			not = append(not, classes...)
		}
	}
	sort(true, ofPositions...)
	if spec.results() {
		sort(true, Split)
		sort(sc.complete, Phantom, WrongState, DroppedLate)
		sort(sc.complete && (sink.absence || spec.Guarantee.State == StateMonotonic), Regressed)
		return judged, not
	}
	one := spec.oneToOne()
	sort(one, ofSightings...)
	sort(one && sc.complete, ofAttempts...)
	sort(one && sink.whole, Vanished)
	sort(one && sink.absence, ofAbsence...)
	return judged, not
}

// oneToOne says whether each output is that of one record.
func (s *SinkSpec) oneToOne() bool { return s.known() == nil && !s.results() }

// results says whether outputs are results of many records.
func (s *SinkSpec) results() bool {
	o, known := OracleNamed(s.Oracle)
	return known && o.result != nil
}

// known says why the outputs of a sink cannot be judged.
func (s *SinkSpec) known() error {
	o, known := OracleNamed(s.Oracle)
	if !known {
		return fmt.Errorf("the oracle %q is not known, so its outputs cannot be judged", s.Oracle)
	}
	if o.owes != nil || o.newest || s.Params.TTL > 0 {
		return fmt.Errorf("outputs of the oracle %s cannot be judged", o.Name)
	}
	if err := o.Check(s.Params); err != nil {
		return fmt.Errorf("its outputs cannot be judged: %w", err)
	}
	return nil
}
