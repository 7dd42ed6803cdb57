package checker

import (
	"maps"
	"strings"
	"testing"

	"surety/checker/history"
)

// faulty tells a story of 2 records before, 2 while and 2 after one fault.
func faulty(phases func(s *story, in func())) *story {
	s := newStory()
	s.try(ok, "k", 1, 2)
	phases(s, func() { s.try(ok, "k", 3, 4) })
	s.try(ok, "k", 5, 6)
	return s
}

func cut(s *story, in func()) {
	s.fault(0, history.FaultResolved, false)
	s.fault(0, history.FaultInjected, false)
	s.fault(0, history.FaultInEffect, true)
	in()
	s.fault(0, history.FaultHealing, false)
	s.fault(0, history.FaultHealed, true)
}

func specWithFaults(n int) Spec {
	spec := specOf(ExactlyOnce, OrderKey)
	for range n {
		spec.Faults = append(spec.Faults, FaultSpec{Name: "cut", Label: "cut processor-1 from broker-2"})
	}
	return spec
}

func TestFaultsMustBeShown(t *testing.T) {
	unshown := func(s *story, in func()) {
		s.fault(0, history.FaultInjected, false)
		s.fault(0, history.FaultInEffect, false)
		in()
		s.fault(0, history.FaultHealed, true)
	}
	tests := []struct {
		why     string
		phases  func(*story, func())
		faults  int
		drawn   bool
		floors  Floors
		want    Answer
		inFault int64
		reason  string // part of one
	}{
		{"shown", cut, 1, false, Floors{RecordsInFault: 2, Records: 6}, Upheld, 2, ""},
		{"not shown: its evidence is told", unshown, 1, false, Floors{}, Inconclusive, 2, "cut processor-1 from broker-2 was not shown to take effect: held 0 bytes"},
		{"one of two declared is missing", cut, 2, false, Floors{}, Inconclusive, 2, "the history has no evidence of it"},
		{"one of two drawn is half", cut, 2, true, Floors{}, Upheld, 2, ""},
		{"one of three drawn is less than half", cut, 3, true, Floors{}, Inconclusive, 2, "only 1 of 3 drawn faults"},
		{"too little was offered while it held", cut, 1, false, Floors{RecordsInFault: 3}, Inconclusive, 2, "2 records were offered while a fault held"},
		{"too little in all", cut, 1, false, Floors{Records: 7}, Inconclusive, 2, "6 records were acknowledged"},
		{"a fault that did not heal holds to the end", func(s *story, in func()) {
			s.fault(0, history.FaultInjected, false)
			s.fault(0, history.FaultInEffect, true)
			in()
		}, 1, false, Floors{}, Upheld, 4, ""},
		{"an error of the fault is told", func(s *story, in func()) {
			s.fault(0, history.FaultInjected, false)
			s.put(history.Fault{Phase: history.FaultFailed, Error: "no such process", At: s.tick()})
			in()
			s.fault(0, history.FaultHealed, true)
		}, 1, false, Floors{}, Inconclusive, 2, "no such process"},
		{"a step that nobody planned is passed over", func(s *story, in func()) {
			cut(s, in)
			s.fault(7, history.FaultInjected, false)
			s.fault(-1, history.FaultInjected, false)
		}, 1, false, Floors{}, Upheld, 2, ""},
	}
	for _, tt := range tests {
		t.Run(tt.why, func(t *testing.T) {
			s := faulty(tt.phases)
			s.out("k", 1, 2, 3, 4, 5, 6)
			s.close()
			spec := specWithFaults(tt.faults)
			spec.Floors = tt.floors
			for i := range spec.Faults {
				spec.Faults[i].Drawn = tt.drawn
			}
			v := judgeStory(t, s, spec, 2, 100)
			if v.Answer != tt.want || v.Examined.InFault != tt.inFault {
				t.Errorf("%s with %d in faults, want %s with %d\n%s", v.Answer, v.Examined.InFault, tt.want, tt.inFault, show(v))
			}
			found := tt.reason == ""
			for _, r := range v.Reasons {
				found = found || strings.Contains(r.Text, tt.reason) && r.Try != ""
			}
			if !found {
				t.Errorf("no reason with %q in %v", tt.reason, v.Reasons)
			}
		})
	}
}

func TestAnUnshownFaultDoesNotHideAViolation(t *testing.T) {
	s := newStory()
	s.try(ok, "k", 1)
	s.out("k", 1, 1)
	s.close()
	v := judgeStory(t, s, specWithFaults(1), 1, 100)
	if v.Answer != Violated || len(v.Reasons) < 2 || !strings.Contains(v.Reasons[0].Text, "duplicated") {
		t.Errorf("%s: %v", v.Answer, v.Reasons)
	}
}

