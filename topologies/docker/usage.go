package docker

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"surety/topologies"
)

// limit bounds what a container may use. Memory counts without swap, so that the
// bound is one.
func limit(c *container.HostConfig, l topologies.Limits) {
	c.Memory, c.MemorySwap = l.Memory, l.Memory
	c.NanoCPUs = int64(l.CPUs * 1e9)
}

// Usage implements topologies.Gauge by what the engine reads from the container's
// cgroup.
func (n *node) Usage(ctx context.Context) (topologies.Usage, error) {
	r, err := n.api.ContainerStats(ctx, n.container(), client.ContainerStatsOptions{})
	if err != nil {
		return topologies.Usage{}, fmt.Errorf("usage of %s: %w", n.ID(), err)
	}
	defer func() { _ = r.Body.Close() }()
	var s container.StatsResponse
	if err := json.NewDecoder(r.Body).Decode(&s); err != nil {
		return topologies.Usage{}, fmt.Errorf("usage of %s: %w", n.ID(), err)
	}
	if s.MemoryStats.Usage == 0 && s.CPUStats.CPUUsage.TotalUsage == 0 {
		return topologies.Usage{}, fmt.Errorf("usage of %s: it does not run", n.ID())
	}
	return usageOf(s), nil
}

// usageOf reads the engine's figures as its own command line does: memory without
// the inactive page cache, under the name that the version of cgroups gives it.
func usageOf(s container.StatsResponse) topologies.Usage {
	memory := s.MemoryStats.Usage
	for _, name := range []string{"inactive_file", "total_inactive_file"} {
		if cache, ok := s.MemoryStats.Stats[name]; ok && cache < memory {
			memory -= cache
			break
		}
	}
	return topologies.Usage{
		Memory:    int64(memory),
		CPU:       time.Duration(s.CPUStats.CPUUsage.TotalUsage),
		Limited:   s.CPUStats.ThrottlingData.Periods > 0, // counted under a quota alone
		Throttled: time.Duration(s.CPUStats.ThrottlingData.ThrottledTime),
	}
}
