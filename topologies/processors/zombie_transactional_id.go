package processors

import (
	"context"
	"crypto/rand"

	"github.com/twmb/franz-go/pkg/kgo"
)

var zombieTransactionalID = Processor{
	Name:     "zombie-transactional-id",
	About:    "Takes a random transactional id at each start and commits offsets in its transactions without the group's member and generation.",
	Declares: "exactly-once",
	Order:    "key",
	Broken:   true,
	Twin:     "exactly-once",
	Breaks:   "duplicated",
	Under:    "pause",
	How:      "SIGSTOP of one of two instances under load for twice its session timeout, then SIGCONT: it commits the records that it had in hand, which the other has written meanwhile",
	Run: func(ctx context.Context, cfg Config) error {
		return restarting(ctx, cfg, func(ctx context.Context) error {
			p := &pipeline{
				cfg: cfg,
				// Random on purpose: no start may fence another.
				transactionalID: cfg.Group + "-" + rand.Text(),
				as:              func(*kgo.Client) member { return nobody },
				keepLost:        true,
				held:            delayed{work: cfg.work(workTime)},
			}
			return p.run(ctx)
		})
	},
}
