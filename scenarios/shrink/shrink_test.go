package shrink

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"surety/faults"
	"surety/scenarios"
)

// large is a scenario with so many faults, one each second.
func large(n int) *scenarios.Scenario {
	s := &scenarios.Scenario{Name: "large"}
	s.Topology.Processors = []scenarios.Processor{{Name: "processor", Instances: 5}}
	s.Workload = scenarios.Workload{Records: int64(n+5) * 1000, Rate: 1000, Keys: 50, Writers: 2}
	s.Floors.Records = s.Workload.Records
	s.Timing.Session = 1500 * time.Millisecond
	for i := range n {
		at := scenarios.Point{After: time.Duration(i+1) * time.Second, Timed: true}
		s.Faults = append(s.Faults, scenarios.Step{
			Fault: &faults.Kill{Target: faults.Selector(fmt.Sprintf("processor/%d", i+1))},
			At:    scenarios.Moment{From: at, To: at}, For: scenarios.Lasting(800 * time.Millisecond),
		})
	}
	return s
}

func victims(s *scenarios.Scenario) (out []string) {
	for _, f := range s.Faults {
		out = append(out, f.Fault.Label())
	}
	return out
}

func times(s *scenarios.Scenario) (out []string) {
	for _, f := range s.Faults {
		out = append(out, f.At.String()+" for "+f.For.String())
	}
	return out
}

func length(s *scenarios.Scenario) time.Duration {
	return time.Duration(float64(s.Workload.Records) / float64(s.Workload.Rate) * float64(time.Second))
}

// Against an oracle that knows what is needed, that alone is left, in every respect.
func TestAScenarioIsReducedToWhatItNeeds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "faults")
		needed := rapid.SliceOfNDistinct(rapid.IntRange(1, n), 0, 3, rapid.ID[int]).Draw(t, "needed")
		window := time.Duration(rapid.IntRange(0, 800).Draw(t, "window")) * time.Millisecond
		instances, keys := rapid.IntRange(1, 5).Draw(t, "instances"), rapid.IntRange(1, 50).Draw(t, "keys")
		var want []string
		for i := 1; i <= n; i++ {
			if slices.Contains(needed, i) {
				want = append(want, fmt.Sprintf("kill processor/%d", i))
			}
		}
		asked, smallest := 0, large(n)
		err := Smallest(large(n), func(s *scenarios.Scenario) error {
			if s.Workload.Writers > s.Workload.Keys || s.Floors.Records > s.Workload.Records {
				return errors.New("it makes no sense")
			}
			return nil
		}, func(s *scenarios.Scenario) (bool, error) {
			asked++
			for _, f := range s.Faults {
				if f.At.From.After < 0 || f.At.From.After+f.For.To > length(s) {
					t.Fatalf("a fault lies from %s for %s in a load of %s", f.At.From.After, f.For.To, length(s))
				}
				if f.For.To < window {
					return false, nil
				}
			}
			has := victims(s)
			for _, w := range want {
				if !slices.Contains(has, w) {
					return false, nil
				}
			}
			return s.Topology.Processors[0].Instances >= instances && s.Workload.Keys >= keys, nil
		}, func(s *scenarios.Scenario) { smallest = s })
		if err != nil {
			t.Fatal(err)
		}
		// With one fault left, none is tried as well.
		if got := victims(smallest); !slices.Equal(got, want) {
			t.Fatalf("left is %v, needed %v", got, want)
		}
		for _, f := range smallest.Faults {
			if window > shortest && f.For.To > window+800*time.Millisecond/(1<<(tries-2)) || f.For.To < window {
				t.Fatalf("a window of %s is left, needed %s", f.For.To, window)
			}
		}
		if got := smallest.Topology.Processors[0].Instances; got != instances {
			t.Fatalf("%d instances are left, needed %d", got, instances)
		}
		if got := smallest.Workload.Keys; got < keys || got > keys+50/(1<<(tries-2)) {
			t.Fatalf("%d keys are left, needed %d", got, keys)
		}
		if most := 2 * (n*n + 3*n + 1 + tries*(n+3)); asked > most {
			t.Fatalf("%d questions were asked, more than %d", asked, most)
		}
	})
}

// The load is cut to what lies around the faults.
func TestTheLoadEndsSoonAfterTheFaults(t *testing.T) {
	var smallest *scenarios.Scenario
	err := Smallest(large(10), func(*scenarios.Scenario) error { return nil }, func(s *scenarios.Scenario) (bool, error) {
		return slices.Contains(victims(s), "kill processor/9") && s.Workload.Records >= 1000, nil
	}, func(s *scenarios.Scenario) { smallest = s })
	if err != nil {
		t.Fatal(err)
	}
	if at := smallest.Faults[0].At.From.After; at != head {
		t.Errorf("the only fault begins after %s", at)
	}
	if l := length(smallest); l < head+tail || l > head+2*tail {
		t.Errorf("the load lasts %s", l)
	}
	if n := smallest.Workload.Records; n < 1000 || n > 2000 {
		t.Errorf("%d records are offered", n)
	}
}

// Faults that wait for events are not moved.
func TestEventsKeepTheirLoad(t *testing.T) {
	s := large(3)
	s.Faults[1].On.Rebalance = 2
	before := s.Workload
	compact(s)
	if s.Workload != before || s.Faults[0].At.From.After != time.Second {
		t.Errorf("the load is %+v", s.Workload)
	}
}

// A fault that takes over the target of another is not tried where that stands no more.
func TestFaultsNamedByTheirPlacesKeepThem(t *testing.T) {
	s := large(4)
	s.Faults[3].Fault = &faults.Pause{Target: "same-as(2, leader(input/0))"}
	var smallest *scenarios.Scenario
	err := Smallest(s, func(*scenarios.Scenario) error { return nil }, func(s *scenarios.Scenario) (bool, error) {
		has := victims(s)
		if i := slices.IndexFunc(s.Faults, func(f scenarios.Step) bool { return f.Fault.Name() == "pause" }); i >= 0 && (len(has) < 3 || has[1] != "kill processor/2") {
			t.Fatalf("asked for %v", has)
		}
		return slices.ContainsFunc(s.Faults, func(f scenarios.Step) bool { return f.Fault.Name() == "pause" }), nil
	}, func(s *scenarios.Scenario) { smallest = s })
	if err != nil {
		t.Fatal(err)
	}
	if got := victims(smallest); len(got) != 3 || got[1] != "kill processor/2" {
		t.Errorf("left is %v", got)
	}
}

// What is asked does not depend on anything but the answers.
func TestTheSameAnswersGiveTheSameQuestions(t *testing.T) {
	ask := func() (questions []string) {
		err := Smallest(large(9), func(*scenarios.Scenario) error { return nil }, func(s *scenarios.Scenario) (bool, error) {
			questions = append(questions, fmt.Sprint(victims(s), s.Workload, times(s), s.Topology.Processors[0].Instances))
			return len(questions)%3 == 0, nil
		}, func(*scenarios.Scenario) {})
		if err != nil {
			t.Fatal(err)
		}
		return questions
	}
	if a, b := ask(), ask(); !slices.Equal(a, b) || len(a) == 0 {
		t.Errorf("first %q, then %q", a, b)
	}
}
