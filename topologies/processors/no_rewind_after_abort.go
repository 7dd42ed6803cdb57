package processors

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	// abortPatience lies well above what a transaction takes without a fault.
	abortPatience = 3 * time.Second
	// abortEvery keeps transactions rare, so that a cut finds records in hand, not
	// a commit on its way: that one would succeed after the cut.
	abortEvery = 250 * time.Millisecond
)

var noRewindAfterAbort = Processor{
	Name:     "no-rewind-after-abort",
	About:    "Aborts a transaction that takes too long and reads on: an abort does not rewind the consumer (KAFKA-17582).",
	Declares: "exactly-once",
	Order:    "key",
	Broken:   true,
	Twin:     "exactly-once",
	Breaks:   "lost",
	Under:    "cut",
	How:      "links of an instance to all brokers held under load for 1 s longer than its patience (3 s, SURETY_PATIENCE) and less than its session timeout (10 s): the transaction of the records in hand takes too long, is aborted, and the records are skipped",
	Run: func(ctx context.Context, cfg Config) error {
		return restarting(ctx, cfg, func(ctx context.Context) error {
			p := &pipeline{
				cfg:             cfg,
				transactionalID: cfg.Group + "-" + cfg.Name,
				as: func(cl *kgo.Client) member {
					id, generation := cl.GroupMetadata()
					return member{id, generation}
				},
				every:    abortEvery,
				patience: cfg.patience(abortPatience),
				held:     delayed{work: cfg.work(workTime)},
			}
			return p.run(ctx)
		})
	},
}
