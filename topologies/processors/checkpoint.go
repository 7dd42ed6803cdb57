package processors

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// idleTime without output lets a checkpoint catch up.
const idleTime = time.Second

// checkpointTime lies between the commits of processors that follow their output
// by one interval.
const checkpointTime = 250 * time.Millisecond

// offsets of the input topic: the next one to read, by partition.
type offsets map[int32]kgo.EpochOffset

// reach moves the offsets behind the records.
func (o offsets) reach(records []*kgo.Record) {
	for _, r := range records {
		if at, ok := o[r.Partition]; !ok || at.Offset <= r.Offset {
			o[r.Partition] = kgo.EpochOffset{Epoch: r.LeaderEpoch, Offset: r.Offset + 1}
		}
	}
}

// commit commits the offsets to the group, outside any transaction.
func (o offsets) commit(ctx context.Context, cfg Config, cl *kgo.Client) error {
	if len(o) == 0 {
		return nil
	}
	var failed error
	cl.CommitOffsetsSync(ctx, map[string]map[int32]kgo.EpochOffset{cfg.Input: o},
		func(_ *kgo.Client, _ *kmsg.OffsetCommitRequest, resp *kmsg.OffsetCommitResponse, err error) {
			failed = err
			if err != nil {
				return
			}
			for _, t := range resp.Topics {
				for _, p := range t.Partitions {
					failed = errors.Join(failed, kerr.ErrorForCode(p.ErrorCode))
				}
			}
		})
	return failed
}

// checkpoint commits offsets by the clock. Each time it commits what was reached
// the time before, once there is newer output: so the commits follow the outputs
// and some output always lies beyond them. It catches up when partitions are
// handed over, and when nothing was written for a while.
type checkpoint struct {
	cfg   Config
	every time.Duration

	mu      sync.Mutex
	reached offsets
	earlier offsets // reached at the last tick
	last    time.Time
	moved   time.Time // when reached changed last
}

func newCheckpoint(cfg Config) *checkpoint {
	return &checkpoint{cfg: cfg, every: cfg.commitInterval(checkpointTime), reached: offsets{}, last: time.Now()}
}

func (c *checkpoint) reach(records []*kgo.Record) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(records) > 0 {
		c.reached.reach(records)
		c.moved = time.Now()
	}
}

// tick commits when the interval has passed.
func (c *checkpoint) tick(ctx context.Context, cl *kgo.Client) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.last) < c.every || maps.Equal(c.reached, c.earlier) && time.Since(c.moved) < idleTime {
		return
	}
	c.commit(ctx, cl, c.earlier)
	c.earlier, c.last = maps.Clone(c.reached), time.Now()
}

// settle commits everything that was reached.
func (c *checkpoint) settle(ctx context.Context, cl *kgo.Client) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.commit(ctx, cl, c.reached)
}

// commit notes a failure only: the next commit covers it.
func (c *checkpoint) commit(ctx context.Context, cl *kgo.Client, o offsets) {
	ctx, cancel := finishing(ctx)
	defer cancel()
	if err := o.commit(ctx, c.cfg, cl); err != nil {
		c.cfg.note("commit: %v", err)
	}
}

// forget drops partitions that the member no longer owns.
func (c *checkpoint) forget(partitions []int32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range partitions {
		delete(c.reached, p)
		delete(c.earlier, p)
	}
}

// options make the client settle what it hands over, and forget what it lost.
func (c *checkpoint) options() []kgo.Opt {
	return []kgo.Opt{
		kgo.DisableAutoCommit(),
		kgo.BlockRebalanceOnPoll(),
		kgo.OnPartitionsRevoked(func(ctx context.Context, cl *kgo.Client, revoked map[string][]int32) {
			if partitions := revoked[c.cfg.Input]; len(partitions) > 0 {
				c.settle(ctx, cl)
				c.forget(partitions)
			}
		}),
		kgo.OnPartitionsLost(func(_ context.Context, _ *kgo.Client, lost map[string][]int32) {
			c.forget(lost[c.cfg.Input])
		}),
	}
}
