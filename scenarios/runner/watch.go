package runner

import (
	"context"
	"time"

	"surety/checker/history"
	"surety/topologies"
)

// loadStart is when the load began, for those who wait for it.
type loadStart struct {
	reached chan struct{}
	at      time.Time // once it is reached
}

func (b *loadStart) reach(at time.Time) {
	b.at = at
	close(b.reached)
}

// await waits until so long after it; false when ctx ended first.
func (b *loadStart) await(ctx context.Context, after time.Duration) bool {
	select {
	case <-b.reached:
		return until(ctx, b.at.Add(after))
	case <-ctx.Done():
		return false
	}
}

// watch follows the i-th sink until ctx ends: as its tail, which only gives times, or
// as the consumer under test or the effects that were applied, of which it is the one
// reading.
func (e *execution) watch(ctx context.Context, i int) {
	k := e.plan.Sinks[i]
	if k.Rows != nil {
		_ = e.table(k, i).Observe(ctx, e.sessions.open(e.clock, k.Name, "", history.Committed, history.Tail))
		return
	}
	if s := e.effects[k.Name]; s != nil {
		s.Tracker, s.Fences, s.Unreadable = e.trackers[i], e.fences, &e.unreadable[i]
		if i == 0 {
			s.Progress = e.status.Progress
		}
		_ = s.Observe(ctx, e.sessions.open(e.clock, k.Name, k.Name, history.Committed, history.Final))
		return
	}
	r, purpose := e.reader(k.Topic.Name, i), history.Tail
	if s := k.Subscriber; s != nil {
		if s.Starts > 0 && !e.loading.await(ctx, s.Starts) {
			return
		}
		// It is a client as the processors are: what cuts those off cuts it off.
		r.Subscriber, r.Endpoint, purpose = s, e.topo.Brokers(topologies.Drive), history.Final
	}
	// Its error stands in the history, which is the judge's to look at.
	_ = r.Observe(ctx, e.sessions.open(e.clock, k.Name, k.Topic.Name, history.Committed, purpose))
}
