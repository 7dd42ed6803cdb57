package faults

import (
	"context"
	"errors"
	"fmt"
	"time"

	"surety/checker/history"
	"surety/topologies"
)

// Kill ends nodes at once (SIGKILL) and starts them again when it is healed, with
// their addresses kept, and their disks unless Disk says that they are lost.
type Kill struct {
	Target Selector `yaml:"target" json:"target"`
	Disk   Disk     `yaml:"disk" json:"disk,omitempty"`
}

// Name implements Fault.
func (*Kill) Name() string { return "kill" }

// Label implements Fault.
func (k *Kill) Label() string { return "kill " + string(k.Target) + k.Disk.suffix() }

// Check implements Fault.
func (k *Kill) Check() error { return errors.Join(k.Target.CheckNodes(), k.Disk.Check()) }

// Draw implements Fault.
func (k *Kill) Draw(pick func(int) int, nodes []Selector) (Fault, error) {
	t, err := k.Target.Draw(pick, nodes)
	return &Kill{Target: t, Disk: k.Disk}, err
}

// Needs implements Fault.
func (k *Kill) Needs() []topologies.Capability {
	return append(ByKill.needs(k.Target), k.Disk.needs(k.Target)...)
}

// Resolve implements Fault.
func (k *Kill) Resolve(ctx context.Context, sys System) (Target, error) {
	return resolveNodes(ctx, sys, k.Target)
}

type killed struct {
	*revival
	began time.Time
}

// Inject implements Fault.
func (k *Kill) Inject(ctx context.Context, t Target) (Injection, error) {
	if err := ByKill.canAll(t.Nodes, k.Disk); err != nil {
		return nil, err
	}
	r, err := newRevival(ctx, t, k.Disk)
	if err != nil {
		return nil, err
	}
	return &killed{r, time.Now()}, together(ctx, t.Nodes, func(ctx context.Context, n topologies.Node) error {
		return n.(topologies.Killer).Kill(ctx)
	})
}

// InEffect reads from the system that every victim ended by the signal.
func (in *killed) InEffect(ctx context.Context) (history.Evidence, error) {
	ev, err := in.t.processes(ctx, func(_ string, st topologies.ProcessState) (bool, string) {
		return st.Status == topologies.Exited && st.ExitCode == killedExit, fmt.Sprintf("%s with code %d", st.Status, st.ExitCode)
	})
	if err == nil {
		ev.Facts["after_ms"] = time.Since(in.began).Milliseconds()
	}
	return ev, err
}

// Heal starts the victims that do not run.
func (in *killed) Heal(ctx context.Context) error { return in.all(ctx) }

// Healed reads that every victim runs as a new process, and for brokers that the
// cluster is whole again.
func (in *killed) Healed(ctx context.Context) (history.Evidence, error) { return in.shown(ctx) }
