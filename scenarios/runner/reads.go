package runner

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"surety/checker/history"
	"surety/scenarios"
	"surety/topologies"
	"surety/workload"
	"surety/workload/kafka"
	"surety/workload/postgres"
)

// sessions numbers the reader sessions of a run.
type sessions struct{ last atomic.Uint32 }

func (s *sessions) open(clock history.Clock, sink, topic string, v history.View, p history.Purpose) history.Session {
	return history.Session{Session: s.last.Add(1), Sink: sink, Topic: topic, View: v, Purpose: p, At: clock.Now()}
}

// reader makes the reader of a topic; sink is the index of the tracker that its
// tail feeds, or -1.
func (e *execution) reader(topic string, sink int) *kafka.Reader {
	r := &kafka.Reader{
		Endpoint: e.topo.Brokers(topologies.Observe), Topic: topic, Run: e.plan.Run, Recorder: e.w, Clock: e.clock,
		AppendTimes: true, // the topics were made so
		Fences:      e.fences, Stall: e.plan.Timing.Deadline,
		Terms:    e.plan.Judge.Terms(),
		Template: e.template,
	}
	for i, k := range e.plan.Sinks {
		if k.Topic.Name == topic {
			r.Reading, r.Correlate = k.Reading, e.plan.Judge.Sinks[i].Guarantee.Preserve
		}
	}
	if sink >= 0 {
		r.Tracker, r.Unreadable = e.trackers[sink], &e.unreadable[sink]
		if sink == 0 {
			r.Progress = e.status.Progress
		}
	}
	return r
}

// table makes the reader of a sink that is a table; sink is the index of the tracker that
// its tail feeds, or -1.
func (e *execution) table(k scenarios.SinkPlan, sink int) *postgres.Table {
	t := &postgres.Table{
		URL: e.database(topologies.Observe), Rows: *k.Rows, Reading: k.Reading, Run: e.plan.Run, Recorder: e.w, Clock: e.clock,
		Fences: e.fences, Stall: e.plan.Timing.Deadline,
	}
	if sink >= 0 {
		t.Tracker = e.trackers[sink]
		if sink == 0 {
			t.Progress = e.status.Progress
		}
	}
	return t
}

// finalReads reads every sink, and the input where it is another log, once from
// start to end with fresh clients. An error of a read stands in the history: it
// makes the run unsound, which is the judge's to say.
func (e *execution) finalReads(ctx context.Context) error {
	type read struct {
		of   workload.Sink
		sink string
		view history.View
	}
	var input workload.Sink = e.reader(e.plan.Input.Name, -1)
	if o := e.plan.Orders; o != nil {
		input = e.table(scenarios.SinkPlan{Rows: &o.Truth}, -1)
	}
	reads := []read{{input, "input", history.Input}}
	for _, k := range e.plan.Sinks {
		switch {
		case k.Rows != nil:
			reads = append(reads, read{e.table(k, -1), k.Name, history.Committed})
		case k.Subscriber == nil && k.Effects == nil: // those have one reading, their own
			reads = append(reads, read{e.reader(k.Topic.Name, -1), k.Name, history.Committed})
		}
	}
	var wg sync.WaitGroup
	for _, r := range reads {
		wg.Go(func() {
			_ = r.of.Observe(ctx, e.sessions.open(e.clock, r.sink, "", r.view, history.Final))
		})
	}
	wg.Wait()
	return ctx.Err()
}

// settleWithin bounds the wait for all instances to be members of the group. A
// processor need not use the group that it was told of: then the load begins
// without it.
const settleWithin = 8 * time.Second

// settle waits until each group is stable with a member for every instance, so that
// a fault meets a system at work and not one that is still starting. It tells
// whether it had to wait.
func (e *execution) settle(ctx context.Context) (waited bool) {
	groups := e.plan.Groups()
	if len(e.deployed) > 0 || !slices.ContainsFunc(groups, func(g scenarios.Group) bool { return g.Instances > 1 }) { // what is deployed runs everywhere by then
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, settleWithin)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		complete := true
		for _, of := range groups {
			g, err := e.admin.Group(ctx, of.Name)
			complete = complete && err == nil && g.State == kafka.Stable && len(g.Members) >= of.Instances
		}
		if complete {
			return waited
		}
		waited = true
		select {
		case <-ctx.Done():
			return waited
		case <-tick.C:
		}
	}
}

// watchEvery is how often the group of the processors is looked at.
const watchEvery = 500 * time.Millisecond

// watchGroup samples lag, commits and membership of the processors' group until ctx
// ends. A question that fails is asked again: while faults are on, many do.
func (e *execution) watchGroup(ctx context.Context) {
	ask := e.lag()
	if ask == nil {
		return
	}
	w := groupWatch{execution: e, commits: map[int32]int64{}}
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		short, cancel := context.WithTimeout(ctx, 2*time.Second)
		if lag, err := ask(short); err == nil {
			e.sample(lagRecords, e.plan.Group, float64(lag))
		}
		if commits, err := e.admin.Commits(short, e.plan.Group, e.plan.Input.Name); err == nil {
			w.committed(commits)
		}
		if g, err := e.admin.Group(short, e.plan.Group); err == nil {
			w.members(g)
		}
		cancel()
	}
}

// groupWatch records what has changed since it looked last.
type groupWatch struct {
	*execution
	commits map[int32]int64
	ids     []string
}

func (w *groupWatch) committed(now map[int32]int64) {
	for _, p := range slices.Sorted(maps.Keys(now)) {
		if before, known := w.commits[p]; known && before == now[p] {
			continue
		}
		w.w.Append(history.KindCommittedOffset, history.CommittedOffset{
			Group: w.plan.Group, Topic: w.plan.Input.Name, Partition: p, Offset: now[p], At: w.clock.Now(),
		})
	}
	w.commits = now
}

func (w *groupWatch) members(g kafka.Group) {
	var ids []string
	for _, m := range g.Members {
		ids = append(ids, m.ID)
	}
	w.sample(groupMembers, g.State, float64(len(g.Members)))
	if slices.Equal(w.ids, ids) {
		return
	}
	w.ids = ids
	for _, m := range g.Members {
		w.w.Append(history.KindRebalance, history.Rebalance{
			Group: w.plan.Group, Member: m.ID, Assigned: m.Assigned[w.plan.Input.Name], At: w.clock.Now(),
		})
	}
}
