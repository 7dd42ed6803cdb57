package runner

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"surety/topologies"
	"surety/workload"
	"surety/workload/orders"
)

// served gives where a view reaches the processors that take orders, by their ids;
// empty where none does.
func (e *execution) served(v topologies.View) map[string]string {
	if s, is := e.topo.Topology.(topologies.Serving); is {
		return s.Served(v)
	}
	return nil
}

// orderer makes the client of the i-th writer: it turns to another instance than the one
// before. What sends fences tries each once, another follows.
func (e *execution) orderer(i int) (producer, error) {
	served := e.served(topologies.Drive)
	var addrs []string
	for _, id := range slices.Sorted(maps.Keys(served)) {
		addrs = append(addrs, served[id])
	}
	if n := len(addrs); n > 0 {
		addrs = slices.Concat(addrs[i%n:], addrs[:i%n])
	}
	how := *e.plan.Orders
	if i == e.plan.Load.Writers {
		how.Retry = workload.GiveUp
	}
	buffer := how.Lanes * ordersWaiting
	if e.closed() && i < e.plan.Load.Writers {
		buffer = 0
	}
	return orders.New(orders.Config{Addrs: addrs, Orders: how, Clock: e.clock, Buffer: buffer})
}

// closed tells whether each writer waits for the answer to one order before it sends the
// next: orders without a schedule, which show how many are taken at most.
func (e *execution) closed() bool { return e.plan.Orders != nil && e.plan.Load.Rate == 0 }

// ordersWaiting is how many orders may wait for their lane: a stall must not slow the
// schedule.
const ordersWaiting = 1 << 12

// crash tells a processor that takes orders to end itself; nil where none does.
func (e *execution) crash() func(ctx context.Context, node, point string, after time.Duration) error {
	served := e.served(topologies.Observe)
	if len(served) == 0 {
		return nil
	}
	return func(ctx context.Context, node, point string, after time.Duration) error {
		addr := served[node]
		if addr == "" {
			return fmt.Errorf("%s takes no orders, and so has no points to crash at", node)
		}
		return orders.Crash(ctx, addr, point, after)
	}
}
