package catalogue

import (
	"reflect"
	"testing"

	"surety/checker"
	"surety/scenarios"
)

// A wrong setting proves something only beside the right one in the same situation:
// the twins differ in what the brokers, the client or the consumer are set to, and in
// nothing else.
func TestEachWrongSettingStandsBesideItsSafeTwin(t *testing.T) {
	suites := all(t)
	for _, name := range []string{"misconfigured", "misconfigured-quick", "misconfigured-clients"} {
		list := suites[name]
		if len(list)%2 != 0 {
			t.Fatalf("suite %s has %d scenarios: each wrong one wants a twin behind it", name, len(list))
		}
		for i := 0; i < len(list); i += 2 {
			wrong, safe := list[i], list[i+1]
			if wrong.Expect.Answer == checker.Upheld || safe.Expect.Answer != checker.Upheld {
				t.Errorf("suite %s: %s is expected to be %s, %s to be %s", name, wrong.Name, wrong.Expect, safe.Name, safe.Expect)
			}
			if len(wrong.Topology.Processors) > 0 {
				t.Errorf("%s has a processor", wrong.Name)
			}
			a, b := situation(wrong), situation(safe)
			if !reflect.DeepEqual(a, b) {
				t.Errorf("%s and %s differ in more than settings:\n%+v\n%+v", wrong.Name, safe.Name, a, b)
			}
			if reflect.DeepEqual(settings(wrong), settings(safe)) {
				t.Errorf("%s and %s have the same settings", wrong.Name, safe.Name)
			}
		}
	}
}

// situation is a scenario without its settings, and without the times that follow
// from them.
func situation(s *scenarios.Scenario) []any {
	top := s.Topology
	top.Topics.Config, top.Sinks = nil, nil
	for _, k := range s.Topology.Sinks {
		k.Reader = nil
		top.Sinks = append(top.Sinks, k)
	}
	w := s.Workload
	w.Client = scenarios.Client{}
	var steps []any
	for _, st := range s.Faults {
		steps = append(steps, st.Fault, st.At, st.For)
	}
	return []any{top, w, steps, s.Guarantee, s.Floors}
}

func settings(s *scenarios.Scenario) []any {
	out := []any{s.Workload.Client, s.Topology.Topics.Config}
	for _, k := range s.Topology.Sinks {
		out = append(out, k.Reader)
	}
	return out
}
