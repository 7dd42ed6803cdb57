package checker

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"surety/checker/history"
)

// windows follows the planned faults through a history: when each began and
// ended, what was offered meanwhile, and when new records came out again.
type windows struct {
	faults  []window
	offered []history.Nanos // of the latest attempts, not yet counted: a ring
	at      int             // the oldest of them, once the ring is full
	counted history.Nanos   // the latest time that was counted
	inAny   int64           // attempts offered in any window
	known   []opening       // from an earlier pass: the times of the windows
	first   history.Nanos   // when the first one began; MaxInt64 = none did
	early   history.Nanos   // latest time that was taken to be before that
	missed  bool            // a window came too late for what was counted before
	outlets map[outlet]bool // that have given records
	recent  [64]given       // of them, by a hash
	last    history.Nanos   // latest time in the history
}

// latest is how many attempts wait before they are counted: an attempt may be
// written down a little before a fault that began earlier.
const latest = 4096

type window struct {
	FaultResult
	begun, healed bool
	unhealed      bool                   // a phase failed after the injection and nothing healed it
	after         map[history.Name]int64 // lowest sequence of a key offered since it began; nil = not watched
	waiting       map[outlet]bool        // partitions that gave records before and no new one since
}

// opening is from when to when a window was open, both included.
type opening struct {
	begun    bool
	from, to history.Nanos
}

// outlet is one partition of a sink as one tail sees it.
type outlet struct {
	session   uint32
	partition int32
}

// given is an outlet, if any.
type given struct {
	outlet
	any bool
}

func newWindows(faults []FaultSpec, known []opening) *windows {
	w := &windows{
		faults: make([]window, len(faults)), outlets: map[outlet]bool{}, known: known,
		first: math.MaxInt64, early: math.MinInt64, counted: math.MinInt64,
	}
	for i, f := range faults {
		w.faults[i].Step, w.faults[i].Label, w.faults[i].Drawn = i, cmp.Or(f.Label, f.Name), f.Drawn
	}
	for _, s := range known {
		if s.begun {
			w.first = min(w.first, s.from)
		}
	}
	return w
}

func (w *windows) fault(f *history.Fault) {
	if f.Step < 0 || f.Step >= len(w.faults) {
		return
	}
	win := &w.faults[f.Step]
	if len(f.Targets) > 0 {
		win.Targets = f.Targets
	}
	if f.Evidence.Shown || f.Evidence.Text != "" || len(f.Evidence.Facts) > 0 {
		win.Evidence = append(win.Evidence, f.Evidence)
	}
	if f.Error != "" {
		win.Error = f.Error
	}
	switch f.Phase {
	case history.FaultInjected, history.FaultInEffect:
		if !win.begun {
			win.begun, win.From = true, f.At
			win.after, win.waiting = map[history.Name]int64{}, maps.Clone(w.outlets)
			w.first = min(w.first, f.At)
			w.missed = w.missed || w.known == nil && (w.early >= f.At || w.counted >= f.At)
		}
		win.Shown = win.Shown || f.Phase == history.FaultInEffect && f.Evidence.Shown
	case history.FaultHealed:
		w.missed = w.missed || w.known == nil && (win.healed || w.counted > f.At)
		win.healed, win.unhealed, win.To = true, false, f.At
	case history.FaultFailed:
		win.unhealed = win.begun && !win.healed
	}
}

// after says whether a moment lies in or after the first fault's window.
func (w *windows) after(at history.Nanos) bool {
	if at >= w.first {
		return true
	}
	w.early = max(w.early, at)
	return false
}

// intent notes when a record was offered: when the schedule wanted it, which an
// outage does not move.
func (w *windows) intent(in *history.Intent) {
	if len(w.faults) > 0 {
		w.offer(in)
	}
}

func (w *windows) offer(in *history.Intent) {
	t := cmp.Or(in.Intended, in.At)
	if len(w.offered) < latest {
		w.offered = append(w.offered, t)
	} else {
		w.count(w.offered[w.at])
		w.offered[w.at] = t
		w.at = (w.at + 1) % latest
	}
	for i := range w.faults {
		if f := &w.faults[i]; f.after != nil && t >= f.From {
			if low, known := f.after[in.Key]; !known || in.Seq < low {
				f.after[in.Key] = in.Seq
			}
		}
	}
}

