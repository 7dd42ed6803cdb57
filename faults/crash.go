package faults

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"surety/checker/history"
	"surety/topologies"
)

// Crash makes services end themselves at a named point of their own work, as SIGKILL
// would, and starts them again when it is healed. Where a kill from outside hits what
// happens to be in hand, this hits one order in one state.
type Crash struct {
	Target Selector `yaml:"target" json:"target"`
	Point  string   `yaml:"point" json:"point"` // as the service calls it: after-commit
}

// crashAfter lies between the moment at which a service is told and the first order
// that it may end at, so that the order was sent when the fault had begun.
const crashAfter = 200 * time.Millisecond

// Name implements Fault.
func (*Crash) Name() string { return "crash" }

// Label implements Fault.
func (c *Crash) Label() string { return "crash " + string(c.Target) + " " + c.Point }

var pointForm = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)

// Check implements Fault.
func (c *Crash) Check() error {
	var err error
	if !pointForm.MatchString(c.Point) {
		err = fmt.Errorf("crash wants point:, the name of a point as after-commit; this is %q", c.Point)
	}
	return errors.Join(c.Target.CheckNodes(), err)
}

// Draw implements Fault.
func (c *Crash) Draw(pick func(int) int, nodes []Selector) (Fault, error) {
	t, err := c.Target.Draw(pick, nodes)
	return &Crash{Target: t, Point: c.Point}, err
}

// Needs implements Fault.
func (c *Crash) Needs() []topologies.Capability {
	return append(ByKill.needs(c.Target), topologies.TakeOrders)
}

// Takes implements Slow: the order or the batch that it is to end at may be a while in
// coming.
func (c *Crash) Takes() time.Duration { return crashWithin }

// crashWithin is how long a service has to reach the point.
const crashWithin = 10 * time.Second

// Resolve implements Fault.
func (c *Crash) Resolve(ctx context.Context, sys System) (Target, error) {
	t, err := resolveNodes(ctx, sys, c.Target)
	t.Crash = sys.Crash
	return t, err
}

type crashed struct {
	*revival
	point string
	began time.Time
}

// Inject implements Fault.
func (c *Crash) Inject(ctx context.Context, t Target) (Injection, error) {
	if t.Crash == nil {
		return nil, errors.New("no processor of this scenario serves orders, and so none has points to crash at")
	}
	if err := ByKill.canAll(t.Nodes, Kept); err != nil {
		return nil, err
	}
	r, err := newRevival(ctx, t, Kept)
	if err != nil {
		return nil, err
	}
	return &crashed{r, c.Point, time.Now()}, together(ctx, t.Nodes, func(ctx context.Context, n topologies.Node) error {
		return t.Crash(ctx, n.ID(), c.Point, crashAfter)
	})
}

// InEffect reads from the system that every victim ended, with the code of SIGKILL.
func (in *crashed) InEffect(ctx context.Context) (history.Evidence, error) {
	ev, err := in.t.processes(ctx, func(_ string, st topologies.ProcessState) (bool, string) {
		return st.Status == topologies.Exited && st.ExitCode == killedExit, fmt.Sprintf("%s with code %d at %s", st.Status, st.ExitCode, in.point)
	})
	if err == nil {
		ev.Facts["after_ms"] = time.Since(in.began).Milliseconds()
	}
	return ev, err
}

// Heal starts the victims that do not run.
func (in *crashed) Heal(ctx context.Context) error { return in.all(ctx) }

// Healed reads that every victim runs as a new process.
func (in *crashed) Healed(ctx context.Context) (history.Evidence, error) { return in.shown(ctx) }
