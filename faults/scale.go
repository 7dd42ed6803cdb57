package faults

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"surety/checker/history"
	"surety/topologies"
)

// Scale adds instances of a processor under load, or takes some away: To of them run
// until it is healed, then as many as before. With Times it goes there and back so
// often, and Every between two changes, which is a storm of rebalances. Added instances
// are the processor's spare ones; those that are taken away are asked to stop.
type Scale struct {
	Target Selector      `yaml:"target" json:"target"`
	To     int           `yaml:"to" json:"to"`
	Times  int           `yaml:"times" json:"times,omitempty"`    // once unless said
	Every  time.Duration `yaml:"every" json:"every_ns,omitempty"` // 2s unless said
}

// usualEvery is the time between two changes of the number of instances.
const usualEvery = 2 * time.Second

// Name implements Fault.
func (*Scale) Name() string { return "scale" }

// Label implements Fault.
func (s *Scale) Label() string {
	text := fmt.Sprintf("scale %s to %d", s.Target, s.To)
	if s.Times > 1 {
		text += fmt.Sprintf(", %d times", s.Times)
	}
	return text
}

// mostTimes bounds a typing error.
const mostTimes = 1000

// Check implements Fault.
func (s *Scale) Check() error {
	var err error
	a, known := s.Target.aim()
	if known == nil && (a.op != aNode || !a.whole() || a.kinds()[topologies.BrokerNode]) {
		err = fmt.Errorf("scale wants the instances of one processor as its target, as processor/*; this is %q", string(s.Target))
	}
	if s.To < 1 || s.To > 50 {
		err = errors.Join(err, fmt.Errorf("to: is how many instances are to run, 1 to 50; this is %d", s.To))
	}
	if s.Times < 0 || s.Times > mostTimes {
		err = errors.Join(err, fmt.Errorf("times: is how often it goes there and back, 1 to %d; this is %d", mostTimes, s.Times))
	}
	if s.Every < 0 || s.Every > 10*time.Minute {
		err = errors.Join(err, fmt.Errorf("every: is the time between two changes, up to 10m; this is %s", s.Every))
	}
	return errors.Join(known, err)
}

// Draw implements Fault.
func (s *Scale) Draw(pick func(int) int, nodes []Selector) (Fault, error) {
	out := *s
	var err error
	out.Target, err = s.Target.Draw(pick, nodes)
	return &out, err
}

// Needs implements Fault.
func (s *Scale) Needs() []topologies.Capability {
	return []topologies.Capability{topologies.ScaleProcessor}
}

// Takes implements Slow.
func (s *Scale) Takes() time.Duration {
	return time.Duration(2*max(1, s.Times)-1) * (s.every() + oneChange)
}

func (s *Scale) every() time.Duration {
	if s.Every == 0 {
		return usualEvery
	}
	return s.Every
}

// Resolve implements Fault: all instances, the spare ones too.
func (s *Scale) Resolve(_ context.Context, sys System) (Target, error) {
	t := Target{Group: sys.Group}
	for _, n := range sys.Nodes {
		if SelectorOf(n.ID()).family() == s.Target.family() {
			t.Nodes = append(t.Nodes, n)
		}
	}
	if len(t.Nodes) < s.To {
		return t, fmt.Errorf("%s has %d instances, the spare ones included, and cannot run as %d", s.Target, len(t.Nodes), s.To)
	}
	return t, nil
}

type scaled struct {
	t       Target
	fault   Scale
	members membership
	before  int // how many ran
	*course

	mu      sync.Mutex
	changes int
	how     endings
}

// oneChange bounds one change of the number of instances.
const oneChange = 60 * time.Second

