package runner

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"
)

// tearDownWithin is how long the clean-up of a run may take, whatever ended it.
const tearDownWithin = 60 * time.Second

// ClusterUse is what a run had of its cluster.
type ClusterUse struct {
	Reused   bool          // it served an earlier run
	Ready    time.Duration // from the beginning of the run to its topics
	Tainted  string        // why it may not; empty where it could have
	TearDown time.Duration // removal of what was removed
}

// ready is the name of the sample of how long the topics took.
func (e *execution) ready() string {
	if e.topo.reused {
		return reuseMS
	}
	return startMS
}

// tearDown removes everything that the run started and no other run will use, with
// a fresh bounded context. broke is how the run ended.
func (e *execution) tearDown(ctx context.Context, broke error) error {
	if e.topo == nil {
		return e.closeEffects()
	}
	e.phase("tear down")
	began := time.Now()
	fresh, cancel := context.WithTimeout(context.WithoutCancel(ctx), tearDownWithin)
	defer cancel()
	switch {
	case ctx.Err() != nil:
		e.taint(ctx.Err())
	case broke != nil:
		e.taint(broke)
	}
	e.fitForMore(fresh)
	if broke == nil && e.tainted != nil {
		e.clusters.logf("the cluster is not used again: %s\n", firstLine(e.tainted))
	}
	// The processors first: with their topics gone they would do anything.
	err := errors.Join(e.topo.end(fresh), e.closeEffects())
	if err != nil {
		e.taint(err)
	}
	if e.admin != nil {
		e.forgetTopics(fresh)
		e.admin.Close()
	}
	gone, leaveErr := e.topo.leave(fresh, e.tainted)
	e.cluster.TearDown = time.Since(began)
	name := leaveMS
	if gone {
		name = tearDownMS
	}
	e.sample(name, "", float64(e.cluster.TearDown.Milliseconds()))
	if err = errors.Join(err, leaveErr); err != nil {
		return fmt.Errorf("the clean-up of %s did not end well: %w", filepath.Base(string(e.dir)), err)
	}
	return nil
}

// forgetTopics deletes the topics of the run where other runs follow: brokers with
// the logs of many runs would take ever longer to start again.
func (e *execution) forgetTopics(ctx context.Context) {
	if e.tainted != nil || !e.topo.wanted() {
		return
	}
	var names []string
	for _, t := range e.topics() {
		names = append(names, t.Name)
	}
	// Engines make topics of their own, named after the group.
	own, err := e.admin.TopicsWith(ctx, e.plan.Group+"-")
	if err == nil {
		err = e.admin.DeleteTopics(ctx, append(names, own...)...)
	}
	if err != nil {
		e.taint(err)
	}
}
