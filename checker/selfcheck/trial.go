package selfcheck

import (
	"cmp"
	"errors"
	"fmt"
	"hash/fnv"
	"os"

	"surety/checker"
	"surety/checker/history"
)

// Tally sums up trials.
type Tally struct {
	Trials      int64 `json:"trials"`
	Attempts    int64 `json:"attempts"`
	Planted     int64 `json:"planted"`      // findings that the judge had to make
	Found       int64 `json:"found"`        // and made
	Exact       int64 `json:"exact"`        // trials in which each count, place and origin was right
	Due         int64 `json:"due"`          // trials to be violated, under some guarantee
	Missed      int64 `json:"missed"`       // and not, or not by the right classes
	Sound       int64 `json:"sound"`        // trials to be upheld, under some guarantee
	FalseAlarms int64 `json:"false_alarms"` // and not
	Others      int64 `json:"others"`       // findings of other classes that were not planted
	// Problem is the first thing that was wrong, in the order of trials.
	Problem string `json:"problem,omitempty"`
	trial   int    // of Problem
}

// Add sums o up in t.
func (t *Tally) Add(o *Tally) {
	t.Trials += o.Trials
	t.Attempts += o.Attempts
	t.Planted += o.Planted
	t.Found += o.Found
	t.Exact += o.Exact
	t.Due += o.Due
	t.Missed += o.Missed
	t.Sound += o.Sound
	t.FalseAlarms += o.FalseAlarms
	t.Others += o.Others
	if o.Problem != "" && (t.Problem == "" || o.trial < t.trial) {
		t.Problem, t.trial = o.Problem, o.trial
	}
}

func (t *Tally) passed() bool {
	return t.Trials > 0 && t.Planted > 0 && t.Found == t.Planted && t.Exact == t.Trials &&
		t.Missed+t.FalseAlarms+t.Others == 0
}

// run draws the history of the trial, writes it below dir and has it judged.
func (t *trial) run(o Options, kind *Kind, dir history.Dir) (err error) {
	t.trial = t.no
	seed := fnv.New64a()
	fmt.Fprintf(seed, "%s\x00%s\x00%d", o.Seed, kind.Name, t.no)
	size := t.rung.attempts
	if t.rung.small {
		size += drawn(seed.Sum64(), 0).IntN(size + 1)
	}
	w := newWorld(kind, seed.Sum64(), size, t.rung.oneIn)
	if err := os.Mkdir(string(dir), 0o700); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(string(dir))) }()
	out, err := history.Create(dir, history.Header{Run: "selfcheck", Scenario: kind.Name, Seed: o.Seed})
	if err != nil {
		return err
	}
	w.tell(out)
	if err := out.Close(); err != nil {
		return err
	}
	t.Trials, t.Attempts, t.Planted = 1, int64(w.attempts), w.planted() //nolint:gosec // far from the end
	t.Found, t.Exact = t.Planted, 1
	under := kind.Under
	if under == nil {
		under = checker.Deliveries
	}
	if !t.rung.small {
		under = under[len(under)-1:]
	}
	open := func() (*history.Reader, error) { return history.Open(string(dir)) }
	for _, d := range under {
		spec := w.spec(guarantee(w, d, 0), guarantee(w, d, 1))
		v, err := o.Judge(open, spec)
		if err != nil {
			return err
		}
		t.compare(w, spec, v)
	}
	return nil
}

// guarantee draws what a sink declares.
func guarantee(w *world, d checker.Delivery, sink uint64) checker.Guarantee {
	draw := drawn(w.seed, 1<<20+sink+uint64(len(d)))
	g := checker.Guarantee{Delivery: d, Order: checker.OrderNone, Atomicity: draw.IntN(2) == 0}
	if w.kind.Under != nil || draw.IntN(2) == 0 {
		g.Order = checker.OrderKey
	}
	return g
}

// compare holds one verdict against what was planted.
func (t *trial) compare(w *world, spec checker.Spec, v *checker.Verdict) {
	if len(v.Sinks) != len(spec.Sinks) {
		t.wrong("%d sinks were judged of %d", len(v.Sinks), len(spec.Sinks))
		return
	}
	due, right, others := false, true, int64(0)
	for i := range spec.Sinks {
		g := spec.Sinks[i].Guarantee
		broken := w.want[i].broken(g)
		due = due || len(broken) > 0
		sound, more := t.sink(w, i, g, broken, &v.Sinks[i])
		right, others = right && sound, others+more
	}
	t.Others = max(t.Others, others)
	answer := checker.Upheld
	if due {
		answer = checker.Violated
	}
	if v.Answer != answer || v.Examined.Attempts != t.Attempts {
		t.wrong("it is %s, not %s, with %d attempts of %d: %v", v.Answer, answer, v.Examined.Attempts, t.Attempts, v.Reasons)
		right = right && v.Answer == answer
	}
	// A trial counts once, under however many guarantees it is judged: rates need
	// tries that are independent.
	if due {
		t.Due, t.Missed = 1, max(t.Missed, one(!right))
	} else {
		t.Sound, t.FalseAlarms = 1, max(t.FalseAlarms, one(!right))
	}
}

// sink holds the verdict of one sink against what was planted there. It reports
// whether the answer and the classes that it names are right, and the findings of
// other classes that were not planted.
func (t *trial) sink(w *world, i int, g checker.Guarantee, broken map[checker.Class]bool, sv *checker.SinkVerdict) (right bool, others int64) {
	want := w.want[i]
	for c := range union(sv.Counts, want.counts) {
		got, planted := sv.Counts[c], want.counts[c]
		if got == planted {
			continue
		}
		t.wrong("%s %s: %d were counted, %d planted", sv.Sink, c, got, planted)
		switch {
		case c == w.kind.Class && i == 0:
			t.Found = min(t.Found, got)
		case got > planted:
			others += got - planted
		}
	}
	if !want.stalled && differs(sv.Places, want.places) {
		t.wrong("%s places: %v, planted %v", sv.Sink, sv.Places, want.places)
	}
	if by := want.byWhom(g); differs(sv.Origins, by) {
		t.wrong("%s origins: %v, planted %v", sv.Sink, sv.Origins, by)
	}
	answer := checker.Upheld
	if len(broken) > 0 {
		answer = checker.Violated
	}
	right = sv.Answer == answer
	for c := range union(sv.Breaks, want.counts) {
		right = right && (sv.Breaks[c] > 0) == broken[c]
	}
	if !right {
		t.wrong("%s is %s under %s: broken by %v, planted %v", sv.Sink, sv.Answer, g.Delivery, sv.Breaks, want.counts)
	}
	return right, others
}

// wrong notes the first thing that is not as planted.
func (t *trial) wrong(format string, args ...any) {
	t.Exact = 0
	t.Problem = cmp.Or(t.Problem, fmt.Sprintf("trial %d: ", t.no)+fmt.Sprintf(format, args...))
}

func union[K comparable](a, b map[K]int64) map[K]bool {
	out := map[K]bool{}
	for k := range a {
		out[k] = true
	}
	for k := range b {
		out[k] = true
	}
	return out
}

func one(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}