// Inject implements Fault.
func (s *Scale) Inject(ctx context.Context, t Target) (Injection, error) {
	if err := ByStop.canAll(t.Nodes, Kept); err != nil {
		return nil, err
	}
	in := &scaled{t: t, fault: *s, members: t.members(ctx)}
	running, err := in.running(ctx)
	if err != nil {
		return nil, err
	}
	if in.before = len(running); in.before == s.To {
		return nil, fmt.Errorf("%d instances of %s run already: nothing would change", s.To, s.Target)
	}
	in.course = begin(ctx, func(ctx context.Context) error {
		for i := range 2*max(1, s.Times) - 1 { // it ends as asked
			if i > 0 && !rest(ctx, s.every()) {
				return nil
			}
			to := s.To
			if i%2 == 1 {
				to = in.before
			}
			if err := in.change(ctx, to); err != nil {
				return err
			}
		}
		return nil
	})
	return in, nil
}

// running are the instances that run, by their numbers.
func (in *scaled) running(ctx context.Context) ([]topologies.Node, error) {
	var out []topologies.Node
	for _, n := range in.t.Nodes {
		st, err := n.(topologies.Stater).State(ctx)
		if err != nil {
			return nil, err
		}
		if st.Status != topologies.Exited {
			out = append(out, n)
		}
	}
	return out, nil
}

// change starts the first instances that do not run, or stops the last ones that do.
// What has begun is finished.
func (in *scaled) change(ctx context.Context, to int) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), oneChange)
	defer cancel()
	running, err := in.running(ctx)
	if err != nil {
		return err
	}
	runs := map[string]bool{}
	for _, n := range running {
		runs[n.ID()] = true
	}
	var more []topologies.Node
	for _, n := range in.t.Nodes {
		if !runs[n.ID()] && len(running)+len(more) < to {
			more = append(more, n)
		}
	}
	fewer := running[min(len(running), to):]
	err = errors.Join(
		together(ctx, more, func(ctx context.Context, n topologies.Node) error { return n.(topologies.Starter).Start(ctx) }),
		together(ctx, fewer, func(ctx context.Context, n topologies.Node) error {
			e, err := ByStop.end(ctx, n, usualGrace)
			if err == nil {
				in.how.add(n.ID(), e)
			}
			return err
		}),
	)
	if len(more)+len(fewer) > 0 {
		in.mu.Lock()
		in.changes++
		in.mu.Unlock()
	}
	return err
}

// look reads how many instances run, and how many members the group has.
func (in *scaled) look(ctx context.Context, want int) (history.Evidence, error) {
	running, err := in.running(ctx)
	if err != nil {
		return history.Evidence{}, err
	}
	in.mu.Lock()
	changes := in.changes
	in.mu.Unlock()
	ev := history.Evidence{
		Shown: len(running) == want,
		Text:  fmt.Sprintf("%d of %d instances run, %d before; changes so far: %d", len(running), len(in.t.Nodes), in.before, changes),
		Facts: map[string]any{"running": len(running), "running_before": in.before, "changes": changes},
	}
	if g, ok := in.members.now(ctx); in.members.used() {
		ev.Shown = ev.Shown && ok && g.Stable && len(g.Members) == want*in.perInstance()
	}
	in.members.tell(ctx, &ev)
	return ev, nil
}

// perInstance is how many members of the group an instance is: one, or several where
// it has as many consumers. One that is not in the group yet, or still in it, does not
// change that.
func (in *scaled) perInstance() int {
	return max(1, len(in.members.before.Members)/max(1, in.before))
}

// InEffect reads that as many instances run as were asked for, and that the group has
// taken them in.
func (in *scaled) InEffect(ctx context.Context) (history.Evidence, error) {
	if err := in.failed(); err != nil {
		return history.Evidence{}, err
	}
	ev, err := in.look(ctx, in.fault.To)
	ev.Shown = ev.Shown && in.over()
	return ev, err
}

// Heal ends the changes, and starts or stops instances until as many run as before.
func (in *scaled) Heal(ctx context.Context) error {
	if err := in.halt(ctx); err != nil {
		return fmt.Errorf("the changes do not end: %w", err)
	}
	return in.change(ctx, in.before)
}

// Healed reads that as many instances run as before, and that the group has as many
// members.
func (in *scaled) Healed(ctx context.Context) (history.Evidence, error) {
	return in.look(ctx, in.before)
}
