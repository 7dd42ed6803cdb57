package flink

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"surety/checker/history"
	"surety/topologies"
	"surety/topologies/engines"
)

var _ topologies.Roles = (*Cluster)(nil)

// Cluster is a running session cluster and the one job on it.
type Cluster struct {
	ask     *Client
	manager topologies.Node
	workers []topologies.Node // task managers
	job     string            // its id
}

const (
	// deployWithin bounds the way from processes to a running job, on a machine under
	// load.
	deployWithin = 2 * time.Minute
	pollEvery    = 250 * time.Millisecond
)

// Deploy waits until the task managers of the spec have given their slots to the job
// manager, runs the job, and returns when every task of it runs. That the job is
// RUNNING does not say that: one whose tasks fail at their start is restarted for ever
// under that state. What does not come to run is a *topologies.EnvironmentError that
// tells the last failure.
func Deploy(ctx context.Context, spec topologies.ProcessorSpec, nodes []topologies.Node) (*Cluster, error) {
	c := &Cluster{}
	for _, n := range nodes {
		switch name := n.ID(); {
		case strings.HasPrefix(name, spec.Name+engines.FlinkManager):
			c.manager = n
		case strings.HasPrefix(name, spec.Name+"-"):
			c.workers = append(c.workers, n)
		}
	}
	web, ok := c.manager.(topologies.Web)
	if !ok {
		return nil, fmt.Errorf("the harness has no way to the REST API of the job manager of %s", spec.Name)
	}
	c.ask = NewClient(web.Web(engines.FlinkREST))
	short, cancel := context.WithTimeout(ctx, deployWithin)
	defer cancel()
	err := c.deploy(short, spec.Instances)
	var known *topologies.EnvironmentError
	switch {
	case err == nil:
		return c, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.As(err, &known):
		return nil, err
	}
	for _, n := range c.nodes() {
		if end := topologies.Ended(ctx, n); end != nil {
			return nil, end
		}
	}
	return nil, &topologies.EnvironmentError{
		What: fmt.Sprintf("the job of Flink did not come to run within %s: %s", deployWithin, err), Try: c.logs(), Err: err,
	}
}

// nodes are those of the cluster, the job manager first.
func (c *Cluster) nodes() []topologies.Node {
	return slices.Concat([]topologies.Node{c.manager}, c.workers)
}

// logs says where more can be read.
func (c *Cluster) logs() string {
	var names []string
	for _, n := range c.nodes() {
		names = append(names, n.ID())
	}
	return "read the logs of " + strings.Join(names, ", ")
}

func (c *Cluster) deploy(ctx context.Context, instances int) error {
	if err := until(ctx, func() (bool, error) { return true, c.slots(ctx, instances*engines.FlinkSlots) }); err != nil {
		return err
	}
	var err error
	if c.job, err = c.ask.Run(ctx, engines.FlinkJar, engines.FlinkClass, instances, engines.FlinkJob); err != nil {
		if ctx.Err() != nil {
			return err
		}
		return &topologies.EnvironmentError{What: "Flink does not take the job: " + err.Error(), Try: "look at the settings of the engine, and " + c.logs(), Err: err}
	}
	return until(ctx, func() (again bool, err error) {
		l, err := c.Look(ctx)
		if err != nil {
			return true, err
		}
		if text := l.Broken(); text != "" {
			return false, &topologies.EnvironmentError{What: text, Try: l.try(c.logs())}
		}
		return true, l.notYet()
	})
}

// slots is nil once the job manager has so many; how many task managers there are is
// told before they have given theirs.
func (c *Cluster) slots(ctx context.Context, want int) error {
	o, err := c.ask.Overview(ctx)
	if err == nil && o.Slots < want {
		err = fmt.Errorf("%d task managers have given %d of %d slots", o.TaskManagers, o.Slots, want)
	}
	return err
}

// until tries again until there is no error, or one after which it makes no sense; the
// last one is given when ctx ends.
func until(ctx context.Context, try func() (again bool, err error)) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	var last error
	for {
		again, err := try()
		if err == nil || !again {
			return err
		}
		if ctx.Err() == nil || last == nil {
			last = err // later ones tell of our own haste
		}
		select {
		case <-ctx.Done():
			return last
		case <-tick.C:
		}
	}
}

// TaskManagers is the role of the instances that run tasks of the job now; another one
// would be no victim.
const TaskManagers = "task-manager"

// Resolve implements topologies.Roles for TaskManagers; the evidence quotes the API.
func (c *Cluster) Resolve(ctx context.Context, role string) ([]topologies.Node, history.Evidence, error) {
	if role != TaskManagers {
		return nil, history.Evidence{}, fmt.Errorf("the role %s is none of Flink's; it has %s", role, TaskManagers)
	}
	nodes, text, err := c.running(ctx)
	if err != nil {
		return nil, history.Evidence{}, fmt.Errorf("resolve the role %s: %w", role, err)
	}
	return nodes, history.Evidence{Shown: true, Text: text}, nil
}

// playWithin bounds the wait for a job that is being restarted.
const playWithin = 15 * time.Second

func (c *Cluster) running(ctx context.Context) (nodes []topologies.Node, text string, err error) {
	ctx, cancel := context.WithTimeout(ctx, playWithin)
	defer cancel()
	err = until(ctx, func() (again bool, err error) {
		at, err := c.ask.TaskManagers(ctx, c.job)
		if err != nil {
			return true, err
		}
		nodes = nil
		var said []string
		for _, n := range c.workers {
			if tasks := at[n.ID()]; tasks > 0 {
				nodes = append(nodes, n)
				said = append(said, fmt.Sprintf("%d tasks ran on %s", tasks, n.ID()))
			}
		}
		text = strings.Join(said, ", ")
		if len(nodes) == 0 {
			return true, errors.New("no task manager runs a task of the job now")
		}
		return false, nil
	})
	return nodes, text, err
}
