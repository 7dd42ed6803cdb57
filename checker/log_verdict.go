package checker

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"surety/checker/history"
)

// LogClasses are judged of a log by itself, in the order of reports.
var LogClasses = []Class{
	LostWrite, InconsistentOffsets, Duplicate, AbortedRead, FailedAppeared, PrecommittedRead, Unseen,
	IntPollSkip, PollSkip, IntNonmonotonicPoll, NonmonotonicPoll, IntNonmonotonicSend, NonmonotonicSend, OffsetRegression,
}

// LogVerdict is the judgement of one log by itself. It can break what is declared
// for the sinks that are read from it; the log in front of a processor has nothing
// declared, and what is found there explains what is found behind it.
type LogVerdict struct {
	Log       string          `json:"log"` // input, or the name of a sink
	Topic     string          `json:"topic,omitempty"`
	Sinks     []string        `json:"sinks,omitempty"` // whose guarantee it must keep
	Counts    map[Class]int64 `json:"counts"`          // every class that was judged, zero included
	Breaks    map[Class]int64 `json:"breaks,omitempty"`
	InFault   map[Class]int64 `json:"in_fault,omitempty"` // of Breaks, in or after a fault's window
	Findings  []Finding       `json:"findings,omitempty"` // the first few of each class
	NotJudged []Class         `json:"not_judged,omitempty"`
}

// verdicts concludes. begins are the moments at which faults began, by step.
func (f *logFold) verdicts(spec Spec, begins []history.Nanos, absence bool) (out []LogVerdict) {
	first := history.Nanos(math.MaxInt64)
	for _, b := range begins {
		first = min(first, b)
	}
	for _, topic := range slices.Sorted(maps.Keys(f.logs)) {
		l := f.logs[topic]
		l.tally.place(first)
		v := LogVerdict{Log: l.name(), Topic: topic, Counts: map[Class]int64{}, Breaks: map[Class]int64{}, InFault: map[Class]int64{}}
		var guarantees []Guarantee
		for _, s := range spec.Sinks {
			if slices.Contains(l.sinks, s.Name) {
				guarantees, v.Sinks = append(guarantees, s.Guarantee), append(v.Sinks, s.Name)
			}
		}
		for _, c := range LogClasses {
			if !f.judges(l, c, absence) {
				v.NotJudged = append(v.NotJudged, c)
				continue
			}
			n := l.tally.counts[c]
			v.Counts[c] = n
			for _, x := range l.tally.findings[c] {
				x.Sink, x.InFault = v.Log, x.moment >= first && first < math.MaxInt64
				for step, b := range begins {
					if b < math.MaxInt64 && b <= x.moment {
						x.Faults = append(x.Faults, step)
					}
				}
				v.Findings = append(v.Findings, x.Finding)
			}
			if n == 0 || !slices.ContainsFunc(guarantees, func(g Guarantee) bool { return g.Breaks(c) }) {
				continue
			}
			v.Breaks[c] = n
			if n := l.tally.inFault[c]; n > 0 {
				v.InFault[c] = n
			}
		}
		out = append(out, v)
	}
	return out
}

// name is what people call the log.
func (l *logState) name() string {
	if l.input || len(l.sinks) == 0 {
		return "input"
	}
	return l.sinks[0]
}

// judges says whether there was the evidence for a class.
func (f *logFold) judges(l *logState, c Class, absence bool) bool {
	switch c {
	case LostWrite, Unseen, Duplicate, AbortedRead, FailedAppeared:
		whole := f.whole(l.topic)
		return l.input && absence && f.located > 0 && whole != nil && whole.View == history.Input
	case NonmonotonicSend, IntNonmonotonicSend:
		return l.input && f.placed > 0
	case IntPollSkip, IntNonmonotonicPoll:
		return l.polls
	case PrecommittedRead:
		return l.anyTx
	case OffsetRegression:
		return l.group
	}
	return true
}

// reasonsOfLog says what in a log broke the guarantee of its sinks.
func reasonsOfLog(v LogVerdict, faults bool) (out []Reason) {
	for _, c := range LogClasses {
		n := v.Breaks[c]
		if n == 0 {
			continue
		}
		where := ", without any fault"
		if faults {
			where = fmt.Sprintf(", %d of them in or after a fault", v.InFault[c])
		}
		out = append(out, Reason{Text: fmt.Sprintf("log of %s: %s breaks what is declared: %d%s", strings.Join(v.Sinks, ", "), c, n, where)})
	}
	return out
}
