package report

import (
	"strconv"
	"time"

	"surety/checker"
	"surety/checker/history"
)

// Figure is one number of a run. All formats but the terminal's take theirs from
// Figures, so that no two of them count differently.
type Figure struct {
	Name  string // ok, failed, ..., recovery
	Value float64
	Unit  string // records, faults, s or per record
}

// Figures are the numbers that sum a run up; none where nothing was judged.
// Without a fault that was recovered from there is no recovery.
func (r Run) Figures() []Figure {
	if r.Verdict == nil {
		return nil
	}
	e := r.Verdict.Examined
	shown, dropped := 0, r.dropped()
	for _, f := range r.Verdict.Faults {
		if f.Shown {
			shown++
		}
	}
	var out []Figure
	add := func(name string, n int64, unit string) { out = append(out, Figure{name, float64(n), unit}) }
	add("attempts", e.Attempts, "records")
	add("ok", e.OK, "records")
	add("failed", e.Failed, "records")
	add("unknown", e.Unknown, "records")
	add("observations", e.Observations, "records")
	add("offered-in-faults", e.InFault, "records")
	add("lost", r.lost(), "records")
	add("duplicated", r.count(checker.Duplicated), "records")
	add("reordered", r.count(checker.Reordered), "records")
	add("faults", int64(len(r.Faults)-dropped), "faults")
	add("faults-shown", int64(shown), "faults")
	if dropped > 0 {
		add("faults-dropped", int64(dropped), "faults")
	}
	if d := longestRecovery(r.Verdict); d > 0 {
		out = append(out, Figure{"recovery", seconds(d), "s"})
	}
	return append(out, r.overload()...)
}

// perRecord is the unit of a ratio.
const perRecord = "per record"

// overload tells what retries and overload made of the load: how often a record came
// out on average, where some came again, and of surges how many records waited at most
// before the processors and the longest time that it took to drain them.
func (r Run) overload() (out []Figure) {
	all, again := r.Verdict.Examined.Observations, r.count(checker.Duplicated)
	if again > 0 && all > again {
		out = append(out, Figure{"deliveries", float64(all) / float64(all-again), perRecord})
	}
	var most, drained float64
	for _, f := range r.Verdict.Faults {
		for _, e := range f.Evidence {
			most, drained = max(most, fact(e, "queued_most_records")), max(drained, fact(e, "drained_ms"))
		}
	}
	if drained > 0 {
		out = append(out, Figure{"queued-most", most, "records"}, Figure{"drained", drained / 1000, "s"})
	}
	return out
}

// fact is a measured number of evidence; 0 where it tells none of that name.
func fact(e history.Evidence, name string) float64 {
	switch n := e.Facts[name].(type) {
	case float64:
		return n
	case int64:
		return float64(n)
	}
	return 0
}

// dropped counts the faults that the seed drew and that were not shown to act: they
// do not count.
func (r Run) dropped() (n int) {
	for _, f := range r.Verdict.Faults {
		if f.Drawn && !f.Shown {
			n++
		}
	}
	return n
}

// unshown says of a fault that was not shown to act what that means.
func unshown(f checker.FaultResult) string {
	if f.Drawn {
		return "not shown, does not count"
	}
	return "not shown"
}

// Text prints the number for people: 20,000 or 0.9 s.
func (f Figure) Text() string {
	switch f.Unit {
	case "s":
		return tenths(time.Duration(f.Value * float64(time.Second)))
	case perRecord:
		return strconv.FormatFloat(f.Value, 'f', 3, 64)
	}
	return grouped(int64(f.Value))
}

// Plain prints the number for programs.
func (f Figure) Plain() string { return strconv.FormatFloat(f.Value, 'f', -1, 64) }

// figure prints one of the figures; it is empty where there is none.
func (r Run) figure(name string) string {
	for _, f := range r.Figures() {
		if f.Name == name {
			return f.Text()
		}
	}
	return ""
}
