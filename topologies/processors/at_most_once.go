package processors

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"
)

var atMostOnce = Processor{
	Name:     "at-most-once",
	About:    "Commits the offsets of a batch, then processes it.",
	Declares: "at-most-once",
	// A paused member writes its batch after the next owner wrote newer records.
	Order: "none",
	Run: func(ctx context.Context, cfg Config) error {
		return restarting(ctx, cfg, func(ctx context.Context) error { return runAtMostOnce(ctx, cfg) })
	},
}

func runAtMostOnce(ctx context.Context, cfg Config) error {
	cl, err := newClient(cfg, kgo.DisableAutoCommit(), kgo.BlockRebalanceOnPoll())
	if err != nil {
		return err
	}
	defer leave(cl)
	for ctx.Err() == nil {
		if err := atMostOnceBatch(ctx, cfg, cl, poll(ctx, cfg, cl, 0)); err != nil {
			return err
		}
		cl.AllowRebalance()
	}
	return nil
}

// atMostOnceBatch processes only what it could commit: no other member reads it
// again. Without the commit's answer the batch is given up.
func atMostOnceBatch(ctx context.Context, cfg Config, cl *kgo.Client, records []*kgo.Record) error {
	if len(records) == 0 {
		return nil
	}
	ctx, cancel := finishing(ctx)
	defer cancel()
	if err := cl.CommitRecords(ctx, records...); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	pause(ctx, cfg.work(0))
	return produce(ctx, cfg, cl, records)
}
