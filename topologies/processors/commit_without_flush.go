package processors

import (
	"context"

	"github.com/twmb/franz-go/pkg/kgo"
)

var commitWithoutFlush = Processor{
	Name:     "commit-without-flush",
	About:    "Puts its output into a buffer that is written in the background, and commits without flushing it.",
	Declares: "at-least-once",
	Order:    "none",
	Broken:   true,
	Twin:     "at-least-once",
	Breaks:   "lost",
	Under:    "kill",
	How:      "SIGKILL of one instance under load, restart 0.5 s later: the buffered output, whose offsets are committed, is gone",
	Run: func(ctx context.Context, cfg Config) error {
		return restarting(ctx, cfg, func(ctx context.Context) error { return runCommitWithoutFlush(ctx, cfg) })
	},
}

func runCommitWithoutFlush(ctx context.Context, cfg Config) error {
	cl, err := newClient(cfg, kgo.DisableAutoCommit(), kgo.BlockRebalanceOnPoll())
	if err != nil {
		return err
	}
	defer leave(cl)
	buffer := delayed{work: cfg.work(workTime)}
	for ctx.Err() == nil {
		records := poll(ctx, cfg, cl, buffer.wait())
		buffer.add(records)
		send(cfg, cl, buffer.due())
		if len(records) > 0 {
			commitInHand(ctx, cfg, cl, records)
		}
		cl.AllowRebalance()
	}
	send(cfg, cl, buffer.take())
	finish, cancel := finishing(ctx)
	defer cancel()
	return cl.Flush(finish)
}

// commitInHand commits the records' offsets, also while the processor stops.
func commitInHand(ctx context.Context, cfg Config, cl *kgo.Client, records []*kgo.Record) {
	ctx, cancel := finishing(ctx)
	defer cancel()
	if err := cl.CommitRecords(ctx, records...); err != nil {
		cfg.note("commit: %v", err)
	}
}
