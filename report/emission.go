package report

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/olekukonko/tablewriter/tw"

	"surety/checker"
)

// Emission is what a run of a service is about that changes rows and tells of them by
// events.
type Emission struct {
	Pattern string // by which it does
	Point   string // where it was broken; steady where it was not
	Clients int    // that order at once
	Closed  bool   // each waits for its answer before it orders again
	Policy  string // of the clients: what they do with an order that was not accepted
}

// emitted are the runs of one pattern in one situation.
type emitted struct {
	Emission
	rows, lost, phantom, duplicated, reordered int64
	judged                                     int
	accepted, events, p50, p99, event          []float64 // of each run: a second, a second, ms, ms, ms
	recovery                                   time.Duration
}

// emissionsOf sums runs up by pattern and situation, in the order of the runs. Those
// without an answer are left out.
func emissionsOf(runs []Run) (out []*emitted) {
	for _, r := range runs {
		if r.Emission == nil || r.Verdict == nil {
			continue
		}
		i := slices.IndexFunc(out, func(e *emitted) bool { return e.Emission == *r.Emission })
		if i < 0 {
			i = len(out)
			out = append(out, &emitted{Emission: *r.Emission})
		}
		out[i].add(r)
	}
	return out
}

func (e *emitted) add(r Run) {
	e.judged++
	e.lost += r.lost()
	e.phantom += r.count(checker.FailedAppeared) + r.count(checker.Phantom)
	e.duplicated += r.count(checker.Duplicated)
	e.reordered += r.count(checker.Reordered)
	e.recovery = max(e.recovery, longestRecovery(r.Verdict))
	if r.Records == nil {
		return
	}
	e.rows += r.Records.Logged
	for _, s := range []struct {
		name string
		to   *[]float64
	}{{"latency_p50_ms", &e.p50}, {"latency_p99_ms", &e.p99}} {
		if v, ok := r.sample(s.name); ok {
			*s.to = append(*s.to, v)
		}
	}
	if t := r.Records.Timeline; t != nil {
		e.accepted = append(e.accepted, t.acceptance())
		e.events = append(e.events, t.throughput())
		e.event = append(e.event, float64(t.P99)/float64(time.Millisecond))
	}
}

// acceptance is how many records a second were acknowledged while they were offered.
func (t *Timeline) acceptance() float64 {
	last, ok := -1, int64(0)
	for i, s := range t.Steps {
		if s.Offered > 0 {
			last = i
		}
	}
	for _, s := range t.Steps[:last+1] {
		ok += s.OK
	}
	if last < 0 || t.Width <= 0 {
		return 0
	}
	return float64(ok) / (time.Duration(t.Width) * time.Duration(last+1)).Seconds()
}

// emissions writes both tables of services that emit events: what was lost where, and
// what each pattern costs. It writes nothing where no such service ran.
func emissions(w io.Writer, runs []Run) error {
	all := emissionsOf(runs)
	if len(all) == 0 {
		return nil
	}
	if err := whereLost(w, all); err != nil {
		return err
	}
	return whatCosts(w, all)
}

// whereLost is the table of patterns by situations.
func whereLost(w io.Writer, all []*emitted) error {
	var patterns, points []string
	cells := map[[2]string]*emitted{}
	for _, e := range all {
		if e.Closed {
			continue
		}
		if !slices.Contains(patterns, e.Pattern) {
			patterns = append(patterns, e.Pattern)
		}
		if !slices.Contains(points, e.Point) {
			points = append(points, e.Point)
		}
		cells[[2]string{e.Pattern, e.Point}] = e
	}
	if len(patterns) == 0 {
		return nil
	}
	rows := [][]string{}
	for _, point := range points {
		row := []string{point}
		for _, pattern := range patterns {
			cell := ""
			if e := cells[[2]string{pattern, point}]; e != nil {
				cell = fmt.Sprintf("%d/%d/%d/%d", e.lost, e.phantom, e.duplicated, e.reordered)
			}
			row = append(row, cell)
		}
		rows = append(rows, row)
	}
	align := make([]tw.Align, len(patterns)+1)
	for i := range align {
		align[i] = tw.AlignRight
	}
	align[0] = tw.AlignLeft
	if _, err := fmt.Fprint(w, "\n"); err != nil {
		return err
	}
	if err := table(w, align, append([]string{"broken at"}, patterns...), rows); err != nil {
		return err
	}
	_, err := fmt.Fprint(w, "\n rows without an event / events without a row / events again / events out of order\n")
	return err
}

// whatCosts is the table of patterns with what they cost.
func whatCosts(w io.Writer, all []*emitted) error {
	rows, policies := [][]string{}, []string{}
	for _, e := range all {
		loop := "scheduled"
		if e.Closed {
			loop = "closed"
		}
		rows = append(rows, []string{
			e.Pattern, e.Point, fmt.Sprintf("%d %s", e.Clients, loop), grouped(e.rows), e.consistency(), grouped(e.duplicated),
			whole(e.accepted), e.overhead(all), whole(e.events), tenth(e.p50), tenth(e.p99), tenth(e.event), recovered(e.recovery),
		})
		if !slices.Contains(policies, e.Policy) {
			policies = append(policies, e.Policy)
		}
	}
	header := []string{
		"pattern", "broken at", "clients", "rows", "consistency", "again", "accepted/s", "overhead", "events/s",
		"answer p50 ms", "p99 ms", "event p99 ms", "recovery",
	}
	align := []tw.Align{tw.AlignLeft, tw.AlignLeft, tw.AlignRight}
	for len(align) < len(header) {
		align = append(align, tw.AlignRight)
	}
	if _, err := fmt.Fprint(w, "\n"); err != nil {
		return err
	}
	if err := table(w, align, header, rows); err != nil {
		return err
	}
	text := "\n consistency = (rows - rows without an event - events without a row) / rows; events that came again count beside it\n" +
		" overhead = accepted/s of direct with as many clients in a closed loop, over the pattern's, less 1; medians where there were several trials\n"
	for _, p := range policies {
		text += " clients: " + p + "\n"
	}
	_, err := fmt.Fprint(w, text)
	return err
}

// consistency is the share of rows that events tell of rightly.
func (e *emitted) consistency() string {
	if e.rows == 0 {
		return "–"
	}
	return fmt.Sprintf("%.3f %%", 100*float64(e.rows-e.lost-e.phantom)/float64(e.rows))
}

// overhead compares with direct emission under the same closed loop.
func (e *emitted) overhead(all []*emitted) string {
	own := MedianOf(e.accepted).Value
	for _, base := range all {
		if base.Pattern == "direct" && base.Closed && e.Closed && base.Clients == e.Clients && base.Point == e.Point && own > 0 {
			return fmt.Sprintf("%+.0f %%", 100*(MedianOf(base.accepted).Value/own-1))
		}
	}
	return ""
}

func whole(values []float64) string {
	if len(values) == 0 {
		return "–"
	}
	return grouped(int64(MedianOf(values).Value))
}

func tenth(values []float64) string {
	if len(values) == 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f", MedianOf(values).Value)
}

func recovered(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return tenths(d)
}
