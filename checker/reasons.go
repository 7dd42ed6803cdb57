package checker

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"surety/checker/history"
)

// reasonsOfRun lists what leaves every sink of a run open.
func reasonsOfRun(spec Spec, v *Verdict) (out []Reason) {
	say := func(try, format string, args ...any) {
		out = append(out, Reason{Text: fmt.Sprintf(format, args...), Try: try})
	}
	if len(spec.Sinks) == 0 {
		say("declare a sink and its guarantee", "no sink is declared, so nothing was judged")
	}
	if v.CutOff {
		say("let the run come to its end", "the history was cut off: what is missing in it may be what was not recorded")
	}
	if v.Examined.OK == 0 {
		say("look at the brokers' logs and the driver's errors", "no record was acknowledged, so nothing can be missed (%d attempts)", v.Examined.Attempts)
	}
	out = append(out, reasonsOfFaults(spec.Faults, v.Faults)...)
	if n, least := v.Examined.OK, spec.Floors.Records; n < least {
		say("raise the number of records or the rate", "%d records were acknowledged, fewer than the %d that the scenario asks for", n, least)
	}
	if n, least := v.Examined.InFault, spec.Floors.RecordsInFault; n < least && len(spec.Faults) > 0 {
		say("raise the rate, or let the faults last longer", "%d records were offered while a fault held, fewer than the %d that the scenario asks for", n, least)
	}
	return out
}

// reasonsOfFaults wants the effect of every declared fault shown, and of half of
// those drawn from the seed.
func reasonsOfFaults(specs []FaultSpec, results []FaultResult) (out []Reason) {
	drawn, shown := 0, 0
	var silent []string
	for i, f := range specs {
		r := results[i]
		if f.Drawn {
			if drawn++; r.Shown {
				shown++
			} else {
				silent = append(silent, r.Label)
			}
			continue
		}
		if !r.Shown {
			out = append(out, Reason{
				Text: fmt.Sprintf("the fault %s was not shown to take effect: %s", r.Label, whyNotShown(r)),
				Try:  "aim it at a target that carries traffic, or let it last longer",
			})
		}
	}
	if 2*shown < drawn {
		out = append(out, Reason{
			Text: fmt.Sprintf("only %d of %d drawn faults were shown to take effect; not shown: %s", shown, drawn, strings.Join(silent, ", ")),
			Try:  "run longer, or with another seed",
		})
	}
	return out
}

func whyNotShown(r FaultResult) string {
	texts := []string{}
	for _, e := range r.Evidence {
		if e.Text != "" && !slices.Contains(texts, e.Text) {
			texts = append(texts, e.Text)
		}
	}
	if r.Error != "" {
		texts = append(texts, r.Error)
	}
	return cmp.Or(strings.Join(texts, "; "), "the history has no evidence of it")
}

// reasonsOfSink lists what leaves one sink open.
func reasonsOfSink(spec SinkSpec, s *scan, i int, v *Verdict) (out []Reason) {
	say := func(try, format string, args ...any) {
		out = append(out, Reason{Text: spec.Name + ": " + fmt.Sprintf(format, args...), Try: try})
	}
	if !slices.Contains(Deliveries, spec.Guarantee.Delivery) {
		say("declare at-most-once, at-least-once or exactly-once", "the guarantee %q is not known", spec.Guarantee.Delivery)
	}
	if o := spec.Guarantee.Order; o != "" && o != OrderNone && o != OrderKey {
		say("declare none or key", "the order %q is not known", o)
	}
	if err := spec.known(); err != nil {
		say("declare what the processor does: identity, filter, count, ...", "%s", err)
	}
	if s.seen[i].judged == 0 && spec.Role != RoleDeadLetter {
		say("look at the logs of the processors: did they start, and reach the brokers?", "nothing came out")
	}
	if !v.CutOff && !s.known.complete[i] {
		say("run again; if it happens again, look at the brokers' logs", "the final read is not sound: %s", s.unsound(i))
	}
	return out
}

// unsound says why the final read of a sink cannot be trusted.
func (s *scan) unsound(sink int) string {
	why := []string{}
	for _, ses := range s.sessions {
		switch {
		case ses.sink != sink || ses.Purpose != history.Final:
		case ses.err != "":
			why = append(why, ses.err)
		case !ses.ended:
			why = append(why, "it did not come to its end")
		}
	}
	slices.Sort(why)
	return cmp.Or(strings.Join(slices.Compact(why), "; "), "there was none")
}

// drainReason says that not everything came out in time.
func drainReason(sink string, d *history.Drain) Reason {
	switch {
	case d == nil:
		return Reason{
			Text: sink + ": the history does not say whether everything came out",
			Try:  "let the run wait for its sinks to drain",
		}
	case d.Moving:
		return Reason{
			Text: sink + ": records were still coming out when the wait for them ended" + because(d.Reason),
			Try:  "raise the drain's deadline, or lower the rate",
		}
	}
	return Reason{
		Text: sink + ": it did not drain" + because(d.Reason),
		Try:  "raise the drain's deadline, and look at the logs of the processors",
	}
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return " (" + reason + ")"
}

// reasonsOfBreaks says what broke the guarantee of a sink, in the order of Judged.
// A trace that was told by another tool knows nothing of faults.
func reasonsOfBreaks(sv *SinkVerdict, faults, told bool) (out []Reason) {
	for _, c := range Judged {
		n := sv.Breaks[c]
		if n == 0 {
			continue
		}
		where := ", without any fault"
		switch {
		case told:
			where = ""
		case faults:
			where = fmt.Sprintf(", %d of them in or after a fault", sv.InFault[c])
		}
		out = append(out, Reason{
			Text: fmt.Sprintf("%s: %s breaks %s: %d%s", sv.Sink, c, sv.Guarantee.Delivery, n, where),
		})
	}
	return out
}
