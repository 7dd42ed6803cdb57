package scenarios

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"surety/checker"
	"surety/topologies/names"
)

// Suite is a named list of scenarios, each with what it overrides.
type Suite struct {
	Name     string  `yaml:"suite"`
	About    string  `yaml:"about"`
	Parallel int     `yaml:"parallel"` // how many run at once; 1 unless said
	Provider string  `yaml:"provider"` // of all scenarios, in the place of their own
	Entries  []Entry `yaml:"scenarios"`
	file     string
	lines    lines // where its fields stand in the file
}

// Entry is one scenario of a suite. With a processor it runs as
// SCENARIO-PROCESSOR, with the guarantee that this processor claims. What is said of an
// engine or a guarantee stands over what the scenario says of it.
type Entry struct {
	Scenario  string            `yaml:"scenario"`
	Name      string            `yaml:"name"`
	Processor string            `yaml:"processor"`
	Engine    *Engine           `yaml:"engine"`
	Env       map[string]string `yaml:"env"`
	Guarantee Guarantee         `yaml:"guarantee"`
	Expect    Expect            `yaml:"expect"`
	// Control runs the same with no fault: only, or also (beside the faulted run).
	Control string `yaml:"control"`
	// Twin is the correct processor that must be upheld where this one is not.
	Twin string `yaml:"twin"`
}

// ParseSuite reads a suite. Errors are FileErrors with the line.
func ParseSuite(name string, data []byte, v Vocabulary) (*Suite, error) {
	var s Suite
	where, err := load(data, &s)
	if err != nil {
		return nil, inFile(name, data, err)
	}
	s.file, s.lines = name, where
	if !nameForm.MatchString(s.Name) {
		return nil, s.wrong("suite", "a suite wants a name of letters, digits, dots and dashes; this is %q", names.Clip(s.Name))
	}
	if !where.wrote("parallel") {
		s.Parallel = 1
	}
	if s.Parallel < 1 || s.Parallel > 100 {
		return nil, s.wrong("parallel", "1 to 100 scenarios can run at once; this is %d", s.Parallel)
	}
	if s.Provider != "" && !slices.Contains(v.Providers, s.Provider) {
		return nil, s.wrong("provider", "%s", names.Unknown("provider", s.Provider, v.Providers))
	}
	if len(s.Entries) == 0 {
		return nil, s.wrong("scenarios", "the suite has no scenarios: list them as scenarios: [{scenario: NAME}]")
	}
	for i, e := range s.Entries {
		path := fmt.Sprintf("scenarios.%d", i)
		if e.Scenario == "" {
			return nil, s.wrong(path, "an entry of a suite wants the scenario that it runs: {scenario: NAME}")
		}
		if err := (&Scenario{File: name, lines: where}).checkGuarantee(e.Guarantee, path+".guarantee"); err != nil {
			return nil, err
		}
		for _, c := range []struct {
			field, kind, is string
			known           []string
		}{
			{"control", "control", e.Control, []string{"only", "also"}},
			{"processor", "reference processor", e.Processor, v.processorNames()},
			{"twin", "reference processor", e.Twin, v.processorNames()},
		} {
			if c.is != "" && !slices.Contains(c.known, c.is) {
				return nil, s.wrong(path+"."+c.field, "%s", names.Unknown(c.kind, c.is, c.known))
			}
		}
	}
	return &s, nil
}

func (s *Suite) wrong(path, format string, args ...any) error {
	return &FileError{File: s.file, Line: s.lines.near(path), Text: fmt.Sprintf(format, args...)}
}

