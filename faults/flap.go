package faults

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"surety/topologies"
)

// Flap is a network that comes and goes: the links between two ends are silent for
// Down, pass for Up, and so on until the healing. Each of the times is longer or
// shorter by up to Jitter, drawn from the run's seed. Between means both
// directions, From and To one.
type Flap struct {
	Between []Selector    `yaml:"between" json:"between,omitempty"`
	From    Selector      `yaml:"from" json:"from,omitempty"`
	To      Selector      `yaml:"to" json:"to,omitempty"`
	Down    time.Duration `yaml:"down" json:"down_ns"`
	Up      time.Duration `yaml:"up" json:"up_ns"`
	Jitter  time.Duration `yaml:"jitter" json:"jitter_ns,omitempty"`
	Seed    uint64        `yaml:"-" json:"seed,omitempty"`
}

// shortest is the shortest time down or up: links are told to fall this long ahead.
const shortest = lead

// Name implements Fault.
func (*Flap) Name() string { return "flap" }

// cut is the flap's ends as those of the cut that comes and goes.
func (f *Flap) cut() *Cut { return &Cut{Between: f.Between, From: f.From, To: f.To} }

// Label implements Fault.
func (f *Flap) Label() string {
	s := fmt.Sprintf("flap %s down %s up", f.Down, f.Up)
	if f.Jitter > 0 {
		s += fmt.Sprintf(" ± %s", f.Jitter)
	}
	return s + " " + f.cut().path()
}

// Check implements Fault.
func (f *Flap) Check() error {
	var err error
	if f.Jitter < 0 || f.Down-f.Jitter < shortest || f.Up-f.Jitter < shortest {
		err = fmt.Errorf("a flap wants down: and up: of at least %s, and a jitter that leaves as much of both", shortest)
	}
	return errors.Join(err, f.cut().Check())
}

// Draw implements Fault.
func (f *Flap) Draw(pick func(int) int, nodes []Selector) (Fault, error) {
	drawn, err := f.cut().Draw(pick, nodes)
	if err != nil {
		return nil, err
	}
	c, out := drawn.(*Cut), *f
	out.Between, out.From, out.To = c.Between, c.From, c.To
	out.Seed = uint64(pick(1 << 30))
	return &out, nil
}

// Needs implements Fault.
func (f *Flap) Needs() []topologies.Capability { return f.cut().Needs() }

// Resolve implements Fault.
func (f *Flap) Resolve(ctx context.Context, sys System) (Target, error) {
	return f.cut().Resolve(ctx, sys)
}

// Inject implements Fault. The links are down when it returns.
func (f *Flap) Inject(ctx context.Context, t Target) (Injection, error) {
	return flap(ctx, t, f.times())
}

// times draws how long the links are down and up next.
func (f *Flap) times() func() (down, up time.Duration) {
	rng := rand.New(rand.NewPCG(f.Seed, 0))
	about := func(d time.Duration) time.Duration {
		return d - f.Jitter + time.Duration(rng.Int64N(2*int64(f.Jitter)+1))
	}
	return func() (down, up time.Duration) { return about(f.Down), about(f.Up) }
}
