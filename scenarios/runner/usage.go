package runner

import (
	"context"
	"sync"
	"time"

	"surety/topologies"
)

// usageEvery is how often what nodes use is sampled.
const usageEvery = time.Second

// watchUsage samples the memory of every node that can tell, the cores that it used
// since the sample before, and where its cores are limited the time for which that
// held it up, until ctx ends.
func (e *execution) watchUsage(ctx context.Context) {
	var all sync.WaitGroup
	for _, n := range e.topo.Nodes() {
		if g, ok := n.(topologies.Gauge); ok {
			all.Go(func() { e.watchNode(ctx, n.ID(), g) })
		}
	}
	all.Wait()
}

func (e *execution) watchNode(ctx context.Context, id string, g topologies.Gauge) {
	tick := time.NewTicker(usageEvery)
	defer tick.Stop()
	var before topologies.Usage
	var at time.Time // of before; zero where there is none
	for {
		short, cancel := context.WithTimeout(ctx, 2*usageEvery)
		now, err := g.Usage(short)
		cancel()
		switch {
		case err != nil: // it does not run now
			at = time.Time{}
		case at.IsZero() || now.CPU < before.CPU: // the first of a process
			e.sample("memory_bytes", id, float64(now.Memory))
			before, at = now, time.Now()
		default:
			passed := time.Since(at)
			e.sample("memory_bytes", id, float64(now.Memory))
			e.sample("cpu_cores", id, (now.CPU-before.CPU).Seconds()/passed.Seconds())
			if now.Limited {
				e.sample("cpu_throttled_ms", id, float64((now.Throttled - before.Throttled).Milliseconds()))
			}
			before, at = now, time.Now()
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
