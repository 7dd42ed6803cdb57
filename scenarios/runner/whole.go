package runner

import (
	"context"
	"fmt"
	"time"

	"surety/checker/history"
	"surety/topologies"
	"surety/workload/postgres"
)

const (
	// wholeAtFirst bounds the wait for the cluster before the scenario.
	wholeAtFirst = 30 * time.Second
	// wholeAtLast bounds it at the end of the scenario, when every fault was waited for.
	wholeAtLast = 10 * time.Second
	// wholeEvery is how often the cluster is looked at.
	wholeEvery = 50 * time.Millisecond
)

// whole looks once whether the cluster is whole: all brokers registered and
// answering, all replicas in sync, the controllers' quorum complete and, where the
// scenario asks for it, every partition led by its preferred leader, and a database that
// takes writes. The error names
// the first thing that is not so.
func (e *execution) whole(ctx context.Context) error {
	nodes := e.plan.Topology.Broker.Nodes
	if err := e.admin.Healthy(ctx, nodes); err != nil {
		return err
	}
	if err := e.admin.Quorum(ctx, nodes); err != nil {
		return err
	}
	if e.plan.Topology.Broker.Leaders == topologies.PreferredLeaders {
		if err := e.admin.ElectPreferred(ctx); err != nil {
			return err
		}
	}
	if url := e.database(topologies.Observe); url != "" {
		return postgres.Ping(ctx, url)
	}
	return nil
}

// database is where a view of the harness reaches the database; empty where there is
// none.
func (e *execution) database(v topologies.View) string {
	if d, ok := e.topo.Topology.(topologies.Databased); ok {
		return d.Database(v)
	}
	return ""
}

// evidence is whole as faults want it.
func (e *execution) evidence(ctx context.Context) (history.Evidence, error) {
	if err := e.whole(ctx); err != nil {
		return history.Evidence{Text: err.Error()}, nil
	}
	text := "all brokers registered, all replicas in sync, quorum complete"
	if e.plan.Topology.Database.Any() {
		text += ", the database takes writes"
	}
	return history.Evidence{Shown: true, Text: text}, nil
}

// asNew looks once whether the cluster is as it was when it was new: whole, and led
// by the preferred leaders. The brokers would bring those back by themselves, but in
// the middle of a later scenario.
func (e *execution) asNew(ctx context.Context) error {
	if err := e.whole(ctx); err != nil {
		return err
	}
	return e.admin.ElectPreferred(ctx)
}

// await looks at the cluster until nothing is amiss, and writes how long that took.
// when says in the history what was waited for.
func (e *execution) await(ctx context.Context, look func(context.Context) error, when string, within time.Duration) error {
	began := time.Now()
	short, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	tick := time.NewTicker(wholeEvery)
	defer tick.Stop()
	var sick error
	for {
		err := look(short)
		took := float64(time.Since(began).Milliseconds())
		if err == nil {
			e.sample(wholeMS, when, took)
			return nil
		}
		if short.Err() == nil || sick == nil {
			sick = err // one that the deadline cut off says less than the one before
		}
		select {
		case <-tick.C:
			continue
		case <-short.Done():
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		e.sample(notWholeMS, when+": "+firstLine(sick), took)
		return fmt.Errorf("%s, for %s %s", firstLine(sick), within, when)
	}
}

// healthy refuses to begin on a sick cluster: what would come of it says nothing
// about the guarantee.
func (e *execution) healthy(ctx context.Context, within time.Duration) error {
	err := e.await(ctx, e.whole, "before the scenario", within)
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	return &topologies.EnvironmentError{
		What: "the cluster was sick before anything was done to it: " + err.Error(),
		Try:  "read the logs of the brokers below " + e.dir.Logs(),
	}
}

// taint makes the cluster unfit for later scenarios; the first reason counts.
func (e *execution) taint(err error) {
	e.tainting.Lock()
	defer e.tainting.Unlock()
	if e.tainted == nil {
		e.tainted = err
	}
}

// fitForMore finds out whether the cluster may serve another scenario.
func (e *execution) fitForMore(ctx context.Context) {
	if e.topo.cluster == nil || e.tainted != nil || e.topo.name == "" {
		return
	}
	err := e.await(ctx, e.asNew, "at the end of the scenario", wholeAtLast)
	if err == nil {
		err = e.topo.cluster.Whole(ctx)
	}
	if err != nil {
		e.taint(err)
	}
}
