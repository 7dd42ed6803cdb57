package checker

import "surety/checker/history"

// outputs hands the facts of a history to the sinks whose outputs are results.
type outputs struct {
	marks *watermarks // nil where no window closes
	sinks []*results  // by sink; nil where outputs are records
	any   bool
}

func newOutputs(spec Spec, told bool, name func(history.Name) string) *outputs {
	out := &outputs{sinks: make([]*results, len(spec.Sinks))}
	for i := range spec.Sinks {
		sink := &spec.Sinks[i]
		o, known := OracleNamed(sink.Oracle)
		if !known || o.result == nil || o.Check(sink.Params) != nil {
			continue
		}
		out.sinks[i], out.any = newResults(sink, o, told, name), true
		if sink.Params.Size > 0 {
			out.marks = newWatermarks(spec.InputPartitions)
		}
	}
	return out
}

// Most sinks have none: callers look at any before they tell what they know.

func (o *outputs) attempted(in *history.Intent) {
	behind := int64(never)
	if o.marks != nil {
		behind = o.marks.sent(in.Event)
	}
	for _, r := range o.sinks {
		if r != nil {
			r.attempted(in, behind)
		}
	}
}

func (o *outputs) settled(at *attempt, class history.OutcomeClass, aborted bool) {
	before := int64(never)
	if o.marks != nil {
		before = o.marks.answered(at.event, at.part, class)
	}
	for _, r := range o.sinks {
		if r != nil {
			r.settled(at, class, aborted, before)
		}
	}
}

func (o *outputs) logged(lane uint32, ob *history.Observation) {
	before := int64(never)
	if o.marks != nil {
		before = o.marks.logged(lane, ob.Offset, ob.Event)
	}
	for _, r := range o.sinks {
		if r != nil {
			r.logged(ob, before)
		}
	}
}

// sighted reports whether the sink's outputs are results, and the record was one.
func (o *outputs) sighted(sink int, lane uint32, ob *history.Observation, at history.Nanos) bool {
	r := o.sinks[sink]
	if r != nil {
		r.sighted(ob, lane, at)
	}
	return r != nil
}

// finish judges the results of all sinks.
func (o *outputs) finish(sc scope, tallies []*tally) {
	for i, r := range o.sinks {
		if r != nil {
			r.finish(sc, sc.sinks[i], tallies[i])
		}
	}
}
