package faults

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"surety/topologies"
	"surety/topologies/names"
)

// Ending is how a node's process is ended.
type Ending string

// The ways to end a process.
const (
	// ByKill ends it at once, with SIGKILL.
	ByKill Ending = "kill"
	// ByStop asks it to end with its stop signal, and kills it after a grace period,
	// as container engines and orchestrators do. It is the default.
	ByStop Ending = "stop"
)

// Check tells whether the way is known.
func (e Ending) Check() error { return oneOf("how", e, ByStop, ByKill) }

// suffix names the way in a label, where it is not the default.
func (e Ending) suffix() string {
	if e != ByKill {
		return ""
	}
	return " (kill)"
}

// checkWith tells whether the way goes with a grace period.
func (e Ending) checkWith(grace time.Duration) error {
	if e == ByKill && grace != 0 {
		return errors.New("grace: is for a node that is asked to stop; how: kill does not ask")
	}
	return errors.Join(e.Check(), checkGrace(grace))
}

// needs is what the way asks of a provider.
func (e Ending) needs(target Selector) []topologies.Capability {
	if e == ByKill {
		return forNodes(target, topologies.KillBroker, topologies.KillProcessor)
	}
	return forNodes(target, topologies.StopBroker, topologies.StopProcessor)
}

// oneOf tells whether the value of a field is one of the known words, the first of
// which stands for nothing said.
func oneOf[T ~string](field string, is T, known ...T) error {
	if is == "" || slices.Contains(known, is) {
		return nil
	}
	var list []string
	for _, k := range known {
		list = append(list, string(k))
	}
	return errors.New(names.Unknown(field, string(is), list))
}

// usualGrace is how long a stopped node may take where the scenario does not say; it
// is what Kubernetes gives.
const usualGrace = 30 * time.Second

// checkGrace tells whether a grace period is one.
func checkGrace(d time.Duration) error {
	if d < 0 || d > 10*time.Minute {
		return fmt.Errorf("grace: is how long a node may take to stop, up to 10m; this is %s", d)
	}
	return nil
}

// graceOr is the grace period, the usual one where none is said.
func graceOr(d time.Duration) time.Duration { return cmp.Or(d, usualGrace) }

// killedExit is the exit code of a process that SIGKILL ended.
const killedExit = 128 + 9

// end ends the process of a node and reads how it ended.
func (e Ending) end(ctx context.Context, n topologies.Node, grace time.Duration) (ended, error) {
	asked := time.Now()
	var err error
	if e == ByKill {
		err = n.(topologies.Killer).Kill(ctx)
	} else {
		err = n.(topologies.Stopper).Stop(ctx, grace)
	}
	if err != nil {
		return ended{}, err
	}
	st, err := n.(topologies.Stater).State(ctx)
	if err != nil {
		return ended{}, err
	}
	if st.Status != topologies.Exited {
		return ended{}, fmt.Errorf("%s is %s after it was ended", n.ID(), st.Status)
	}
	out := ended{code: st.ExitCode, after: st.Since.Sub(asked)}
	if most := time.Since(asked); out.after < 0 || out.after > most {
		out.after = most // the engine's clock is another
	}
	out.forced = e != ByKill && st.ExitCode == killedExit
	return out, nil
}

// can tells whether a node can be ended in this way and started again.
func (e Ending) can(n topologies.Node) error {
	_, kills := n.(topologies.Killer)
	_, stops := n.(topologies.Stopper)
	_, starts := n.(topologies.Starter)
	_, tells := n.(topologies.Stater)
	if e == ByKill && !kills || e != ByKill && !stops || !starts || !tells {
		return fmt.Errorf("%s cannot be broken in this way by its provider", n.ID())
	}
	return nil
}

// canAll asks can of all victims, and whether their disks can be emptied.
func (e Ending) canAll(nodes []topologies.Node, d Disk) error {
	var errs []error
	for _, n := range nodes {
		errs = append(errs, e.can(n), d.can(n))
	}
	return errors.Join(errs...)
}

// forNodes are the capabilities that the target's kinds of nodes ask for.
func forNodes(target Selector, broker, processor topologies.Capability) []topologies.Capability {
	var need []topologies.Capability
	if target.means(topologies.BrokerNode) {
		need = append(need, broker)
	}
	if target.means(topologies.ProcessorNode) {
		need = append(need, processor)
	}
	return need
}

// leeway is what the system may need around the time that a fault gives a node.
const leeway = 15 * time.Second
