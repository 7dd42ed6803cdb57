package checker

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"surety/checker/history"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestJudgeReadsAStoredHistory(t *testing.T) {
	s := newStory()
	s.try(ok, "k", 1, 2, 3)
	s.out("k", 1, 2, 2)
	s.close()
	dir := s.file(t)
	spec := specOf(ExactlyOnce, OrderKey)
	got, err := Judge(func() (*history.Reader, error) { return history.Open(string(dir)) }, spec)
	if err != nil {
		t.Fatal(err)
	}
	want := judgeStory(t, s, spec, 1, 100)
	want.Logs = got.Logs // judged of files only
	if !reflect.DeepEqual(got, want) {
		t.Errorf("from the file: %s\nfrom memory: %s", show(got), show(want))
	}
	if got.Answer != Violated || got.Sinks[0].Breaks[Lost] != 1 || got.Sinks[0].Breaks[Duplicated] != 1 {
		t.Errorf("%s", show(got))
	}
}

func TestJudgeFailsOnlyIfTheHistoryCannotBeRead(t *testing.T) {
	gone := errors.New("the file is gone")
	spec := specOf(ExactlyOnce, OrderKey)
	if _, err := Judge(func() (*history.Reader, error) { return nil, gone }, spec); !errors.Is(err, gone) {
		t.Errorf("error %v, want %v", err, gone)
	}
	s := newStory()
	s.try(ok, "k", 1)
	s.out("k", 1, 1)
	s.close()
	opened := 0
	j := judge{spec: spec, shards: 2, budget: 100, open: func() (source, error) {
		if opened++; opened > 1 {
			return nil, gone
		}
		return s.open()
	}}
	if _, err := j.verdict(); !errors.Is(err, gone) {
		t.Errorf("second pass: error %v, want %v", err, gone)
	}
}

// A harness may die after any record: what is left must never be upheld, never
// miss anything, and show nothing that the whole history does not.
func TestCutOffAtEveryRecord(t *testing.T) {
	whole := func() *story {
		s := newStory()
		s.try(ok, "a", 1, 2)
		s.try(unknown, "b", 1)
		l := s.tail().see("a", 1)
		s.fault(0, history.FaultInEffect, true)
		s.tx(1, failed, "b", 2)
		s.try(failed, "b", 3)
		l.see("a", 2, 2).see("b", 1).end("")
		s.fault(0, history.FaultHealed, true)
		s.drain()
		s.log("a", 1, 2)
		final := s.final().see("a", 1, 2, 2).see("b", 1)
		final.end("")
		s.end()
		return s
	}
	n := len(whole().recs)
	for _, d := range Deliveries {
		for i := range n {
			s := whole()
			seen := slices.ContainsFunc(s.recs[:i], func(rec any) bool {
				o, is := rec.(history.Observation)
				return is && o.Offset == 2 && o.Seq == 2 // the duplicate, first seen by the tail
			})
			s.recs = s.recs[:i]
			v := judgeStory(t, s, specOf(d, OrderKey), 2, 100)
			want := Inconclusive
			if seen && d != AtLeastOnce {
				want = Violated
			}
			if v.Answer != want {
				t.Errorf("%s, cut after %d: %s, want %s\n%s", d, i, v.Answer, want, show(v))
			}
			for _, c := range []Class{Lost, Vanished, Phantom, Stuck, Torn, AbortedRead, FailedAppeared} {
				if _, judged := v.Sinks[0].Counts[c]; judged {
					t.Errorf("%s, cut after %d: %s was judged", d, i, c)
				}
			}
			if !v.CutOff || len(v.Reasons) == 0 {
				t.Errorf("%s, cut after %d: cut off %v, reasons %v", d, i, v.CutOff, v.Reasons)
			}
		}
	}
}

func TestAnUnknownOracleIsNotJudged(t *testing.T) {
	s := newStory()
	s.try(ok, "k", 1, 2)
	s.out("k", 1, 1, 5)
	s.close()
	spec := specOf(ExactlyOnce, OrderKey)
	spec.Sinks[0].Oracle = "perhaps"
	v := judgeStory(t, s, spec, 1, 100)
	if v.Answer != Inconclusive || !strings.Contains(v.Reasons[0].Text, `oracle "perhaps"`) {
		t.Errorf("%s", show(v))
	}
}

