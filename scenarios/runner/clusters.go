package runner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"surety/topologies"
)

// clusters hands brokers from one plan to the next of the same specification. A
// cluster on which anything is not as it was when it was new is tainted and never
// used again; one that no later plan wants ends with the plan that had it.
type clusters struct {
	providers func(name string) (topologies.Provider, error)
	log       io.Writer

	mu     sync.Mutex
	wanted map[string]int // plans that have not begun, by what they want
	idle   map[string][]topologies.Cluster
}

func newClusters(opt Options, jobs []Job) *clusters {
	c := &clusters{
		providers: opt.Provider, log: opt.Log,
		wanted: map[string]int{}, idle: map[string][]topologies.Cluster{},
	}
	for _, j := range jobs {
		c.wanted[clusterOf(j.Plan.Topology)]++
	}
	return c
}

// clusterOf names what a plan wants: brokers and databases of equal specifications are as
// good as each other. A plan that wants a cluster of its own wants none of these.
func clusterOf(s topologies.Spec) string {
	if s.Cluster == topologies.OwnCluster {
		return ""
	}
	b, err := json.Marshal(struct {
		Broker   topologies.BrokerSpec
		Database topologies.DatabaseSpec
	}{s.Broker, s.Database})
	if err != nil { // no broker setting can cause it
		return ""
	}
	return s.Provider + " " + string(b)
}

// begins counts a plan that will not want a cluster after this.
func (c *clusters) begins(s topologies.Spec) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wanted[clusterOf(s)]--
}

// take gives an idle cluster of this name, or nil.
func (c *clusters) take(name string) topologies.Cluster {
	c.mu.Lock()
	defer c.mu.Unlock()
	idle := c.idle[name]
	if len(idle) == 0 {
		return nil
	}
	last := len(idle) - 1
	c.idle[name] = idle[:last]
	return idle[last]
}

// wanted tells whether a later plan could use the tenancy's cluster.
func (t *tenancy) wanted() bool {
	t.of.mu.Lock()
	defer t.of.mu.Unlock()
	return t.cluster != nil && t.name != "" && t.of.wanted[t.name] > len(t.of.idle[t.name])
}

// keep puts a cluster by for a later plan, if there will be one for it.
func (c *clusters) keep(name string, cl topologies.Cluster) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if name == "" || len(c.idle[name]) >= c.wanted[name] {
		return false
	}
	c.idle[name] = append(c.idle[name], cl)
	return true
}

// tenancy is a topology and the cluster that it is on.
type tenancy struct {
	topologies.Topology // nil where none could be begun

	of      *clusters
	name    string
	cluster topologies.Cluster // nil where the provider shares none
	reused  bool
	ended   bool
}

// end removes what is the topology's own.
func (t *tenancy) end(ctx context.Context) error {
	if t.Topology == nil || t.ended {
		return nil
	}
	t.ended = true
	return t.Close(ctx)
}

// join begins a topology, on an idle cluster where there is one that is whole. The
// tenancy is returned also with an error, and is to be left.
func (c *clusters) join(ctx context.Context, p topologies.Provider, spec topologies.Spec, env topologies.Env) (*tenancy, error) {
	t := &tenancy{of: c, name: clusterOf(spec)}
	sharer, ok := p.(topologies.Clusterer)
	if !ok {
		var err error
		t.Topology, err = p.Up(ctx, spec, env)
		return t, err
	}
	for t.cluster = c.take(t.name); t.cluster != nil; t.cluster = c.take(t.name) {
		err := t.cluster.Whole(ctx)
		if err == nil {
			t.reused = true
			break
		}
		c.logf("the cluster is not used again: %s\n", firstLine(err))
		if err := c.remove(ctx, t.cluster); err != nil {
			return t, err
		}
	}
	if t.cluster == nil {
		var err error
		if t.cluster, err = sharer.Cluster(ctx, spec, env); err != nil {
			return t, err
		}
	}
	var err error
	t.Topology, err = t.cluster.Join(ctx, spec, env)
	return t, err
}

// leave ends the topology. The cluster is kept for a later plan, unless it is
// tainted or there is none; tornDown tells that it ended.
func (t *tenancy) leave(ctx context.Context, taint error) (tornDown bool, err error) {
	err = t.end(ctx)
	switch {
	case t.cluster == nil:
		return true, err
	case err == nil && taint == nil && t.of.keep(t.name, t.cluster):
		return false, nil
	}
	return true, errors.Join(err, t.of.remove(ctx, t.cluster))
}

// remove ends a cluster, with a context that outlives the run's.
func (c *clusters) remove(ctx context.Context, cl topologies.Cluster) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tearDownWithin)
	defer cancel()
	return cl.Close(ctx)
}

// close removes what an interrupted suite has not used up.
func (c *clusters) close(ctx context.Context) error {
	c.mu.Lock()
	all := c.idle
	c.idle = map[string][]topologies.Cluster{}
	c.mu.Unlock()
	var err error
	for _, idle := range all {
		for _, cl := range idle {
			err = errors.Join(err, c.remove(ctx, cl))
		}
	}
	return err
}

func (c *clusters) logf(format string, args ...any) {
	if c.log != nil {
		_, _ = fmt.Fprintf(c.log, format, args...) // progress only
	}
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
