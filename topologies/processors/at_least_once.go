package processors

import (
	"context"

	"github.com/twmb/franz-go/pkg/kgo"
)

var atLeastOnce = Processor{
	Name:     "at-least-once",
	About:    "Processes a batch, waits for the acknowledgements, and lets the clock commit what was acknowledged.",
	Declares: "at-least-once",
	Order:    "key",
	Run: func(ctx context.Context, cfg Config) error {
		return restarting(ctx, cfg, func(ctx context.Context) error { return runAtLeastOnce(ctx, cfg) })
	},
}

func runAtLeastOnce(ctx context.Context, cfg Config) error {
	cl, err := newClient(cfg,
		kgo.AutoCommitMarks(),
		kgo.AutoCommitInterval(cfg.commitInterval(autoCommitTime)),
		kgo.BlockRebalanceOnPoll(),
		kgo.OnPartitionsRevoked(func(ctx context.Context, cl *kgo.Client, _ map[string][]int32) {
			// A commit that fails leaves an older offset behind: the records come again.
			if err := cl.CommitMarkedOffsets(ctx); err != nil {
				cfg.note("commit before a rebalance: %v", err)
			}
		}),
	)
	if err != nil {
		return err
	}
	defer leave(cl)
	for ctx.Err() == nil {
		if err := atLeastOnceBatch(ctx, cfg, cl, poll(ctx, cfg, cl, 0)); err != nil {
			return err
		}
		cl.AllowRebalance()
	}
	return nil
}

func atLeastOnceBatch(ctx context.Context, cfg Config, cl *kgo.Client, records []*kgo.Record) error {
	if len(records) == 0 {
		return nil
	}
	ctx, cancel := finishing(ctx)
	defer cancel()
	pause(ctx, cfg.work(0))
	if err := produce(ctx, cfg, cl, records); err != nil {
		return err
	}
	cl.MarkCommitRecords(records...)
	return nil
}
