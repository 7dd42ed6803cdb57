package processors

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"
)

var counterAtLeastOnce = Processor{
	Name:     "counter-at-least-once",
	About:    "Counts the records of each key, commits offsets after its updates, and takes the last updates for its state when it starts again: what was counted and not committed counts twice.",
	Declares: "exactly-once",
	Order:    "none",
	Oracle:   "count",
	Broken:   true,
	Twin:     "counter",
	Breaks:   "wrong-state",
	Under:    "kill",
	How:      "SIGKILL of one instance under load, restart 0.5 s later: updates beyond the committed offsets are in the state that it reads back, and their records are read again",
	Run: func(ctx context.Context, cfg Config) error {
		return countingAtLeastOnce(ctx, cfg, func() *counts { return newCounts(ones) })
	},
}

// countingAtLeastOnce counts again what was read again.
func countingAtLeastOnce(ctx context.Context, cfg Config, from func() *counts) error {
	return restarting(ctx, cfg, func(ctx context.Context) error { return countAtLeastOnce(ctx, cfg, from()) })
}

func countAtLeastOnce(ctx context.Context, cfg Config, c *counts) error {
	offsets := newCheckpoint(cfg)
	failed := make(chan error, 1) // of a callback; the first is enough
	cl, err := newClient(cfg, append(offsets.options(),
		kgo.OnPartitionsAssigned(func(_ context.Context, _ *kgo.Client, assigned map[string][]int32) {
			if len(assigned[cfg.Input]) == 0 {
				return
			}
			if err := readBack(ctx, cfg, c.restore); err != nil {
				select {
				case failed <- fmt.Errorf("read the output back: %w", err):
				default:
				}
			}
		}),
	)...)
	if err != nil {
		return err
	}
	defer leave(cl)
	cfg.outputs = func(r *kgo.Record) []*kgo.Record { return c.update(cfg, r) }
	for ctx.Err() == nil {
		records := poll(ctx, cfg, cl, offsets.every)
		select {
		case err := <-failed:
			return err
		default:
		}
		if err := produceInHand(ctx, cfg, cl, records); err != nil {
			return err
		}
		offsets.reach(records)
		offsets.tick(ctx, cl)
		cl.AllowRebalance()
	}
	offsets.settle(ctx, cl)
	return nil
}