// count counts an attempt that was offered at t in the windows that are known.
func (w *windows) count(t history.Nanos) {
	w.counted = max(w.counted, t)
	in := false
	for i := range w.faults {
		s := w.opening(i)
		if s.begun && t >= s.from && t <= s.to {
			w.faults[i].Offered++
			in = true
		}
	}
	if in {
		w.inAny++
	}
}

// opening is what is known of a window: from an earlier pass all, else what the
// history has told so far.
func (w *windows) opening(i int) opening {
	if w.known != nil {
		return w.known[i]
	}
	return w.faults[i].opening()
}

// opening is what the history has told so far.
func (f *window) opening() opening {
	s := opening{begun: f.begun, from: f.From, to: math.MaxInt64}
	if f.healed {
		s.to = f.To
	}
	return s
}

// tail notes a record that came out while the run went on. A fault is recovered
// from when every partition that gave records before it has given one that was
// offered after it began: a whole sink would hide the one partition that stands
// still.
func (w *windows) tail(o *history.Observation) {
	if len(w.faults) > 0 {
		w.out(o)
	}
}

func (w *windows) out(o *history.Observation) {
	at := outlet{o.Session, o.Partition}
	if r := &w.recent[(o.Session*13+uint32(o.Partition))%64]; !r.any || r.outlet != at { //nolint:gosec // a hash
		w.outlets[at], *r = true, given{at, true}
	}
	for i := range w.faults {
		f := &w.faults[i]
		if !f.waiting[at] {
			continue
		}
		if low, known := f.after[o.Key]; known && o.Seq >= low {
			took := max(o.At-f.From, 1)
			f.Recovery = max(f.Recovery, took)
			if f.Recoveries == nil {
				f.Recoveries = map[int32]history.Nanos{}
			}
			f.Recoveries[o.Partition] = max(f.Recoveries[o.Partition], took)
			if delete(f.waiting, at); len(f.waiting) == 0 {
				f.after = nil
			}
		}
	}
}

func (w *windows) see(at history.Nanos) { w.last = max(w.last, at) }

// finish counts what waits, once.
func (w *windows) finish() {
	for _, t := range w.offered {
		w.count(t)
	}
	w.offered = nil
}

// openings are the windows for a further pass.
func (w *windows) openings() []opening {
	out := make([]opening, len(w.faults))
	for i := range out {
		out[i] = w.faults[i].opening()
	}
	return out
}

// unforeseen says whether what was counted took the windows for others than they are.
func (w *windows) unforeseen() bool {
	return w.missed || w.known != nil && !slices.Equal(w.known, w.openings())
}

// forecaster is a source that can tell all faults of its history before it is read;
// false if it cannot.
type forecaster interface {
	Faults() ([]history.Fault, bool)
}

// foresee learns from a source when its windows will be, so that no record comes
// before the window that it lies in is known, and one pass is enough.
func foresee(src source, faults []FaultSpec) []opening {
	f, able := src.(forecaster)
	if !able || len(faults) == 0 {
		return nil
	}
	all, able := f.Faults()
	if !able {
		return nil
	}
	w := newWindows(faults, nil)
	for i := range all {
		w.fault(&all[i])
	}
	return w.openings()
}

// results closes what was not healed.
func (w *windows) results() (out []FaultResult) {
	for i := range w.faults {
		f := &w.faults[i]
		if f.begun && !f.healed {
			f.To = max(w.last, f.From)
		}
		out = append(out, f.FaultResult)
	}
	return out
}

// begins lists when the windows begin, by step; a fault that never began is
// beyond all times.
func (w *windows) begins() []history.Nanos {
	from := make([]history.Nanos, len(w.faults))
	for i := range w.faults {
		from[i] = history.Nanos(math.MaxInt64)
		if w.faults[i].begun {
			from[i] = w.faults[i].From
		}
	}
	return from
}

// unhealed says whether some fault was left in place.
func (w *windows) unhealed() bool {
	for i := range w.faults {
		if w.faults[i].unhealed {
			return true
		}
	}
	return false
}

// lastHeal is when the last fault was healed; ok = there was one, and none is left
// in place.
func (w *windows) lastHeal() (at history.Nanos, ok bool) {
	for i := range w.faults {
		f := &w.faults[i]
		if f.begun && !f.healed {
			return 0, false
		}
		if f.healed {
			at, ok = max(at, f.To), true
		}
	}
	return at, ok
}
