package runner

import (
	"context"
	"errors"

	"surety/faults"
	"surety/workload"
	"surety/workload/effects"
)

// listen starts the sinks that take effects, before the topology that has links to
// them, and tells where they are.
func (e *execution) listen(ctx context.Context) (map[string]string, error) {
	e.effects = map[string]*effects.Sink{}
	at := map[string]string{}
	for _, k := range e.plan.Sinks {
		if k.Effects == nil {
			continue
		}
		s := &effects.Sink{
			Name: k.Name, Idempotent: k.Effects.Idempotent, Reading: k.Reading,
			Written:  workload.Written{Run: e.plan.Run, Template: e.template},
			Recorder: e.w, Clock: e.clock,
		}
		if err := s.Listen(ctx, "127.0.0.1:0"); err != nil {
			return nil, err
		}
		e.effects[k.Name], at[k.Name] = s, s.Address()
	}
	return at, nil
}

// answerers are the sinks that take effects, as faults see them.
func (e *execution) answerers() map[string]faults.Answerer {
	out := map[string]faults.Answerer{}
	for name, s := range e.effects {
		out[name] = s
	}
	return out
}

// closeEffects ends the sinks that take effects and writes what they did.
func (e *execution) closeEffects() error {
	var err error
	for name, s := range e.effects {
		c := s.Counters()
		e.sample(effectsApplied, name, float64(c.Applied))
		e.sample(effectsRepeated, name, float64(c.Repeated))
		e.sample(effectsUnanswered, name, float64(c.Lost))
		err = errors.Join(err, s.Close())
	}
	return err
}