func TestUnknownGuaranteesAndNoSinksAreInconclusive(t *testing.T) {
	s := newStory()
	s.try(ok, "k", 1)
	s.out("k", 1)
	s.close()
	for _, spec := range []Spec{{}, specOf("", OrderNone), specOf("twice", OrderNone), specOf(AtLeastOnce, "total")} {
		if v := judgeStory(t, s, spec, 1, 100); v.Answer != Inconclusive || len(v.Reasons) == 0 {
			t.Errorf("%+v: %s", spec, show(v))
		}
	}
}

func TestTheWorstSinkDecides(t *testing.T) {
	s := newStory()
	s.try(ok, "k", 1, 2)
	s.out("k", 1, 2)
	s.look("audit", history.Committed, history.Final).see("k", 1, 1).end("")
	s.close()
	audit := func(d Delivery) Spec {
		spec := specOf(ExactlyOnce, OrderKey)
		spec.Sinks = append(spec.Sinks, SinkSpec{Name: "audit", Guarantee: Guarantee{Delivery: d}})
		return spec
	}
	v := judgeStory(t, s, audit(AtLeastOnce), 2, 100)
	if v.Answer != Violated || v.Sinks[0].Answer != Upheld || v.Sinks[1].Answer != Violated || v.Sinks[1].Breaks[Lost] != 1 {
		t.Errorf("%s", show(v))
	}
}

func TestFindingsCarryTheirEvidence(t *testing.T) {
	s := newStory()
	s.try(ok, "k", 1, 2)
	tried := s.now - 1000
	tail := s.tail().see("k", 1, 2, 2)
	seen := s.now
	tail.end("")
	s.log("k", 1, 2)
	s.out("k", 1, 2, 2)
	s.close()
	v := judgeStory(t, s, specOf(ExactlyOnce, OrderKey), 1, 100)
	want := Finding{
		Class: Duplicated, Origin: Processor, Sink: "out", Key: "k", Seq: 2,
		Attempt:   &AttemptRef{Outcome: "ok", At: tried, Partition: 0, Offset: 1},
		Sightings: []Sighting{{0, 1, seen - 1000}, {0, 2, seen}},
		Note:      "sighting 2 of this record", At: seen,
	}
	if got := v.Sinks[0].Findings; len(got) != 1 || !reflect.DeepEqual(got[0], want) {
		t.Errorf("got %s\nwant %s", show(got), show(want))
	}
}

func TestTheFirstFindingsOfEachClassAreKept(t *testing.T) {
	s := newStory()
	for seq := range int64(20) {
		s.try(ok, "k", seq, 100+seq)
	}
	l := s.final()
	for seq := range int64(20) {
		l.see("k", seq, seq)
	}
	l.end("")
	s.close()
	sv := judgeStory(t, s, specOf(ExactlyOnce, OrderNone), 3, 100).Sinks[0]
	if sv.Counts[Duplicated] != 20 || sv.Counts[Lost] != 20 || len(sv.Findings) != 2*kept {
		t.Fatalf("%s", show(sv))
	}
	for i, f := range findingsOf(sv, Duplicated) {
		if f.Seq != int64(i) {
			t.Errorf("finding %d is of sequence %d", i, f.Seq)
		}
	}
}

// Sparse and hostile numbers must cost no more than their records do.
func TestScatteredSequencesAndOffsets(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	s := newStory()
	final := s.final()
	n := 5000
	for i := range n {
		seq := int64(rng.Uint64())
		s.try(ok, "k", seq)
		if i > 0 {
			final.full(history.Observation{Offset: int64(rng.Uint64() >> 1), Key: s.name("k"), Seq: seq, Append: 1})
		}
	}
	final.end("")
	s.close()
	v := judgeStory(t, s, specOf(ExactlyOnce, OrderNone), 2, 1000)
	if got := counted(v.Sinks[0]); got[Lost] != 1 || got[Duplicated] != 0 {
		t.Errorf("%v", got)
	}
}

// The log has the record as often as the sink: each duplicate that is kept names
// the driver, the last one too.
func TestEachDuplicateNamesWhoMadeIt(t *testing.T) {
	s := newStory()
	s.try(ok, "k", 1)
	s.log("k", 1, 1, 1)
	s.out("k", 1, 1, 1, 1)
	s.close()
	var got []Origin
	for _, f := range findingsOf(judgeStory(t, s, specOf(ExactlyOnce, OrderNone), 1, 1000).Sinks[0], Duplicated) {
		got = append(got, f.Origin)
	}
	if want := []Origin{Ingest, Ingest, Processor}; !slices.Equal(got, want) {
		t.Errorf("made by %v, want %v", got, want)
	}
}
