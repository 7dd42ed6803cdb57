package checker_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"surety/checker"
	"surety/checker/history"
)

// windowed is what a stored run has in its input log and in its sink.
type windowed struct {
	plan  checker.Spec
	input map[int32][]history.Observation  // by partition, each position once
	sink  map[windowOf]history.Observation // the last of each key and window
}

type windowOf struct {
	key   history.Name
	start int64
}

// stored reads the final reads of a run, nil where it has no windows.
func stored(t *testing.T, path string) *windowed {
	t.Helper()
	in, err := history.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	var plan struct {
		Judge checker.Spec `json:"judge"`
	}
	if err := json.Unmarshal(in.Header().Plan, &plan); err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(plan.Judge.Sinks, func(s checker.SinkSpec) bool { return s.Oracle == "window" }) {
		return nil
	}
	w := &windowed{plan: plan.Judge, input: map[int32][]history.Observation{}, sink: map[windowOf]history.Observation{}}
	sessions := map[uint32]history.Session{}
	var rec history.Record
	for {
		err := in.Next(&rec)
		if errors.Is(err, io.EOF) {
			return w
		}
		if err != nil {
			t.Fatal(err)
		}
		if rec.Kind == history.KindSession {
			var s history.Session
			if err := rec.As(&s); err != nil {
				t.Fatal(err)
			}
			sessions[s.Session] = s
		}
		o, s := rec.Observation, sessions[rec.Observation.Session]
		switch {
		case rec.Kind != history.KindObservation || o.Fence || s.Purpose != history.Final:
		case s.View == history.Input:
			w.input[o.Partition] = append(w.input[o.Partition], o)
		default:
			at := windowOf{o.Key, o.Event}
			if before, seen := w.sink[at]; !seen || o.Offset >= before.Offset { // a key stays in its partition
				w.sink[at] = o
			}
		}
	}
}

// recount counts the input log by itself: a record counts unless one before it in its
// partition lies past its window's end and the lateness.
func (w *windowed) recount() map[windowOf]int64 {
	p := w.plan.Sinks[0].Params
	size, lateness := p.Size.Milliseconds(), p.Lateness.Milliseconds()
	counts := map[windowOf]int64{}
	for _, records := range w.input {
		slices.SortFunc(records, func(a, b history.Observation) int { return cmp.Compare(a.Offset, b.Offset) })
		highest := int64(math.MinInt64)
		for _, r := range records {
			start := r.Event - r.Event%size
			if highest < start+size+lateness {
				counts[windowOf{r.Key, start}]++
			}
			highest = max(highest, r.Event)
		}
	}
	return counts
}

// The windows of a stored run are counted again from its input log, by other code than
// the judge's. Where one record closes a window for certain, they are right exactly
// where the verdict says so.
func TestWindowsOfStoredRunsEqualARecountOfTheirInput(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.history"))
	if err != nil {
		t.Fatal(err)
	}
	runs := 0
	for _, path := range files {
		w := stored(t, path)
		if w == nil {
			continue
		}
		runs++
		wrong := 0
		want := w.recount()
		for at, count := range want {
			if w.sink[at].Value != count {
				wrong++
			}
		}
		for at := range w.sink {
			if want[at] == 0 {
				wrong++
			}
		}
		v, err := checker.Judge(func() (*history.Reader, error) { return history.Open(path) }, w.plan)
		if err != nil {
			t.Fatal(err)
		}
		judged := v.Sinks[0].Counts[checker.WrongState]
		if (wrong > 0) != (judged > 0) || len(want) == 0 {
			t.Errorf("%s: %d of %d windows are wrong by the recount, %d by the judge", path, wrong, len(want), judged)
		}
		t.Logf("%s: %d windows, %d wrong by the recount, %d by the judge, %d dropped late", strings.TrimSuffix(filepath.Base(path), ".history"), len(want), wrong, judged, v.Sinks[0].Counts[checker.DroppedLate])
	}
	if runs == 0 {
		t.Error("there is no stored run with windows in testdata")
	}
}
