package faults

import (
	"context"
	"errors"
	"fmt"
	"time"

	"surety/checker/history"
)

// State of a fault's life.
type State uint8

// The legal order. Every arrow may fail; a failed arrow leaves the state where it
// was, except that a failed injection that broke a part counts as injected.
//
//	Idle --Inject--> Injected --AwaitEffect--> Active --Heal--> Healing --AwaitHealed--> Healed
//	                     |                                         ^
//	                     +-------------------Heal------------------+
//
// Cleanup is legal everywhere and ends in Idle or Healed, or says that it could not.
const (
	Idle State = iota
	Injected
	Active
	Healing
	Healed
)

func (s State) String() string {
	return [...]string{"idle", "injected", "active", "healing", "healed"}[s]
}

// ErrOrder is a step asked for in a state that does not allow it.
var ErrOrder = errors.New("this step is not legal in this state of the fault")

// Life takes one fault of a plan through its steps and writes each to the
// history. It is used by one goroutine.
type Life struct {
	step   int
	fault  Fault
	sys    System
	roles  *resolved
	record func(history.Fault)
	state  State
	target Target
	inj    Injection
}

// NewLife prepares the fault at the given index of the plan. record stamps the
// time and writes.
func NewLife(step int, f Fault, sys System, record func(history.Fault)) *Life {
	return &Life{step: step, fault: f, sys: sys, roles: &resolved{of: sys.Roles}, record: record}
}

// State tells where the fault is in its life.
func (l *Life) State() State { return l.state }

func (l *Life) note(p history.FaultPhase, ev history.Evidence, err error) {
	f := history.Fault{Step: l.step, Name: l.fault.Name(), Targets: l.target.Names(), Phase: p, Evidence: ev}
	if err != nil {
		f.Error = err.Error()
	}
	l.record(f)
}

func (l *Life) fail(what history.FaultPhase, err error) error {
	err = fmt.Errorf("%s: not %s: %w", l.fault.Label(), what, err)
	l.note(history.FaultFailed, history.Evidence{}, err)
	return err
}

func (l *Life) allow(from ...State) error {
	for _, s := range from {
		if l.state == s {
			return nil
		}
	}
	return fmt.Errorf("%s is %s: %w", l.fault.Label(), l.state, ErrOrder)
}

// Inject resolves the victims and breaks them.
func (l *Life) Inject(ctx context.Context) error {
	if err := l.allow(Idle); err != nil {
		return err
	}
	t, err := l.resolve(ctx)
	if err != nil {
		return l.fail(history.FaultResolved, err)
	}
	l.target = t
	l.note(history.FaultResolved, l.roles.evidence(), nil)
	inj, err := l.fault.Inject(ctx, t)
	if inj != nil {
		l.inj, l.state = inj, Injected
	}
	if err != nil {
		return l.fail(history.FaultInjected, err)
	}
	l.note(history.FaultInjected, history.Evidence{}, nil)
	return nil
}

// resolve finds the victims, and keeps for later faults whom this one is aimed at.
func (l *Life) resolve(ctx context.Context) (Target, error) {
	sys := l.sys
	if sys.Roles != nil {
		sys.Roles = l.roles
	}
	t, err := l.fault.Resolve(ctx, sys)
	if err != nil || sys.Aimed == nil {
		return t, err
	}
	if aimed := selectors(l.fault); len(aimed) > 0 {
		nodes, err := sys.find(ctx, *aimed[0])
		if err != nil {
			return t, err
		}
		sys.Aimed.note(l.step+1, nodes)
	}
	return t, nil
}

// AwaitEffect waits until the victim's side shows the fault, or until ctx ends:
// then the history says that it was not shown, which is no error.
func (l *Life) AwaitEffect(ctx context.Context) error {
	if err := l.allow(Injected); err != nil {
		return err
	}
	ev, err := await(ctx, l.inj.InEffect)
	if err != nil {
		return l.fail(history.FaultInEffect, err)
	}
	l.note(history.FaultInEffect, ev, nil)
	if ev.Shown {
		l.state = Active
	}
	return nil
}

// Summary looks at the victim's side once more before the healing, so that the
// history has the figures of the whole window.
func (l *Life) Summary(ctx context.Context) error {
	if err := l.allow(Injected, Active); err != nil {
		return err
	}
	ev, err := l.inj.InEffect(ctx)
	if err != nil {
		return l.fail(history.FaultInEffect, err)
	}
	if ev.Shown {
		l.note(history.FaultInEffect, ev, nil)
		l.state = Active
	}
	return nil
}

// Heal asks to put everything back. After an error it may be asked again.
func (l *Life) Heal(ctx context.Context) error {
	if err := l.allow(Injected, Active); err != nil {
		return err
	}
	l.note(history.FaultHealing, history.Evidence{}, nil)
	if err := l.inj.Heal(ctx); err != nil {
		return l.fail(history.FaultHealing, err)
	}
	l.state = Healing
	return nil
}

// AwaitHealed waits until the victim's side shows that the fault is over.
func (l *Life) AwaitHealed(ctx context.Context) error {
	if err := l.allow(Healing); err != nil {
		return err
	}
	ev, err := await(ctx, l.inj.Healed)
	if err == nil && !ev.Shown {
		err = fmt.Errorf("the deadline passed; last seen: %s", ev.Text)
	}
	if err != nil {
		return l.fail(history.FaultHealed, err)
	}
	l.note(history.FaultHealed, ev, nil)
	l.state = Healed
	return nil
}

// Cleanup heals what is not healed, trying again until ctx ends. It does not wait
// for the victim's side.
func (l *Life) Cleanup(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for l.state == Injected || l.state == Active {
		err := l.Heal(ctx)
		if err == nil {
			break
		}
		select {
		case <-ctx.Done():
			return err
		case <-tick.C:
		}
	}
	if l.state == Healing {
		l.state = Healed
	}
	return nil
}
