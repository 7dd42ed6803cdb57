package scenarios

import (
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"surety/topologies"
	"surety/topologies/names"
)

// Ready is how an instance of a processor shows that it is at work: a line of its
// log, or one of its ports. Without any, the harness's own fences show it.
type Ready struct {
	Log    string        `yaml:"log"`  // regular expression
	Port   int           `yaml:"port"` // accepts connections
	HTTP   string        `yaml:"http"` // path that Port answers with 2xx or 3xx
	Within time.Duration `yaml:"within"`
}

// completeProgram settles what a processor runs and what it is told.
func (s *Scenario) completeProgram(p *Processor, at string, v Vocabulary) error {
	command := len(p.Command) > 0 && p.Image == ""
	named := 0
	for _, is := range []bool{p.Reference != "", p.Engine != nil, p.Image != "", command} {
		if is {
			named++
		}
	}
	if named != 1 {
		return s.wrong(at, "processor %s wants exactly one of reference, engine, image and command", p.Name)
	}
	if command && !filepath.IsAbs(p.Dir) {
		// A command runs where its scenario stands.
		p.Dir = filepath.Join(filepath.Dir(s.File), p.Dir)
	}
	spec := topologies.ProcessorSpec{Name: p.Name, Command: p.Command, Env: p.Env, Files: p.Files}
	if _, err := topologies.Expand(spec, topologies.Vars{Outputs: s.outputs()}); err != nil {
		return s.wrong(at, "%s", err)
	}
	if p.Port < 0 || p.Port > 65535 {
		return s.wrong(at+".port", "processor %s: a port lies between 1 and 65535; this is %d", p.Name, p.Port)
	}
	for _, name := range slices.Sorted(maps.Keys(p.Files)) {
		if path.IsAbs(name) && p.Image == "" && p.Engine == nil {
			return s.wrong(at+".files", "processor %s: the file %s would be written to this machine; name it without a slash at its beginning and find it below {{.Dir}}", p.Name, name)
		}
	}
	for _, part := range []func(*Processor, string) error{s.completeReady, s.completeEnd} {
		if err := part(p, at); err != nil {
			return err
		}
	}
	if err := s.completeLimits(at+".limits", p.Limits); err != nil {
		return err
	}
	if err := s.completeVersions(p, at+".versions", v); err != nil {
		return err
	}
	if p.Engine != nil {
		return s.completeEngine(p, at+".engine", v)
	}
	if p.Reference == "" {
		return nil
	}
	info, ok := v.processor(p.Reference)
	if !ok {
		return s.wrong(at+".reference", "%s", names.Unknown("reference processor", p.Reference, v.processorNames()))
	}
	if info.Database && s.Topology.Database == nil {
		return s.wrong(at+".reference", "processor %s: %s works with a database: say topology: {database: {kind: postgres}}", p.Name, p.Reference)
	}
	fill(s, at+".port", &p.Port, info.Port)
	if s.implied.Oracle == "" {
		s.implied = info.Output
	}
	if s.Guarantee.Delivery == "" {
		s.Guarantee.Delivery = info.Declares
	}
	if s.Guarantee.Order == "" {
		s.Guarantee.Order = info.Order
	}
	return nil
}

// outputs names the sinks, as far as they have names, before their topics are known.
func (s *Scenario) outputs() map[string]string {
	out := map[string]string{}
	for _, k := range s.Topology.Sinks {
		out[k.Name] = k.Name
	}
	for _, name := range s.between() {
		out[name] = name
	}
	if len(out) == 0 {
		out[soleSink] = soleSink
	}
	return out
}

func (s *Scenario) completeReady(p *Processor, at string) error {
	r := p.Ready
	at += ".ready"
	switch {
	case r.Log != "" && r.Port != 0:
		return s.wrong(at, "processor %s: ready: wants either log: or port:, not both", p.Name)
	case r.HTTP != "" && r.Port == 0:
		return s.wrong(at+".http", "processor %s: http: wants the port: that it is asked at", p.Name)
	case r.HTTP != "" && !strings.HasPrefix(r.HTTP, "/"):
		return s.wrong(at+".http", "processor %s: http: is a path that begins with a slash, as /health; this is %q", p.Name, names.Clip(r.HTTP))
	case r.Port < 0 || r.Port > 65535:
		return s.wrong(at+".port", "processor %s: a port lies between 1 and 65535; this is %d", p.Name, r.Port)
	case r.Within < 0 || r.Within > time.Hour:
		return s.wrong(at+".within", "processor %s: within: lies between 0s and 1h; this is %s", p.Name, r.Within)
	case r.Within > 0 && r.Log == "" && r.Port == 0:
		return s.wrong(at, "processor %s: ready: wants log:, a regular expression, or port:", p.Name)
	}
	if _, err := regexp.Compile(r.Log); err != nil {
		return s.wrong(at+".log", "processor %s: %q is no regular expression: %s", p.Name, names.Clip(r.Log), err)
	}
	return nil
}

// completeEnd settles how an instance is stopped and what it finds afterwards.
func (s *Scenario) completeEnd(p *Processor, at string) error {
	if p.StopSignal != "" {
		known := slices.Sorted(maps.Keys(topologies.StopSignals))
		if err := s.choose(at+".stop-signal", "signal", &p.StopSignal, "", known); err != nil {
			return err
		}
	}
	if p.State != "" {
		state := string(p.State)
		return s.choose(at+".state", "state", &state, "", texts([]topologies.State{topologies.StateKept, topologies.StateLost}))
	}
	return nil
}

// spec is the processor as the plan holds it; env comes under its own variables.
func (p Processor) spec(env map[string]string) topologies.ProcessorSpec {
	maps.Copy(env, p.Env)
	return topologies.ProcessorSpec{
		Name: p.Name, Reference: p.Reference, Image: p.Image, Command: p.Command, Dir: p.Dir,
		Instances: p.Instances, Spare: p.Spare, Env: env, Files: p.Files, Ready: topologies.Ready(p.Ready),
		StopSignal: p.StopSignal, State: p.State, Limits: p.Limits.spec(), Port: p.Port, Versions: p.versions(),
	}
}

// programNeeds is what a processor asks of a provider.
func programNeeds(p topologies.ProcessorSpec) []topologies.Capability {
	var need []topologies.Capability
	for _, program := range p.Programs() {
		switch {
		case program.Image != "" || program.Recipe != "":
			need = append(need, topologies.RunImage)
		case len(program.Command) > 0:
			need = append(need, topologies.RunCommand)
		}
	}
	slices.Sort(need)
	need = slices.Compact(need)
	if p.State == topologies.StateLost {
		need = append(need, topologies.EmptyProcessor)
	}
	if p.Limits.Any() {
		need = append(need, topologies.LimitNodes)
	}
	return need
}
