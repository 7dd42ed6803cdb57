package scenarios

import (
	"errors"
	"fmt"
	"slices"

	"surety/checker"
	"surety/faults"
	"surety/topologies"
)

// EffectsPlan is a sink of the harness that takes effects over HTTP; no topic is behind
// it.
type EffectsPlan struct {
	// Idempotent: the effects of one idempotency key are applied once.
	Idempotent bool `json:"idempotent,omitempty"`
}

// effects tells whether the sink takes effects.
func (k *Sink) effects() bool { return k.Role == string(checker.RoleEffects) }

func (s *Scenario) completeEffects(k *Sink, path string) error {
	switch {
	case !k.effects() && k.Idempotent:
		return s.wrong(path+".idempotent", "the sink %s is a topic, which knows no idempotency keys; say role: effects", k.Name)
	case !k.effects():
		return nil
	case !processorForm.MatchString(k.Name):
		return s.wrong(path+".name", "a sink that takes effects is a node, whose name begins with a small letter and goes on with small letters, digits and dashes; this is %q", k.Name)
	case slices.ContainsFunc(s.Topology.Processors, func(p Processor) bool { return p.Name == k.Name }) || k.Name == string(topologies.BrokerNode):
		return s.wrong(path+".name", "the name %s is taken by another node", k.Name)
	case k.Reader != nil:
		return s.wrong(path+".reader", "the sink %s takes effects, and has no topic that a reader could read", k.Name)
	case k.Guarantee.Routing != "":
		return s.wrong(path+".guarantee.routing", "the sink %s takes effects, which have no partitions", k.Name)
	case len(s.Topology.Processors) == 0:
		return s.wrong(path, "the sink %s takes effects, and there is no processor that could post any", k.Name)
	}
	for i, p := range s.Topology.Processors {
		if p.From == k.Name {
			return s.wrong(fmt.Sprintf("topology.processors.%d.from", i), "processor %s reads %s, which takes effects and is no topic", p.Name, k.Name)
		}
	}
	return nil
}

// takesEffects refuses a fault on the answers of a sink that has none.
func (p *Plan) takesEffects(f faults.Fault) error {
	l, is := f.(*faults.LoseAnswers)
	if !is || slices.Contains(p.Topology.Effects, l.Sink) {
		return nil
	}
	if len(p.Topology.Effects) == 0 {
		return errors.New("no sink of this scenario takes effects: say sinks: [{name: effects, role: effects}]")
	}
	return fmt.Errorf("%q is no sink that takes effects; those are %v", l.Sink, p.Topology.Effects)
}