func TestFindingsArePlacedByTheirFault(t *testing.T) {
	tests := []struct {
		why  string
		tell func(s *story)
		c    Class
		in   bool
	}{
		{"a duplicate that a tail saw before the fault", func(s *story) {
			s.try(ok, "k", 1)
			s.tail().see("k", 1, 1).end("")
			cut(s, func() {})
			s.out("k", 1, 1)
		}, Duplicated, false},
		{"a duplicate that came after it", func(s *story) {
			s.try(ok, "k", 1)
			l := s.tail().see("k", 1)
			cut(s, func() {})
			l.see("k", 1).end("")
			s.out("k", 1, 1)
		}, Duplicated, true},
		{"a gap that showed before the fault", func(s *story) {
			s.try(ok, "k", 1, 2, 3)
			s.tail().see("k", 1, 3).end("")
			cut(s, func() {})
			s.out("k", 1, 3)
		}, Lost, false},
		{"a record in flight when the fault came", func(s *story) {
			s.try(ok, "k", 1, 2, 3)
			l := s.tail().see("k", 1)
			cut(s, func() {})
			l.see("k", 3).end("")
			s.out("k", 1, 3)
		}, Lost, true},
		{"a gap at the end of a key", func(s *story) {
			s.try(ok, "k", 1, 2)
			s.tail().see("k", 1).end("")
			cut(s, func() {})
			s.out("k", 1)
		}, Lost, true},
		{"vanished after it was seen", func(s *story) {
			s.try(ok, "k", 1, 2, 3)
			s.tail().see("k", 1, 2, 3).end("")
			cut(s, func() {})
			l := s.final().at(0, 0, "k", 1).at(0, 2, "k", 3)
			l.end("")
		}, Vanished, true},
	}
	for _, tt := range tests {
		t.Run(tt.why, func(t *testing.T) {
			s := newStory()
			tt.tell(s)
			s.close()
			v := judgeStory(t, s, specWithFaults(1), 1, 100)
			sv := v.Sinks[0]
			want := int64(0)
			if tt.in {
				want = 1
			}
			fs := findingsOf(sv, tt.c)
			if sv.Breaks[tt.c] != 1 || sv.InFault[tt.c] != want || len(fs) != 1 {
				t.Fatalf("%s", show(sv))
			}
			if fs[0].InFault != tt.in || (len(fs[0].Faults) == 1) != tt.in {
				t.Errorf("%s", show(fs[0]))
			}
		})
	}
}

func TestRecoveryIsOverWhenEveryPartitionGivesNewRecordsAgain(t *testing.T) {
	s := newStory()
	s.try(ok, "k", 1)
	s.try(ok, "m", 1)
	l := s.tail()
	l.at(0, 0, "k", 1).at(1, 0, "m", 1)
	var injected history.Nanos
	cut(s, func() {
		injected = s.now - 1000 // in-effect is one tick after the injection
		s.try(ok, "k", 2)
		s.try(ok, "m", 2)
	})
	l.at(0, 1, "k", 1) // offered before the fault: a backlog, no recovery
	l.at(0, 2, "k", 2) // this partition is back, the other is not
	first := s.now
	l.at(2, 0, "k", 2) // gave nothing before the fault
	l.at(1, 1, "m", 2)
	back := s.now
	l.at(1, 2, "m", 2).end("")
	s.out("k", 1, 2)
	s.out("m", 1, 2)
	s.close()
	v := judgeStory(t, s, specWithFaults(1), 1, 100)
	if got := v.Faults[0]; got.From != injected || got.Recovery != back-injected || got.Offered != 2 || !got.Shown {
		t.Errorf("%s, want a recovery of %d from %d", show(got), back-injected, injected)
	}
	if got, want := v.Faults[0].Recoveries, (map[int32]history.Nanos{0: first - injected, 1: back - injected}); !maps.Equal(got, want) {
		t.Errorf("the partitions recovered after %v, want %v", got, want)
	}
}

func TestFaultsThatOverlapCountARecordOnce(t *testing.T) {
	s := newStory()
	s.fault(0, history.FaultInEffect, true)
	s.try(ok, "k", 1)
	s.fault(1, history.FaultInEffect, true)
	s.try(ok, "k", 2)
	s.fault(0, history.FaultHealed, true)
	s.try(ok, "k", 3)
	s.fault(1, history.FaultHealed, true)
	s.out("k", 1, 2, 3)
	s.close()
	v := judgeStory(t, s, specWithFaults(2), 1, 100)
	if v.Faults[0].Offered != 2 || v.Faults[1].Offered != 2 || v.Examined.InFault != 3 || v.Answer != Upheld {
		t.Errorf("%s", show(v))
	}
}

func TestAFaultThatNobodyHealedMakesNothingStuck(t *testing.T) {
	s := newStory()
	s.try(ok, "k", 1, 2)
	s.fault(0, history.FaultInEffect, true)
	s.put(history.Fault{Phase: history.FaultFailed, Error: "the process does not start", At: s.tick()})
	s.out("k", 1)
	s.put(history.Drain{At: s.tick()})
	s.end()
	if v := judgeStory(t, s, specWithFaults(1), 1, 100); v.Answer != Inconclusive {
		t.Errorf("%s", show(v))
	}
}
