package checker

import (
	"reflect"
	"testing"

	"surety/checker/history"

	"pgregory.net/rapid"
)

// prophecy is a story that can tell its faults ahead.
type prophecy struct {
	source
	faults []history.Fault
}

func (p *prophecy) Faults() ([]history.Fault, bool) { return p.faults, true }

// A fault may be written down after what happened in its window. To know it ahead
// saves a pass and changes no verdict.
func TestFaultsThatAreKnownAheadChangeNoVerdict(t *testing.T) {
	phases := []history.FaultPhase{
		history.FaultInjected, history.FaultInEffect, history.FaultHealing, history.FaultHealed, history.FaultFailed,
	}
	rapid.Check(t, func(rt *rapid.T) {
		s := tale(rt)
		spec := specOf(ExactlyOnce, OrderKey)
		spec.Faults = []FaultSpec{{Name: "kill"}, {Name: "cut"}}
		var faults []history.Fault
		var recs []any
		for _, rec := range s.recs {
			if rapid.IntRange(0, 9).Draw(rt, "a fault") == 0 {
				f := history.Fault{
					Step: rapid.IntRange(-1, 2).Draw(rt, "step"), Name: "kill",
					Phase: rapid.SampledFrom(phases).Draw(rt, "phase"),
					At:    history.Nanos(rapid.Int64Range(0, int64(s.now)+2).Draw(rt, "at")),
				}
				f.Evidence.Shown = f.Phase == history.FaultInEffect
				faults, recs = append(faults, f), append(recs, f)
			}
			recs = append(recs, rec)
		}
		s.recs = recs
		ahead := judge{spec: spec, shards: 2, budget: caseEvents, level1: true, open: func() (source, error) {
			src, err := s.open()
			return &prophecy{src, faults}, err
		}}
		got, err := ahead.verdict()
		if err != nil {
			rt.Fatal(err)
		}
		late := judge{spec: spec, shards: 2, budget: caseEvents, level1: true, open: s.open}
		want, err := late.verdict()
		if err != nil {
			rt.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			rt.Fatalf("known ahead: %s\nas they come: %s\n%s", show(got), show(want), s.dump())
		}
	})
}

func TestAHistoryWithALateFaultIsReadOnceIfItCanBeForeseen(t *testing.T) {
	s := newStory()
	l := s.tail()
	s.try(ok, "k", 1, 2)
	from := s.now + 1
	s.try(ok, "k", 3, 4)
	l.see("k", 1, 2, 3, 4)
	s.put(history.Fault{Phase: history.FaultInEffect, Evidence: history.Evidence{Shown: true}, At: from})
	s.put(history.Fault{Phase: history.FaultHealed, At: s.tick()})
	l.end("")
	s.out("k", 1, 2, 3, 4)
	s.close()
	dir := s.file(t)
	for _, row := range []struct {
		why   string
		able  bool
		reads int
	}{
		{"its faults are told ahead", true, 1},
		{"they come too late for what was judged before", false, 2},
	} {
		reads := 0
		j := judge{spec: specWithFaults(1), shards: 2, budget: caseEvents, open: func() (source, error) {
			reads++
			r, err := history.Open(string(dir))
			if row.able || err != nil {
				return r, err
			}
			return struct{ source }{r}, nil
		}}
		v, err := j.verdict()
		if err != nil || v.Answer != Upheld || v.Faults[0].Offered != 2 {
			t.Fatal(row.why, show(v), err)
		}
		if reads != row.reads {
			t.Errorf("%s: the history was read %d times, not %d", row.why, reads, row.reads)
		}
	}
}
