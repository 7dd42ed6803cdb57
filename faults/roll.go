package faults

import (
	"context"
	"errors"
	"fmt"
	"time"

	"surety/checker/history"
	"surety/topologies"
)

// Roll restarts nodes one after another, as an upgrade does: each ends in the way that
// How says and starts again, and the next one follows when it is healthy and Rest has
// passed. A broker is healthy in a cluster that is whole, a processor in a stable group
// that it has joined. With To they start as another version, on the same disks; Back
// rolls them to the version before when the fault is healed.
type Roll struct {
	Target Selector      `yaml:"target" json:"target"`
	To     string        `yaml:"to" json:"to,omitempty"`
	Back   bool          `yaml:"back" json:"back,omitempty"`
	How    Ending        `yaml:"how" json:"how,omitempty"`
	Grace  time.Duration `yaml:"grace" json:"grace_ns,omitempty"` // 30s unless said
	Rest   time.Duration `yaml:"rest" json:"rest_ns,omitempty"`
}

// Name implements Fault.
func (*Roll) Name() string { return "roll" }

// Label implements Fault.
func (r *Roll) Label() string {
	s := "roll " + string(r.Target)
	if r.To != "" {
		s += " to " + r.To
	}
	if r.Back {
		s += " and back"
	}
	return s + r.How.suffix()
}

// Check implements Fault.
func (r *Roll) Check() error {
	var err error
	if r.Back && r.To == "" {
		err = errors.New("back: rolls nodes to the version before; say which one they are rolled to: first")
	}
	if r.Rest < 0 || r.Rest > 10*time.Minute {
		err = errors.Join(err, fmt.Errorf("rest: is how long nothing happens between two nodes, up to 10m; this is %s", r.Rest))
	}
	return errors.Join(r.Target.CheckNodes(), r.How.checkWith(r.Grace), err)
}

// Draw implements Fault.
func (r *Roll) Draw(pick func(int) int, nodes []Selector) (Fault, error) {
	out := *r
	var err error
	out.Target, err = r.Target.Draw(pick, nodes)
	return &out, err
}

// Needs implements Fault.
func (r *Roll) Needs() []topologies.Capability {
	need := r.How.needs(r.Target)
	if r.To != "" {
		need = append(need, forNodes(r.Target, topologies.UpgradeBroker, topologies.UpgradeProcessor)...)
	}
	return need
}

// Upgrade is the version that nodes are rolled to and whom; empty = the same one.
func (r *Roll) Upgrade() (version string, target Selector) { return r.To, r.Target }

// Takes implements Slow.
func (r *Roll) Takes() time.Duration { return mostRolled * (graceOr(r.Grace) + leeway + r.Rest) }

// mostRolled is how many nodes a roll is given time for.
const mostRolled = 9

// Resolve implements Fault.
func (r *Roll) Resolve(ctx context.Context, sys System) (Target, error) {
	return resolveNodes(ctx, sys, r.Target)
}

type rolled struct {
	*revival
	*course
	fault   Roll
	members membership
	before  map[string]string // version of each victim
	how     endings
}

// healthyWithin bounds the wait until a node that was started is healthy.
const healthyWithin = time.Minute

// Inject implements Fault.
func (r *Roll) Inject(ctx context.Context, t Target) (Injection, error) {
	if err := r.How.canAll(t.Nodes, Kept); err != nil {
		return nil, err
	}
	in := &rolled{fault: *r, members: t.members(ctx), before: map[string]string{}}
	var err error
	if in.revival, err = newRevival(ctx, t, Kept); err != nil {
		return nil, err
	}
	for _, n := range t.Nodes {
		st, err := n.(topologies.Stater).State(ctx)
		if err != nil {
			return nil, err
		}
		if _, can := n.(topologies.Upgrader); r.To != "" && !can {
			return nil, fmt.Errorf("%s cannot be given another version by its provider", n.ID())
		}
		in.before[n.ID()] = st.Version
	}
	in.course = begin(ctx, func(ctx context.Context) error {
		return in.roll(ctx, func(topologies.Node) string { return r.To })
	})
	return in, nil
}

// roll restarts every victim as the version that to tells; empty = the same one.
func (in *rolled) roll(ctx context.Context, to func(topologies.Node) string) error {
	for i, n := range in.t.Nodes {
		if i > 0 && !rest(ctx, in.fault.Rest) {
			return nil
		}
		if err := in.one(ctx, n, to(n)); err != nil {
			return err
		}
	}
	return nil
}

