package runner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"surety/checker/history"
	"surety/scenarios"
	"surety/workload/kafka"
)

// eventEvery is how often a state of the cluster is looked at while a fault waits for
// it.
const eventEvery = 10 * time.Millisecond

// errNoEvent is an event that did not come while the load was offered.
var errNoEvent = errors.New("the load was over first")

// look tells whether an event has come, and what was seen.
type look func(ctx context.Context) (come bool, seen string, err error)

// awaitEvent waits until the event of a step has come, or the context of the offering
// of the load has ended.
func (e *execution) awaitEvent(offering context.Context, on scenarios.PlanEvent) (history.Evidence, error) {
	see := e.looking(on)
	tick := time.NewTicker(eventEvery)
	defer tick.Stop()
	seen := "nothing was seen"
	for {
		short, cancel := context.WithTimeout(offering, 2*time.Second)
		come, now, err := see(short)
		cancel()
		switch {
		case err == nil && come:
			return history.Evidence{Shown: true, Text: now}, nil
		case err == nil:
			seen = now
		case offering.Err() == nil:
			seen = err.Error() // asked again: while other faults are on, many questions fail
		}
		select {
		case <-offering.Done():
			return history.Evidence{}, fmt.Errorf("waited until %s: %w; %s", on, errNoEvent, seen)
		case <-tick.C:
		}
	}
}

func (e *execution) looking(on scenarios.PlanEvent) look {
	switch {
	case on.Records > 0:
		return func(context.Context) (bool, string, error) {
			n := e.status.Progress.OK.Load()
			return n >= on.Records, fmt.Sprintf("%d of %d records acknowledged", n, e.plan.Load.Records), nil
		}
	case on.Rebalance > 0:
		return e.rebalances(on.Rebalance)
	}
	return e.followersBehind
}

// rebalances counts those of the processors' group. One that is over between two
// looks shows in members or assignments that have changed.
func (e *execution) rebalances(want int) look {
	count, in := 0, false
	before := ""
	return func(ctx context.Context) (bool, string, error) {
		g, err := e.admin.Group(ctx, e.plan.Group)
		if err != nil {
			return false, "", err
		}
		now := fmt.Sprint(g.Members)
		moving := g.State != kafka.Stable
		if (moving && !in) || (!moving && !in && before != "" && now != before) {
			count++
		}
		if in = moving; !moving {
			before = now
		}
		return count >= want, fmt.Sprintf("%d of %d rebalances of the group; it is %s", count, want, g.State), nil
	}
}

// followersBehind looks for a replica of the input that is not in sync.
func (e *execution) followersBehind(ctx context.Context) (bool, string, error) {
	behind, err := e.admin.Behind(ctx, e.plan.Input.Name)
	if err != nil {
		return false, "", err
	}
	if behind == "" {
		return false, "all replicas of the input are in sync", nil
	}
	return true, behind, nil
}
