package checker

import (
	"fmt"
	"slices"
)

// Which classes can be judged, by what they need to know.
var (
	// One position, one content.
	ofPositions = []Class{Corrupted, Inconsistent, Reread}
	// What was seen: a history that was cut off has it too.
	ofSightings = []Class{Duplicated, Reordered, Split}
	// All attempts: nobody tried it, or its write failed.
	ofAttempts = []Class{Phantom, FailedAppeared, AbortedRead, Recovered}
	// A sound final read after everything came out.
	ofAbsence = []Class{Lost, Absent}
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
	one, table := spec.known() == nil, spec.table()
	sort(one && !table, ofSightings...)
	sort(one && sc.complete, ofAttempts...)
	switch {
	case spec.Role == RoleDeadLetter: // nothing need be there
	case table: // only the newest record need be there
		sort(one && sink.absence, Lost)
	default:
		sort(one && sink.whole, Vanished)
		sort(one && sink.absence, ofAbsence...)
		sort(one && (sink.absence || sc.complete && sink.snapshots), Torn)
	}
	for _, c := range []struct {
		class    Class
		declared bool
		enough   bool
	}{
		{Misrouted, spec.Guarantee.Routing != "" || spec.owes(), sc.complete},
		{WrongState, spec.Oracle == joinOracle.Name, sc.complete},
		{Regressed, table, sc.complete && (sink.absence || spec.Guarantee.State == StateMonotonic)},
		{Split, table, true},
		{DeadLettered, sc.dead, sink.whole},
		{Late, spec.Guarantee.Recovery > 0, sc.complete && sc.healed && sink.tailed},
		{Altered, spec.Guarantee.Preserve, true},
		{Differed, spec.Equals != "", sink.absence},
	} {
		if c.declared {
			sort(one && c.enough, c.class)
		}
	}
	return judged, not
}

// Terms says whether some sink is judged by the event times or the terms of records,
// so that attempts and the input log must tell them.
func (s Spec) Terms() bool { return slices.ContainsFunc(s.Sinks, SinkSpec.results) }

// Preserves says whether some sink must have the headers that went in.
func (s Spec) Preserves() bool {
	return slices.ContainsFunc(s.Sinks, func(k SinkSpec) bool { return k.Guarantee.Preserve })
}

// special says whether a sink is judged by more than who its records are.
func (s SinkSpec) special() bool {
	o, known := OracleNamed(s.Oracle)
	g := s.Guarantee
	return known && (o.owes != nil || o.newest || s.Params.TTL > 0) || s.Role == RoleDeadLetter ||
		g.Routing != "" || g.Recovery > 0 || g.Preserve || s.Equals != ""
}

// owesRecord says whether a record must come out at a sink of records.
func (s *SinkSpec) owesRecord(key string, seq int64) bool {
	o, _ := OracleNamed(s.Oracle)
	switch {
	case o.result != nil, o.newest, s.Role == RoleDeadLetter:
		return false
	case o.owes == nil:
		return true
	}
	return o.owes(&s.Params, key, seq) > 0
}

// owes says whether records may have no output at a sink, or several.
func (s SinkSpec) owes() bool {
	o, _ := OracleNamed(s.Oracle)
	return o.owes != nil
}

// table says whether a sink holds the newest record of each key.
func (s SinkSpec) table() bool {
	o, _ := OracleNamed(s.Oracle)
	return o.newest
}

// results says whether outputs are results of many records.
func (s SinkSpec) results() bool {
	o, known := OracleNamed(s.Oracle)
	return known && o.result != nil
}

// known says why the outputs of a sink cannot be judged.
func (s SinkSpec) known() error {
	o, known := OracleNamed(s.Oracle)
	if !known {
		return fmt.Errorf("the oracle %q is not known, so its outputs cannot be judged", s.Oracle)
	}
	if err := o.Check(s.Params); err != nil {
		return fmt.Errorf("its outputs cannot be judged: %w", err)
	}
	return nil
}
