package checker

import (
	"math"
	"slices"

	"surety/checker/history"
)

// conclude turns the tallies into the verdict.
func (j *judge) conclude() *Verdict {
	s := j.scan
	v := &Verdict{Faults: s.windows.results(), Examined: s.attempts.examined, CutOff: !s.ended}
	v.Examined.InputRead = s.input.sound
	v.Examined.InFault = s.windows.inAny
	v.Examined.Drained = s.drain != nil && (s.drain.Drained || s.drain.Complete)

	run := reasonsOfRun(j.spec, v)
	var violations, reasons []Reason
	v.Answer = Upheld
	if len(j.spec.Sinks) == 0 {
		v.Answer = Inconclusive
	}
	for i, spec := range j.spec.Sinks {
		sv := j.sink(i)
		violated := reasonsOfBreaks(&sv, len(j.spec.Faults) > 0, j.told)
		open := reasonsOfSink(spec, s, i, v)
		if stalled(spec.Guarantee, s, v) {
			open = append(open, drainReason(spec.Name, s.drain))
		}
		switch {
		case len(violated) > 0:
			sv.Answer = Violated
		case len(open) > 0, len(run) > 0:
			sv.Answer = Inconclusive
		default:
			sv.Answer = Upheld
		}
		v.Answer = worse(v.Answer, sv.Answer)
		violations = append(violations, violated...)
		reasons = append(reasons, open...)
		v.Sinks = append(v.Sinks, sv)
	}
	if j.logs != nil {
		v.Logs = j.logs.verdicts(j.spec, s.windows.begins(), j.scope.complete)
	}
	for _, l := range v.Logs {
		if broken := reasonsOfLog(l, len(j.spec.Faults) > 0); len(broken) > 0 {
			v.Answer = Violated
			violations = append(violations, broken...)
		}
	}
	v.Reasons = slices.Concat(violations, run, reasons)
	return v
}

func worse(a, b Answer) Answer {
	for _, x := range []Answer{Violated, Inconclusive} {
		if a == x || b == x {
			return x
		}
	}
	return Upheld
}

// sink fills in the judgement of one sink but for its answer.
func (j *judge) sink(i int) SinkVerdict {
	spec, t, sc := j.spec.Sinks[i], j.tallies[i], j.scope
	begins := j.scan.windows.begins()
	first := history.Nanos(math.MaxInt64)
	for _, b := range begins {
		first = min(first, b)
	}
	hit := first < math.MaxInt64 // some fault began

	judged, not := judged(spec, sc, sc.sinks[i])
	stuck, known := j.stuck(i)
	if known {
		judged = append(judged, Stuck)
	} else {
		not = append(not, Stuck)
	}
	if stuck {
		f := Finding{Class: Stuck, At: j.scan.drain.At, Note: j.scan.drain.Reason}
		t.add(f, math.MaxInt64)
	}
	if spec.Guarantee.Accepted > 0 {
		if e := j.scan.attempts.examined; sc.complete && e.OK > 0 {
			judged = append(judged, Unavailable)
			t.unavailable(spec.Guarantee.Accepted, e, hit)
		} else {
			not = append(not, Unavailable)
		}
	}

	sv := SinkVerdict{
		Sink: spec.Name, Guarantee: spec.Guarantee, NotJudged: not,
		Counts: map[Class]int64{}, Breaks: map[Class]int64{}, InFault: map[Class]int64{},
		Places: t.places, Origins: map[Origin]int64{}, Keys: t.keys,
	}
	for _, c := range judged {
		sv.Counts[c] = t.counts[c]
		for _, f := range t.findings[c] {
			f.Sink = spec.Name
			f.InFault = hit && f.moment >= first
			for step, b := range begins {
				if b < math.MaxInt64 && b <= f.moment {
					f.Faults = append(f.Faults, step)
				}
			}
			sv.Findings = append(sv.Findings, f.Finding)
		}
		if t.counts[c] == 0 || !spec.Guarantee.Breaks(c) {
			continue
		}
		sv.Breaks[c] = t.counts[c]
		if n := t.inFault[c]; n > 0 {
			sv.InFault[c] = n
		}
		if c == Vanished && sc.sinks[i].absence {
			continue // each of them is counted as lost
		}
		plus(sv.Origins, t.origins[c])
	}
	if spec.Role == RoleSubscription {
		sv.blameSubscriber()
	}
	return sv
}

// stuck says whether the system stood still while the harness waited for it, and
// whether that can be said: a system out of which nothing ever came, or one with
// a fault that nobody could heal, is not stuck by its own doing.
func (j *judge) stuck(i int) (stuck, known bool) {
	s := j.scan
	if !s.ended || s.drain == nil {
		return false, false
	}
	d := s.drain
	if d.Drained || d.Complete || d.Moving || d.Fences {
		return false, true
	}
	known = s.seen[i].any && !s.windows.unhealed()
	return known, known
}

// stalled says whether a sink that did not drain leaves its guarantee open. Only
// at-most-once can be judged of a system that stood still: all that is missing
// may be missing.
func stalled(g Guarantee, s *scan, v *Verdict) bool {
	if v.CutOff || v.Examined.Drained {
		return false
	}
	d := s.drain
	return d == nil || d.Moving || d.Fences || s.windows.unhealed() || g.Breaks(Stuck)
}
