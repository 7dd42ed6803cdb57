package processors

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// workTime is what planted processors need between poll and output, where the
// configuration does not say: the window in which they are vulnerable.
const workTime = 300 * time.Millisecond

var commitBeforeProcessing = Processor{
	Name:     "commit-before-processing",
	About:    "Commits the offsets of a batch right after the poll, before its work is done, and claims to lose nothing.",
	Declares: "at-least-once",
	Order:    "none",
	Broken:   true,
	Twin:     "at-least-once",
	Breaks:   "lost",
	Under:    "kill",
	How:      "SIGKILL of one instance under load, restart 0.5 s later: the committed records whose work was still going on are gone",
	Run: func(ctx context.Context, cfg Config) error {
		return restarting(ctx, cfg, func(ctx context.Context) error { return runCommitBeforeProcessing(ctx, cfg) })
	},
}

func runCommitBeforeProcessing(ctx context.Context, cfg Config) error {
	cl, err := newClient(cfg, kgo.DisableAutoCommit(), kgo.BlockRebalanceOnPoll())
	if err != nil {
		return err
	}
	defer leave(cl)
	held := delayed{work: cfg.work(workTime)}
	for ctx.Err() == nil {
		records := poll(ctx, cfg, cl, held.wait())
		if len(records) > 0 {
			commitInHand(ctx, cfg, cl, records)
		}
		held.add(records)
		if err := produceInHand(ctx, cfg, cl, held.due()); err != nil {
			return err
		}
		cl.AllowRebalance()
	}
	return produceInHand(ctx, cfg, cl, held.take())
}

// produceInHand writes the records' outputs, also while the processor stops.
func produceInHand(ctx context.Context, cfg Config, cl *kgo.Client, records []*kgo.Record) error {
	ctx, cancel := finishing(ctx)
	defer cancel()
	return produce(ctx, cfg, cl, records)
}
