package scenarios

import (
	"fmt"
	"maps"
	"slices"

	"surety/checker"
	"surety/topologies/names"
)

// Suite is a named list of scenarios, each with what it overrides.
type Suite struct {
	Name     string  `yaml:"suite"`
	About    string  `yaml:"about"`
	Parallel int     `yaml:"parallel"` // how many run at once; 1 unless said
	Entries  []Entry `yaml:"scenarios"`
}

// Entry is one scenario of a suite. With a processor it runs as
// SCENARIO-PROCESSOR, with the guarantee that this processor claims.
type Entry struct {
	Scenario  string            `yaml:"scenario"`
	Name      string            `yaml:"name"`
	Processor string            `yaml:"processor"`
	Env       map[string]string `yaml:"env"`
	Expect    Expect            `yaml:"expect"`
	// Control runs the same with no fault: only, or also (beside the faulted run).
	Control string `yaml:"control"`
	// Twin is the correct processor that must be upheld where this one is not.
	Twin string `yaml:"twin"`
}

// ParseSuite reads a suite. Errors are FileErrors with the line.
func ParseSuite(name string, data []byte) (*Suite, error) {
	var s Suite
	if err := load(data, &s); err != nil {
		return nil, inFile(name, err)
	}
	if s.Parallel == 0 {
		s.Parallel = 1
	}
	for _, e := range s.Entries {
		if e.Control != "" && e.Control != "only" && e.Control != "also" {
			return nil, inFile(name, &FileError{Text: names.Unknown("control", e.Control, []string{"only", "also"})})
		}
	}
	return &s, nil
}

// Scenarios builds the suite's scenarios; find gives the one of a name.
func (s *Suite) Scenarios(find func(name string) (*Scenario, error)) ([]*Scenario, error) {
	var out []*Scenario
	add := func(sc *Scenario) {
		if !slices.ContainsFunc(out, func(o *Scenario) bool { return o.Name == sc.Name }) {
			out = append(out, sc)
		}
	}
	for _, e := range s.Entries {
		base, err := find(e.Scenario)
		if err != nil {
			return nil, fmt.Errorf("suite %s: %w", s.Name, err)
		}
		faulted := base.Vary(e.Processor, e.Env)
		if e.Name != "" {
			faulted.Name = e.Name
		}
		if e.Expect.Answer != "" {
			faulted.Expect = e.Expect
		}
		if e.Control != "" {
			add(faulted.Control(e.Processor))
		}
		if e.Control != "only" {
			add(faulted)
		}
		if e.Twin != "" {
			twin := base.Vary(e.Twin, nil)
			twin.Expect = Expect{Answer: checker.Upheld}
			add(twin)
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
		p.Reference, p.Image, p.Command = processor, "", nil
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

// Control gives the scenario with no fault; it must be upheld.
func (s *Scenario) Control(processor string) *Scenario {
	out := *s
	out.Name = "control-" + processor
	if processor == "" {
		out.Name = "control-" + s.Name
	}
	out.Faults = nil
	out.Expect = Expect{Answer: checker.Upheld}
	return &out
}
