package runner

import (
	"context"
	"time"

	"surety/topologies"
)

// nodesEvery is how often the nodes are looked at for people who watch.
const nodesEvery = 500 * time.Millisecond

// watchNodes keeps the states of the nodes in the status until ctx ends, if anybody
// watches. Nothing is judged by them.
func (e *execution) watchNodes(ctx context.Context) {
	if e.opt.Changed == nil {
		return
	}
	nodes := e.topo.Nodes()
	tick := time.NewTicker(nodesEvery)
	defer tick.Stop()
	for {
		e.status.setNodes(lookAt(ctx, nodes))
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// lookAt asks every node that can tell, but for spare ones that were never started. One
// that does not answer now is left out.
func lookAt(ctx context.Context, nodes []topologies.Node) []NodeLook {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	var out []NodeLook
	for _, n := range nodes {
		s, tells := n.(topologies.Stater)
		if !tells {
			continue
		}
		st, err := s.State(ctx)
		spare, is := n.(topologies.Spare)
		if err != nil || is && spare.Spare() && st.Starts == 0 {
			continue
		}
		out = append(out, NodeLook{ID: n.ID(), Status: st.Status})
	}
	return out
}
