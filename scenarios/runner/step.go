package runner

import (
	"context"
	"sync"
	"time"

	"surety/checker/history"
	"surety/faults"
	"surety/scenarios"
)

const (
	// showWithin is how long a fault without a duration has to show its effect.
	showWithin = 5 * time.Second
	// healWithin bounds the wait until a healed fault is over on the victim's side.
	healWithin = 90 * time.Second
	// repairWithin bounds the healing of a fault whose run has ended.
	repairWithin = 20 * time.Second
)

// step takes one fault through its life at its time. What goes wrong stands in
// the history: a fault that did not act makes the verdict inconclusive, not the
// harness broken.
func (e *execution) step(ctx context.Context, i int, st scenarios.PlanStep, f faults.Fault, sys faults.System, load loading) {
	record := func(h history.Fault) {
		h.At = e.clock.Now()
		e.w.Append(history.KindFault, h)
	}
	life := faults.NewLife(i, f, sys, record)
	defer func() {
		fresh, cancel := context.WithTimeout(context.WithoutCancel(ctx), repairWithin)
		defer cancel()
		if err := life.Cleanup(fresh); err != nil { // its failure stands in the history
			e.taint(err)
		}
	}()
	if st.On != nil {
		h := history.Fault{Step: i, Name: f.Name(), Phase: history.FaultAwaited}
		var err error
		if h.Evidence, err = e.awaitEvent(load.offering, *st.On); err != nil {
			h.Phase, h.Error = history.FaultFailed, err.Error()
		}
		if record(h); err != nil {
			return
		}
	} else if !until(ctx, load.start.Add(st.At)) {
		return
	}
	begin := time.Now()
	if err := life.Inject(ctx); err != nil {
		return // recorded
	}
	e.status.fault(st.Label, true)
	defer e.status.fault(st.Label, false)
	stopWatch := beside(ctx, life.WatchRoles)
	defer stopWatch()

	within := st.For
	if within == 0 {
		within = showWithin
	}
	if slow, ok := f.(faults.Slow); ok {
		within = max(within, slow.Takes())
	}
	watch, cancel := context.WithDeadline(ctx, begin.Add(within))
	err := life.AwaitEffect(watch)
	cancel()
	if err == nil && st.For > 0 && !until(ctx, begin.Add(st.For)) {
		return
	}
	if life.State() == faults.Active || life.State() == faults.Injected {
		_ = life.Summary(ctx) // recorded
	}
	stopWatch()
	if err := life.Heal(ctx); err != nil {
		return // recorded; Cleanup tries again
	}
	watch, cancel = context.WithTimeout(ctx, healWithin)
	defer cancel()
	if err := life.AwaitHealed(watch); err != nil { // recorded
		e.taint(err)
		return
	}
	if err := e.await(ctx, e.whole, "after "+st.Label, healWithin); err != nil {
		e.taint(err)
	}
}

// loading is the load that the faults of a plan fall into.
type loading struct {
	start    time.Time
	offering context.Context //nolint:containedctx // it ends with the load, not with a call
}

// beside runs a watcher until the returned function is called, which waits for its end.
func beside(ctx context.Context, watch func(context.Context)) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() { watch(ctx) })
	return func() {
		cancel()
		watching.Wait()
	}
}

// until waits for a moment; false when ctx ended first.
func until(ctx context.Context, at time.Time) bool {
	t := time.NewTimer(time.Until(at))
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
