package catalogue

import (
	"reflect"
	"testing"

	"surety/checker"
	"surety/scenarios"
	"surety/topologies/engines"
)

// A wrong use of an engine proves something only beside the right one in the same
// situation.
func TestEachWrongUseOfAnEngineStandsBesideItsRightTwin(t *testing.T) {
	named := map[string]*scenarios.Scenario{}
	for _, s := range all(t)["streams"] {
		named[s.Name] = s
	}
	twins := map[string]string{
		"streams-count-overstated":   "streams-count-kill",
		"streams-state-unlogged":     "streams-state-lost",
		"streams-reader-uncommitted": "streams-reader-committed",
	}
	for name, s := range named {
		if _, wrong := twins[name]; wrong != (s.Expect.Answer == checker.Violated) {
			t.Errorf("%s is expected to be %s, and has a twin: %t", name, s.Expect, wrong)
		}
	}
	for wrong, right := range twins {
		a, b := named[wrong], named[right]
		if a == nil || b == nil || b.Expect.Answer != checker.Upheld {
			t.Errorf("%s and %s are not both there as they should be", wrong, right)
			continue
		}
		if a, b := placed(a), placed(b); !reflect.DeepEqual(a, b) {
			t.Errorf("%s and %s differ in more than what is asked of the engine and its reader:\n%+v\n%+v", wrong, right, a, b)
		}
		if a, b := asked(a), asked(b); reflect.DeepEqual(a, b) {
			t.Errorf("%s and %s ask for the same: %+v", wrong, right, a)
		}
	}
}

// placed is a scenario without what is asked of its engine and its readers.
func placed(s *scenarios.Scenario) []any {
	top := s.Topology
	top.Processors, top.Sinks = nil, nil
	var steps []any
	for _, st := range s.Faults {
		steps = append(steps, st.Fault, st.At, st.For)
	}
	p := s.Topology.Processors[0]
	return []any{top, s.Workload, steps, s.Guarantee, s.Timing, p.Instances, p.State}
}

func asked(s *scenarios.Scenario) []any {
	return []any{s.Topology.Processors[0].Engine, s.Topology.Sinks[0].Reader}
}

// Every engine is put under test by a suite of its own, with each guarantee.
func TestEveryEngineHasASuite(t *testing.T) {
	suites := all(t)
	for _, e := range engines.All {
		if len(suites[e.Name()]) == 0 {
			t.Errorf("there is no suite %s", e.Name())
		}
		for _, g := range e.Guarantees() {
			used := false
			for _, s := range suites[e.Name()] {
				used = used || s.Topology.Processors[0].Engine != nil && s.Topology.Processors[0].Engine.Guarantee == g.Name
			}
			if !used {
				t.Errorf("the suite %s does not ask for %s", e.Name(), g.Name)
			}
		}
	}
}
