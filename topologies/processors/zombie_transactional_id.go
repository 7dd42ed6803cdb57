package processors

import (
	"context"
	"crypto/rand"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
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
				more:            []kgo.Opt{withoutStableOffsets()},
				keepLost:        true,
				held:            delayed{work: cfg.work(workTime)},
			}
			return p.run(ctx)
		})
	},
}

// withoutStableOffsets speaks OffsetFetch as before KIP-447: offsets of an open
// transaction are no reason to wait. A new owner that waits would begin behind
// whatever a zombie commits when it resumes, and the mistake would stay hidden
// wherever the pause falls between TxnOffsetCommit and EndTxn.
func withoutStableOffsets() kgo.Opt {
	v := kversion.V4_0_0()
	v.SetMaxKeyVersion(int16(kmsg.OffsetFetch), 6)
	return kgo.MaxVersions(v)
}
