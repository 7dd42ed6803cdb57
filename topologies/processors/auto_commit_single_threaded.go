package processors

import (
	"context"

	"github.com/twmb/franz-go/pkg/kgo"
)

var autoCommitSingleThreaded = Processor{
	Name:     "auto-commit-single-threaded",
	About:    "Commits by the clock what the poll before the last one returned, which is processed by then: no loss.",
	Declares: "at-least-once",
	Order:    "key",
	Run: func(ctx context.Context, cfg Config) error {
		return restarting(ctx, cfg, func(ctx context.Context) error { return runAutoCommit(ctx, cfg) })
	},
}

// runAutoCommit relies on the client: a batch becomes eligible for the commit
// when the next poll begins, and at no other moment, so an error in between
// leaves its offsets uncommitted.
func runAutoCommit(ctx context.Context, cfg Config) error {
	cl, err := newClient(cfg, kgo.AutoCommitInterval(cfg.commitInterval(autoCommitTime)), kgo.BlockRebalanceOnPoll())
	if err != nil {
		return err
	}
	defer leave(cl)
	for ctx.Err() == nil {
		if records := poll(ctx, cfg, cl, 0); len(records) > 0 {
			if err := autoCommitBatch(ctx, cfg, cl, records); err != nil {
				return err
			}
		}
		cl.AllowRebalance()
	}
	return nil
}

func autoCommitBatch(ctx context.Context, cfg Config, cl *kgo.Client, records []*kgo.Record) error {
	ctx, cancel := finishing(ctx)
	defer cancel()
	pause(ctx, cfg.work(0))
	return produce(ctx, cfg, cl, records)
}
