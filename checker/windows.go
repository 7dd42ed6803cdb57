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
	offered []history.Nanos // of every attempt
	outlets map[outlet]bool // that have given records
	last    history.Nanos   // latest time in the history
}

type window struct {
	FaultResult
	begun, healed bool
	unhealed      bool                   // a phase failed after the injection and nothing healed it
	after         map[history.Name]int64 // lowest sequence of a key offered since it began; nil = not watched
	waiting       map[outlet]bool        // partitions that gave records before and no new one since
}

// outlet is one partition of a sink as one tail sees it.
type outlet struct {
	session   uint32
	partition int32
}

func newWindows(faults []FaultSpec) *windows {
	w := &windows{faults: make([]window, len(faults)), outlets: map[outlet]bool{}}
	for i, f := range faults {
		w.faults[i].Step, w.faults[i].Label = i, cmp.Or(f.Label, f.Name)
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
		}
		win.Shown = win.Shown || f.Phase == history.FaultInEffect && f.Evidence.Shown
	case history.FaultHealed:
		win.healed, win.unhealed, win.To = true, false, f.At
	case history.FaultFailed:
		win.unhealed = win.begun && !win.healed
	}
}

// intent notes when a record was offered: when the schedule wanted it, which an
// outage does not move.
func (w *windows) intent(in *history.Intent) {
	t := cmp.Or(in.Intended, in.At)
	w.offered = append(w.offered, t)
	for i := range w.faults {
		if f := &w.faults[i]; f.after != nil && t >= f.From {
			if low, known := f.after[in.Key]; !known || in.Seq < low {
				f.after[in.Key] = in.Seq
			}
		}
	}
}

// tail notes a record that came out while the run went on. A fault is recovered
// from when every partition that gave records before it has given one that was
// offered after it began: a whole sink would hide the one partition that stands
// still.
func (w *windows) tail(o *history.Observation) {
	at := outlet{o.Session, o.Partition}
	w.outlets[at] = true
	for i := range w.faults {
		f := &w.faults[i]
		if !f.waiting[at] {
			continue
		}
		if low, known := f.after[o.Key]; known && o.Seq >= low {
			f.Recovery = max(f.Recovery, o.At-f.From, 1)
			if delete(f.waiting, at); len(f.waiting) == 0 {
				f.after = nil
			}
		}
	}
}

func (w *windows) see(at history.Nanos) { w.last = max(w.last, at) }

// finish closes what was not healed and counts the attempts in each window; all
// is their number in any of them.
func (w *windows) finish() (results []FaultResult, all int64) {
	slices.Sort(w.offered)
	upTo := func(t history.Nanos) int { // attempts offered before t
		n, _ := slices.BinarySearch(w.offered, t)
		return n
	}
	var spans []span
	for i := range w.faults {
		f := &w.faults[i]
		if f.begun {
			if !f.healed {
				f.To = max(w.last, f.From)
			}
			s := span{upTo(f.From), len(w.offered)}
			if f.To < math.MaxInt64 {
				s.to = max(s.from, upTo(f.To+1))
			}
			f.Offered = int64(s.to - s.from)
			spans = append(spans, s)
		}
		results = append(results, f.FaultResult)
	}
	return results, covered(spans)
}

type span struct{ from, to int }

// covered is how much lies in any of the spans.
func covered(spans []span) (n int64) {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	end := 0
	for _, s := range spans {
		if from := max(s.from, end); s.to > from {
			n += int64(s.to - from)
			end = s.to
		}
	}
	return n
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
	return slices.ContainsFunc(w.faults, func(f window) bool { return f.unhealed })
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