// one restarts a victim and waits until it is healthy. What has begun is finished.
func (in *rolled) one(ctx context.Context, n topologies.Node, version string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), graceOr(in.fault.Grace)+healthyWithin)
	defer cancel()
	group, _ := in.members.now(ctx)
	e, err := in.fault.How.end(ctx, n, graceOr(in.fault.Grace))
	if err != nil {
		return err
	}
	in.how.add(n.ID(), e)
	if version != "" {
		if err := n.(topologies.Upgrader).Upgrade(ctx, version); err != nil {
			return err
		}
	}
	if err := in.start(ctx, n); err != nil {
		return err
	}
	ev, err := await(ctx, func(ctx context.Context) (history.Evidence, error) { return in.healthy(ctx, n, group) })
	if err == nil && !ev.Shown {
		err = fmt.Errorf("%s is not healthy within %s of its start: %s", n.ID(), healthyWithin, ev.Text)
	}
	return err
}

// healthy looks whether a victim that was started works again. group is that of before
// its end.
func (in *rolled) healthy(ctx context.Context, n topologies.Node, group Group) (history.Evidence, error) {
	one := Target{Nodes: []topologies.Node{n}, Whole: in.t.Whole}
	ev, err := one.processes(ctx, func(_ string, st topologies.ProcessState) (bool, string) {
		return st.Status == topologies.Running, string(st.Status)
	})
	if err != nil {
		return ev, err
	}
	if n.Kind() == topologies.BrokerNode {
		return one.whole(ctx, ev)
	}
	if g, ok := in.members.now(ctx); in.members.used() && (!ok || !g.joined(len(in.members.before.Members), group.Members)) {
		ev.Shown = false
		ev.Text += fmt.Sprintf("; the group has %d members, stable: %t", len(g.Members), g.Stable)
	}
	return ev, nil
}

// InEffect reads how every victim ended, and what runs in its place.
func (in *rolled) InEffect(ctx context.Context) (history.Evidence, error) {
	if err := in.failed(); err != nil {
		return history.Evidence{}, err
	}
	ev, all := in.how.told(in.t.Nodes)
	now, err := in.versions(ctx, in.rolledTo)
	if err != nil {
		return ev, err
	}
	ev.Shown = all && in.over() && now.Shown
	ev.Text += "; " + now.Text
	for name, fact := range now.Facts {
		ev.Facts[name] = fact
	}
	in.members.tell(ctx, &ev)
	return ev, nil
}

// rolledTo is what the system is to show as the version of a victim that was rolled.
func (in *rolled) rolledTo(id string) string {
	switch in.fault.To {
	case "":
		return in.before[id]
	case topologies.OriginalVersion:
		return ""
	}
	return in.fault.To
}

// versions reads that every victim runs as a new process and as which version.
func (in *rolled) versions(ctx context.Context, want func(id string) string) (history.Evidence, error) {
	versions := map[string]string{}
	ev, err := in.t.processes(ctx, func(id string, st topologies.ProcessState) (bool, string) {
		versions[id] = st.Version
		text := fmt.Sprintf("%s, start %d", st.Status, st.Starts)
		if st.Version != "" {
			text += " as " + st.Version
		}
		return st.Status == topologies.Running && st.Starts > in.starts[id] && st.Version == want(id), text
	})
	for id, v := range versions {
		if v != "" {
			ev.Facts[id+"_version"] = v
		}
	}
	return ev, err
}

// Heal waits until every victim was rolled, rolls it back where that is asked for, and
// starts those that do not run.
func (in *rolled) Heal(ctx context.Context) error {
	if err := in.finish(ctx); err != nil {
		return fmt.Errorf("the nodes are not through: %w", err)
	}
	if in.fault.Back {
		return in.back(ctx)
	}
	return in.all(ctx)
}

// back rolls those victims back that are of another version than before.
func (in *rolled) back(ctx context.Context) error {
	for _, n := range in.t.Nodes {
		st, err := n.(topologies.Stater).State(ctx)
		if err != nil {
			return err
		}
		version := in.before[n.ID()]
		switch {
		case st.Status == topologies.Exited:
			if err := n.(topologies.Upgrader).Upgrade(ctx, orOriginal(version)); err != nil {
				return err
			}
			if err := in.start(ctx, n); err != nil {
				return err
			}
		case st.Version != version:
			if err := in.one(ctx, n, orOriginal(version)); err != nil {
				return err
			}
		}
	}
	return nil
}

// orOriginal names the version that nobody gave a name.
func orOriginal(version string) string {
	if version == "" {
		return topologies.OriginalVersion
	}
	return version
}

// Healed reads that every victim runs as a new process of the version that it is meant
// to stay, and for brokers that the cluster is whole again.
func (in *rolled) Healed(ctx context.Context) (history.Evidence, error) {
	stays := in.rolledTo
	if in.fault.Back {
		stays = func(id string) string { return in.before[id] }
	}
	ev, err := in.versions(ctx, stays)
	if err != nil {
		return ev, err
	}
	in.members.tell(ctx, &ev)
	return in.t.whole(ctx, ev)
}
