package faults

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"surety/checker/history"
	"surety/topologies"
)

// Throttle lets nodes run for a share of the time only: their threads stand still for
// the rest of each Turn, as under a CPU limit that is far too low. A throttled consumer
// falls behind without losing its session.
type Throttle struct {
	Target Selector      `yaml:"target" json:"target"`
	To     Percent       `yaml:"to" json:"to"`
	Turn   time.Duration `yaml:"turn" json:"turn_ns,omitempty"` // 200ms unless said
}

// Percent is a share, written as 20%.
type Percent string

var percent = regexp.MustCompile(`^([0-9]{1,3}(?:\.[0-9]+)?)%$`)

// Share is the part of 1. It fails where the text is not of the known form or lies
// beyond 100%.
func (p Percent) Share() (float64, error) {
	m := percent.FindStringSubmatch(string(p))
	if m == nil {
		return 0, fmt.Errorf("a share is written as 20%%; this is %q", string(p))
	}
	f, err := strconv.ParseFloat(m[1], 64)
	if err != nil || f > 100 {
		return 0, fmt.Errorf("a share lies between 0%% and 100%%; this is %q", string(p))
	}
	return f / 100, nil
}

const (
	usualTurn    = 200 * time.Millisecond
	shortestTurn = 50 * time.Millisecond
)

// Name implements Fault.
func (*Throttle) Name() string { return "throttle" }

// Label implements Fault.
func (f *Throttle) Label() string { return fmt.Sprintf("throttle %s to %s", f.Target, f.To) }

// Check implements Fault.
func (f *Throttle) Check() error {
	share, err := f.To.Share()
	if err == nil && (share < 0.01 || share > 0.9) {
		err = fmt.Errorf("a throttled node runs for 1%% to 90%% of the time; this is %s", f.To)
	}
	if f.Turn != 0 && (f.Turn < shortestTurn || f.Turn > 10*time.Second) {
		err = errors.Join(err, fmt.Errorf("turn: is %s to 10s long; this is %s", shortestTurn, f.Turn))
	}
	return errors.Join(f.Target.CheckNodes(), err)
}

// Draw implements Fault.
func (f *Throttle) Draw(pick func(int) int, nodes []Selector) (Fault, error) {
	out := *f
	var err error
	out.Target, err = f.Target.Draw(pick, nodes)
	return &out, err
}

// Needs implements Fault.
func (f *Throttle) Needs() []topologies.Capability {
	return forNodes(f.Target, topologies.PauseBroker, topologies.PauseProcessor)
}

// Takes implements Slow: its share is told from several turns.
func (f *Throttle) Takes() time.Duration { return fewestTurns*f.turn() + leeway }

func (f *Throttle) turn() time.Duration { return cmp.Or(f.Turn, usualTurn) }

// Resolve implements Fault.
func (f *Throttle) Resolve(ctx context.Context, sys System) (Target, error) {
	return resolveNodes(ctx, sys, f.Target)
}

type throttled struct {
	t Target
	*course
	share float64 // of the time in which a victim may run
	began time.Time

	mu sync.Mutex
	of map[string]turns
}

// turns is what one victim lived through.
type turns struct {
	n, seen int           // turns, and those in which its system showed it standing
	stood   time.Duration // in all
}

// Inject implements Fault.
func (f *Throttle) Inject(ctx context.Context, t Target) (Injection, error) {
	for _, n := range t.Nodes {
		if _, _, err := victim[topologies.Pauser](n); err != nil {
			return nil, err
		}
	}
	share, err := f.To.Share()
	if err != nil {
		return nil, err
	}
	turn := f.turn()
	stand := time.Duration((1 - share) * float64(turn))
	in := &throttled{t: t, share: share, began: time.Now(), of: map[string]turns{}}
	in.course = beginEach(ctx, t.Nodes, func(ctx context.Context, n topologies.Node) error {
		for {
			if err := in.turn(ctx, n, stand); err != nil {
				return err
			}
			if !rest(ctx, turn-stand) {
				return nil
			}
		}
	})
	return in, nil
}

// oneTurn bounds the change of a victim's state.
const oneTurn = 10 * time.Second

// turn stops a victim and lets it go on. It is never left standing.
func (in *throttled) turn(ctx context.Context, n topologies.Node, stand time.Duration) error {
	firm, cancel := context.WithTimeout(context.WithoutCancel(ctx), oneTurn+stand)
	defer cancel()
	p := n.(topologies.Pauser)
	if err := p.Pause(firm); err != nil {
		return err
	}
	began := time.Now()
	st, err := n.(topologies.Stater).State(firm)
	rest(ctx, stand-time.Since(began))
	stood := time.Since(began)
	if err := errors.Join(err, p.Resume(firm)); err != nil {
		return err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	u := in.of[n.ID()]
	u.n, u.stood = u.n+1, u.stood+stood
	if st.Status == topologies.Paused {
		u.seen++
	}
	in.of[n.ID()] = u
	return nil
}

// fewestTurns are those that a share can be told from.
const fewestTurns = 3

// moreThanAsked is by how much the share of the time in which a victim ran may lie above
// what was asked.
const moreThanAsked = 0.15

// InEffect reads for which share of the time every victim stood still, as its system
// showed it.
func (in *throttled) InEffect(context.Context) (history.Evidence, error) {
	if err := in.failed(); err != nil {
		return history.Evidence{}, err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	passed := time.Since(in.began)
	ev := history.Evidence{Shown: true, Facts: map[string]any{"asked_share": in.share}}
	var said []string
	for _, n := range in.t.Nodes {
		u := in.of[n.ID()]
		ran := 1 - u.stood.Seconds()/passed.Seconds()
		ev.Shown = ev.Shown && u.n >= fewestTurns && u.seen == u.n && ran <= in.share+moreThanAsked
		said = append(said, fmt.Sprintf("%s ran for %.0f %% of the time, seen standing in %d of %d turns", n.ID(), 100*ran, u.seen, u.n))
		ev.Facts[n.ID()+"_share"], ev.Facts[n.ID()+"_turns"] = ran, u.n
	}
	ev.Text = strings.Join(said, ", ")
	return ev, nil
}

// Heal ends the turns and lets go on what stands.
func (in *throttled) Heal(ctx context.Context) error {
	if err := in.halt(ctx); err != nil {
		return fmt.Errorf("the throttle does not end: %w", err)
	}
	return resume(ctx, in.t.Nodes)
}

// Healed reads that every victim runs.
func (in *throttled) Healed(ctx context.Context) (history.Evidence, error) {
	ev, err := in.t.processes(ctx, func(_ string, st topologies.ProcessState) (bool, string) {
		return st.Status == topologies.Running, string(st.Status)
	})
	if err != nil {
		return ev, err
	}
	return in.t.whole(ctx, ev)
}