// Scenarios builds the suite's scenarios; find gives the one of a name. What
// several entries share, as a control or a twin, is there once.
func (s *Suite) Scenarios(find func(name string) (*Scenario, error)) ([]*Scenario, error) {
	var out []*Scenario
	// add leaves out what is there already, and refuses another of the same name.
	add := func(sc *Scenario) bool {
		i := slices.IndexFunc(out, func(o *Scenario) bool { return o.Name == sc.Name })
		if i < 0 {
			out = append(out, sc)
		}
		return i < 0 || out[i].same(sc)
	}
	for i, e := range s.Entries {
		path := fmt.Sprintf("scenarios.%d.", i)
		base, err := find(e.Scenario)
		if errors.Is(err, ErrUnknown) {
			return nil, s.wrong(path+"scenario", "%s", err)
		}
		if err != nil {
			return nil, err
		}
		faulted := base.Vary(e.Processor, e.Env)
		if e.Engine != nil {
			if len(base.Topology.Processors) == 0 || base.Topology.Processors[0].Engine == nil {
				return nil, s.wrong(path+"engine", "the scenario %s runs no engine that could be another", base.Name)
			}
			varied := e.Engine.over(*base.Topology.Processors[0].Engine)
			faulted.Topology.Processors[0].Engine = &varied
		}
		faulted.Guarantee = e.Guarantee.over(faulted.Guarantee)
		if e.Name != "" {
			faulted.Name = e.Name
		}
		if s.Provider != "" {
			faulted.Topology.Provider = s.Provider
		}
		if e.Expect.Answer != "" {
			faulted.Expect = e.Expect
		}
		var all []*Scenario
		if e.Control != "" {
			control := faulted.Control("control-" + cmp.Or(e.Processor, faulted.Name))
			if !add(control) {
				control = faulted.Control("control-" + faulted.Name)
			}
			all = append(all, control)
		}
		if e.Control != "only" {
			all = append(all, faulted)
		}
		if e.Twin != "" {
			twin := base.Vary(e.Twin, nil)
			twin.Topology.Provider = faulted.Topology.Provider
			twin.Expect = Expect{Answer: checker.Upheld}
			all = append(all, twin)
		}
		for _, sc := range all {
			if !add(sc) {
				return nil, s.wrong(path+"scenario", "the suite has another scenario of the name %s; give one of them another name:", sc.Name)
			}
		}
	}
	return out, nil
}

// Vary gives the scenario with another processor in the place of its first one.
func (s *Scenario) Vary(processor string, env map[string]string) *Scenario {
	out := *s
	out.Topology.Processors = slices.Clone(s.Topology.Processors)
	if processor != "" {
		out.Name = s.Name + "-" + processor
		if len(out.Topology.Processors) == 0 {
			out.Topology.Processors = []Processor{{}}
		}
		p := &out.Topology.Processors[0]
		p.Reference, p.Engine, p.Image, p.Command = processor, nil, "", nil
		out.Guarantee.Delivery = ""
	}
	if len(env) > 0 && len(out.Topology.Processors) > 0 {
		p := &out.Topology.Processors[0]
		p.Env = maps.Clone(p.Env)
		if p.Env == nil {
			p.Env = map[string]string{}
		}
		maps.Copy(p.Env, env)
	}
	return &out
}

// Control gives the scenario with no fault and no poison; it must be upheld.
func (s *Scenario) Control(name string) *Scenario {
	out := *s
	out.Name = name
	out.Workload.Poison = 0
	out.Topology.Processors = slices.Clone(s.Topology.Processors)
	out.Faults, out.Draws = nil, nil
	out.Expect = Expect{Answer: checker.Upheld}
	return &out
}

// same tells whether two scenarios of one name do and expect the same.
func (s *Scenario) same(o *Scenario) bool {
	expect := func(s *Scenario) Expect { return Expect{cmp.Or(s.Expect.Answer, checker.Upheld), s.Expect.Class} }
	return expect(s) == expect(o) && reflect.DeepEqual(s.Workload, o.Workload) && s.Guarantee == o.Guarantee && s.Floors == o.Floors && s.Thresholds == o.Thresholds && s.Timing == o.Timing &&
		reflect.DeepEqual(s.Topology, o.Topology) && reflect.DeepEqual(s.Faults, o.Faults) && reflect.DeepEqual(s.Draws, o.Draws)
}
