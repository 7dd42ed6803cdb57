package scenarios

import (
	"cmp"
	"maps"
	"slices"

	"surety/checker"
	"surety/topologies"
	"surety/topologies/engines"
	"surety/topologies/names"
)

// Engine is a stream processing engine as the program of a processor: what is not
// said is the engine's default.
type Engine struct {
	Kind      string            `yaml:"kind"`
	Version   string            `yaml:"version"`
	Job       string            `yaml:"job"`
	Guarantee string            `yaml:"guarantee"` // in the engine's own words
	Settings  map[string]string `yaml:"settings"`  // by the engine's own names
}

// over takes from another use of an engine what this one leaves out.
func (e Engine) over(all Engine) Engine {
	set := maps.Clone(all.Settings)
	if set == nil {
		set = map[string]string{}
	}
	maps.Copy(set, e.Settings)
	if len(set) == 0 {
		set = nil
	}
	return Engine{
		Kind: cmp.Or(e.Kind, all.Kind), Version: cmp.Or(e.Version, all.Version), Job: cmp.Or(e.Job, all.Job),
		Guarantee: cmp.Or(e.Guarantee, all.Guarantee), Settings: set,
	}
}

// completeEngine settles which engine runs which job with which guarantee, and what
// follows from that: the oracle of the job, and the delivery that is declared.
func (s *Scenario) completeEngine(p *Processor, at string, v Vocabulary) error {
	own := *p.Engine // scenarios of a suite share what they have in common
	p.Engine = &own
	kinds := v.engineNames()
	if own.Kind == "" {
		return s.wrong(at, "processor %s: engine: wants kind:", p.Name)
	}
	i := slices.Index(kinds, own.Kind)
	if i < 0 {
		return s.wrong(at+".kind", "%s", names.Unknown("engine", own.Kind, kinds))
	}
	e := v.Engines[i]
	own.Version = cmp.Or(own.Version, e.Versions()[0])
	own.Job = cmp.Or(own.Job, e.Jobs()[0].Name)
	own.Guarantee = cmp.Or(own.Guarantee, e.Guarantees()[0].Name)
	job, err := engines.JobOf(e, own.Job)
	if err != nil {
		return s.wrong(at+".job", "%s", err)
	}
	guarantee, err := engines.GuaranteeOf(e, own.Guarantee)
	if err != nil {
		return s.wrong(at+".guarantee", "%s", err)
	}
	if err := engines.CheckSettings(e, own.Settings); err != nil {
		return s.wrong(at+".settings", "processor %s: %s", p.Name, err)
	}
	if len(p.Versions) > 0 {
		return s.wrong(at, "processor %s: an engine has no versions: to upgrade its instances to", p.Name)
	}
	if s.implied.Oracle == "" {
		s.implied = Sink{Oracle: job.Oracle}
	}
	s.Guarantee.Delivery = cmp.Or(s.Guarantee.Delivery, checker.Delivery(guarantee.Delivery))
	p.engine = e
	return nil
}

// programs are the programs that a processor is made of, as the plan holds them; env
// comes under their own variables.
func (p Processor) programs(env map[string]string) []topologies.ProcessorSpec {
	one := p.spec(env)
	if p.engine == nil {
		return []topologies.ProcessorSpec{one}
	}
	use := topologies.EngineSpec(*p.Engine)
	one.Engine = &use
	return p.engine.Processors(one)
}
