package runner

import (
	"context"
	"strings"
	"sync"

	"surety/checker/history"
	"surety/topologies"
	"surety/topologies/engines"
	"surety/topologies/flink"
)

// deployed is what an engine was given to run once its processes were there.
type deployed interface {
	// Roles are those that nodes play for it.
	topologies.Roles
	// Watch looks at it until ctx ends: sample gets its numbers, say what happened.
	Watch(ctx context.Context, sample func(name, of string, value float64), say func(of, name, text string))
	// Explain says what it does where nothing comes out of it; empty where it seems to
	// work.
	Explain(ctx context.Context) string
}

// deploy gives the engines of the plan what they run.
func (e *execution) deploy(ctx context.Context) error {
	for _, p := range e.plan.Topology.Processors {
		if p.Engine == nil || p.Engine.Kind != engines.FlinkKind || strings.HasSuffix(p.Name, engines.FlinkManager) {
			continue
		}
		e.status.enter("deploy")
		c, err := flink.Deploy(ctx, p, e.topo.Nodes())
		if err != nil {
			return err
		}
		e.deployed = append(e.deployed, c)
	}
	return nil
}

// watchDeployed records what engines say of what they run, until ctx ends.
func (e *execution) watchDeployed(ctx context.Context) {
	var all sync.WaitGroup
	for _, d := range e.deployed {
		all.Go(func() {
			d.Watch(ctx, e.sample, func(of, name, text string) {
				e.w.Append(history.KindSignal, history.Signal{Of: of, Name: name, Text: text, At: e.clock.Now()})
			})
		})
	}
	all.Wait()
}

// explain says what engines do out of which nothing comes.
func (e *execution) explain(ctx context.Context) string {
	var said []string
	for _, d := range e.deployed {
		if text := d.Explain(ctx); text != "" {
			said = append(said, text)
		}
	}
	return strings.Join(said, "; ")
}

// roles are those that engines know, and else those of the brokers.
type roles struct {
	deployed []deployed
	brokers  topologies.Roles
}

// Resolve implements topologies.Roles.
func (r roles) Resolve(ctx context.Context, role string) ([]topologies.Node, history.Evidence, error) {
	if role == flink.TaskManagers && len(r.deployed) > 0 {
		return r.deployed[0].Resolve(ctx, role)
	}
	return r.brokers.Resolve(ctx, role)
}
