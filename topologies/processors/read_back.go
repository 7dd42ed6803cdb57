package processors

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// readBack gives every committed record that the output holds at the call, from
// its start. It waits for transactions that are open in between.
func readBack(ctx context.Context, cfg Config, take func([]*kgo.Record)) error {
	cl, err := kgo.NewClient(append(clientOptions(cfg),
		kgo.ConsumeTopics(cfg.Output),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		// Markers of transactions show how far the log was read where no record does.
		kgo.KeepControlRecords(),
	)...)
	if err != nil {
		return optionsError{err}
	}
	defer cl.Close()
	ends, err := kadm.NewClient(cl).ListEndOffsets(ctx, cfg.Output)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		return fmt.Errorf("end offsets: %w", err)
	}
	left := map[int32]int64{}
	ends.Each(func(end kadm.ListedOffset) {
		if end.Offset > 0 {
			left[end.Partition] = end.Offset
		}
	})
	for len(left) > 0 {
		fetches := cl.PollRecords(ctx, maxPoll)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		fetches.EachRecord(func(r *kgo.Record) {
			if !r.Attrs.IsControl() {
				take([]*kgo.Record{r})
			}
			if r.Offset+1 >= left[r.Partition] {
				delete(left, r.Partition)
			}
		})
	}
	return nil
}
