package scenarios

import (
	"maps"
	"reflect"
	"slices"
	"time"

	"go.yaml.in/yaml/v4"

	"surety/checker"
	"surety/faults"
	"surety/topologies/engines"
	"surety/topologies/names"
)

// Vocabulary is what a scenario may name. The catalogue fills it.
type Vocabulary struct {
	Providers  []string
	Brokers    []string
	Databases  []string
	Processors []ProcessorInfo
	Engines    []engines.Engine
	Faults     []string
	NewFault   func(name string) faults.Fault // a zero value to decode into; nil when unknown
	Skews      []string
	Oracles    []string
}

// ProcessorInfo is what a scenario must know of a reference processor.
type ProcessorInfo struct {
	Name     string
	Declares checker.Delivery
	Order    checker.Order
	Output   Sink // its oracle and parameters
	Port     int  // where it takes orders over HTTP; 0 = it takes none
	Database bool // it works with a database
}

func (v Vocabulary) processor(name string) (ProcessorInfo, bool) {
	i := slices.IndexFunc(v.Processors, func(p ProcessorInfo) bool { return p.Name == name })
	if i < 0 {
		return ProcessorInfo{}, false
	}
	return v.Processors[i], true
}

func (v Vocabulary) engineNames() []string {
	var out []string
	for _, e := range v.Engines {
		out = append(out, e.Name())
	}
	return out
}

func (v Vocabulary) processorNames() []string {
	var out []string
	for _, p := range v.Processors {
		out = append(out, p.Name)
	}
	return out
}

// file is a scenario's file before its faults are known.
type file struct {
	Scenario   string     `yaml:"scenario"`
	About      string     `yaml:"about"`
	Topology   Topology   `yaml:"topology"`
	Workload   Workload   `yaml:"workload"`
	Faults     []raw      `yaml:"faults"`
	Guarantee  Guarantee  `yaml:"guarantee"`
	Floors     Floors     `yaml:"floors"`
	Thresholds Thresholds `yaml:"thresholds"`
	Timing     Timing     `yaml:"timing"`
	Expect     Expect     `yaml:"expect"`
}

type raw struct{ node *yaml.Node }

// UnmarshalYAML keeps the node for later.
func (r *raw) UnmarshalYAML(n *yaml.Node) error {
	r.node = n
	return nil
}

// Parse reads a scenario. Errors are FileErrors with the line.
func Parse(name string, data []byte, v Vocabulary) (*Scenario, error) {
	s, err := parse(data, v)
	if err != nil {
		return nil, inFile(name, data, err)
	}
	s.File = name
	return s, nil
}

func parse(data []byte, v Vocabulary) (*Scenario, error) {
	var f file
	where, err := load(data, &f)
	if err != nil {
		return nil, err
	}
	s := &Scenario{
		lines: where,
		Name:  f.Scenario, About: f.About, Topology: f.Topology, Workload: f.Workload,
		Guarantee: f.Guarantee, Floors: f.Floors, Thresholds: f.Thresholds, Timing: f.Timing, Expect: f.Expect,
	}
	for _, r := range f.Faults {
		if n := target(r.node); n.Kind == yaml.MappingNode && len(n.Content) == 2 && n.Content[0].Value == "draw" {
			d, err := parseDraw(n, v)
			if err != nil {
				return nil, err
			}
			s.Draws = append(s.Draws, d)
			continue
		}
		step, err := parseStep(r.node, v)
		if err != nil {
			return nil, err
		}
		s.Faults = append(s.Faults, step)
	}
	return s, nil
}

// parseStep reads - NAME: {fields of the fault, at: MOMENT, for: TIME}.
func parseStep(n *yaml.Node, v Vocabulary) (Step, error) {
	when := ""
	var placing Step
	own := map[string]func(*yaml.Node) error{}
	for _, field := range placed {
		own[field] = func(n *yaml.Node) error {
			if when != "" {
				return at(n, "%s and %s both say when it happens; give one of them", when, field)
			}
			when = field
			return placing.place(field, n)
		}
	}
	step, err := parseFault(n, v, own)
	if err != nil {
		return Step{}, err
	}
	if when == "" {
		return Step{}, at(target(target(n).Content[1]), "%s wants at: when it happens, as 30%% or 2s; or after: 30%%, in: rebalance 3, while: %s",
			step.Fault.Name(), FollowersBehind)
	}
	step.At, step.On = placing.At, placing.On
	return step, nil
}

// parseFault reads a fault with how long it lasts. own are fields that are not the
// fault's.
func parseFault(n *yaml.Node, v Vocabulary, own map[string]func(*yaml.Node) error) (Step, error) {
	n = target(n)
	if n.Kind != yaml.MappingNode || len(n.Content) != 2 {
		return Step{}, at(n, "a fault is written as NAME: {target: ..., at: 30%%, for: 2s}")
	}
	name, body := n.Content[0], target(n.Content[1])
	f := v.NewFault(name.Value)
	if f == nil {
		return Step{}, at(name, "%s", names.Unknown("fault", name.Value, v.Faults))
	}
	if body.Kind != yaml.MappingNode {
		return Step{}, at(body, "the fault %s wants its fields as {target: ..., at: 30%%, for: 2s}", name.Value)
	}
	if err := strict(body, reflect.TypeOf(f), append(slices.Sorted(maps.Keys(own)), "for", "restart")...); err != nil {
		return Step{}, err
	}
	step := Step{Line: name.Line, For: Lasting(time.Second)}
	rest := *body
	rest.Content = nil
	timed := false
	for i := 0; i+1 < len(body.Content); i += 2 {
		key, value := body.Content[i], target(body.Content[i+1])
		var err error
		switch read := own[key.Value]; {
		case read != nil:
			err = read(value)
		case key.Value == "for" || key.Value == "restart":
			if timed {
				return Step{}, at(key, "for and restart are the same time of %s; give one of them", name.Value)
			}
			timed = true
			step.For, err = span(value, key.Value)
		default:
			rest.Content = append(rest.Content, key, value)
		}
		if err != nil {
			return Step{}, err
		}
	}
	if err := rest.Decode(f); err != nil {
		return Step{}, err
	}
	if err := f.Check(); err != nil {
		return Step{}, at(body, "%s: %s", name.Value, err)
	}
	step.Fault = f
	return step, nil
}
