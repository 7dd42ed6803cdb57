package processors

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// abortPatience lies well above what a transaction takes without a fault.
const abortPatience = time.Second

var noRewindAfterAbort = Processor{
	Name:     "no-rewind-after-abort",
	About:    "Aborts a transaction that is late and reads on: an abort does not rewind the consumer (KAFKA-17582).",
	Declares: "exactly-once",
	Order:    "key",
	Broken:   true,
	Twin:     "exactly-once",
	Breaks:   "lost",
	Under:    "cut",
	How:      "links of an instance to all brokers held under load for twice its patience (1 s, SURETY_PATIENCE) and less than its session timeout: the records in hand are late, aborted and skipped",
	Run: func(ctx context.Context, cfg Config) error {
		return restarting(ctx, cfg, func(ctx context.Context) error {
			p := &pipeline{
				cfg:             cfg,
				transactionalID: cfg.Group + "-" + cfg.Name,
				as: func(cl *kgo.Client) member {
					id, generation := cl.GroupMetadata()
					return member{id, generation}
				},
				patience: cfg.patience(abortPatience),
				held:     delayed{work: cfg.work(workTime)},
			}
			return p.run(ctx)
		})
	},
}
