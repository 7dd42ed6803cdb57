package faults

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"surety/checker/history"
	"surety/topologies"
)

// CrashLoop kills nodes (SIGKILL) and starts them again Times times. Each kill
// follows when the process has run for Up, at once where that is 0. With several
// victims each loops by itself.
type CrashLoop struct {
	Target Selector      `yaml:"target" json:"target"`
	Times  int           `yaml:"times" json:"times"`
	Up     time.Duration `yaml:"up" json:"up_ns,omitempty"`
}

// Name implements Fault.
func (*CrashLoop) Name() string { return "crash-loop" }

// Label implements Fault.
func (c *CrashLoop) Label() string {
	s := fmt.Sprintf("crash-loop %s, %d times", c.Target, c.Times)
	if c.Up > 0 {
		s += fmt.Sprintf(" after %s", c.Up)
	}
	return s
}

// mostCrashes bounds a typing error.
const mostCrashes = 1000

// Check implements Fault.
func (c *CrashLoop) Check() error {
	var err error
	if c.Times < 2 || c.Times > mostCrashes {
		err = fmt.Errorf("a crash-loop wants times: 2 to %d; this is %d, and once is a kill", mostCrashes, c.Times)
	}
	if c.Up < 0 || c.Up > 10*time.Minute {
		err = errors.Join(err, fmt.Errorf("up: is how long a node runs between two crashes, up to 10m; this is %s", c.Up))
	}
	return errors.Join(c.Target.CheckNodes(), err)
}

// Draw implements Fault.
func (c *CrashLoop) Draw(pick func(int) int, nodes []Selector) (Fault, error) {
	t, err := c.Target.Draw(pick, nodes)
	return &CrashLoop{Target: t, Times: c.Times, Up: c.Up}, err
}

// Needs implements Fault.
func (c *CrashLoop) Needs() []topologies.Capability { return ByKill.needs(c.Target) }

// Takes implements Slow.
func (c *CrashLoop) Takes() time.Duration { return time.Duration(c.Times) * (c.Up + leeway) }

// Resolve implements Fault.
func (c *CrashLoop) Resolve(ctx context.Context, sys System) (Target, error) {
	return resolveNodes(ctx, sys, c.Target)
}

type crashing struct {
	*revival
	*course
	times int
	how   endings
}

// oneCrash bounds one kill and one start.
const oneCrash = 30 * time.Second

// Inject implements Fault.
func (c *CrashLoop) Inject(ctx context.Context, t Target) (Injection, error) {
	if err := ByKill.canAll(t.Nodes, Kept); err != nil {
		return nil, err
	}
	r, err := newRevival(ctx, t, Kept)
	if err != nil {
		return nil, err
	}
	in := &crashing{revival: r, times: c.Times}
	in.course = beginEach(ctx, t.Nodes, func(ctx context.Context, n topologies.Node) error {
		for i := range c.Times {
			if i > 0 && !rest(ctx, c.Up) {
				return nil
			}
			if err := in.crash(ctx, n); err != nil {
				return err
			}
		}
		return nil
	})
	return in, nil
}

// crash kills a victim and starts it again. What has begun is finished.
func (in *crashing) crash(ctx context.Context, n topologies.Node) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), oneCrash)
	defer cancel()
	st, err := n.(topologies.Stater).State(ctx)
	if err != nil {
		return err
	}
	if st.Status == topologies.Exited {
		return fmt.Errorf("%s ended by itself with code %d before it could be killed again", n.ID(), st.ExitCode)
	}
	e, err := ByKill.end(ctx, n, 0)
	if err != nil {
		return err
	}
	in.how.add(n.ID(), e)
	return in.start(ctx, n)
}

// InEffect reads that every victim ended by the signal as often as asked, and was
// started after each.
func (in *crashing) InEffect(ctx context.Context) (history.Evidence, error) {
	if err := in.failed(); err != nil {
		return history.Evidence{}, err
	}
	ev := history.Evidence{Shown: true, Facts: map[string]any{}}
	var said []string
	for _, n := range in.t.Nodes {
		st, err := n.(topologies.Stater).State(ctx)
		if err != nil {
			return history.Evidence{}, err
		}
		kills, starts := in.how.killed(n.ID()), st.Starts-in.starts[n.ID()]
		ev.Shown = ev.Shown && kills == in.times && starts >= in.times
		said = append(said, fmt.Sprintf("%s ended by SIGKILL %d of %d times and was started %d times", n.ID(), kills, in.times, starts))
		ev.Facts[n.ID()+"_kills"], ev.Facts[n.ID()+"_starts"] = kills, starts
	}
	ev.Text = strings.Join(said, ", ")
	return ev, nil
}

// Heal ends the loop and starts the victims that do not run.
func (in *crashing) Heal(ctx context.Context) error {
	if err := in.halt(ctx); err != nil {
		return fmt.Errorf("the crash-loop does not end: %w", err)
	}
	return in.all(ctx)
}

// Healed reads that every victim runs as a new process, and for brokers that the
// cluster is whole again.
func (in *crashing) Healed(ctx context.Context) (history.Evidence, error) { return in.shown(ctx) }
