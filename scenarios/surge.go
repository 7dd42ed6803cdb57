package scenarios

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"surety/faults"
	"surety/workload"
)

// surges puts a surge into the plan's load, which is offered by a schedule that must be
// known beforehand.
func (p *Plan) surges(step PlanStep, f faults.Fault) error {
	s, is := f.(*faults.Surge)
	if !is {
		return nil
	}
	if step.On != nil {
		return errors.New("a surge is part of the schedule of the load: say at:, not the event that it waits for")
	}
	p.Load = p.Load.Surging(workload.Surge{From: step.At, For: step.For, Times: s.Times})
	slices.SortStableFunc(p.Load.Surges, func(a, b workload.Surge) int { return cmp.Compare(a.From, b.From) })
	if err := p.Load.Check(); err != nil {
		return fmt.Errorf("the load cannot surge so: %w", err)
	}
	return nil
}
