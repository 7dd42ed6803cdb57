package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"surety/checker/history"
)

// final reads every partition from its start to the end that it had when the
// read began, and returns those ends. Progress is the position of the fetch, not
// the records that come out of it: aborted records are skipped, and the last
// position may hold the marker of a transaction.
func (r *Reader) final(ctx context.Context, s history.Session) (map[int32]int64, error) {
	starts, ends, err := r.bounds(ctx, s)
	if err != nil {
		return ends, err
	}
	from := map[int32]kgo.Offset{}
	left := map[int32]int64{}
	for p, end := range ends {
		if starts[p] < end {
			from[p], left[p] = kgo.NewOffset().AtStart(), end
		}
	}
	if len(left) == 0 {
		return ends, nil
	}
	cl, err := r.client(s,
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{r.Topic: from}),
		kgo.KeepControlRecords())
	if err != nil {
		return ends, err
	}
	defer cl.Close()

	o := r.observer(s)
	for len(left) > 0 {
		fetches, err := r.poll(ctx, cl)
		if err != nil {
			return ends, fmt.Errorf("%w, with %d of %d partitions unfinished", err, len(left), len(ends))
		}
		fetches.EachPartition(func(p kgo.FetchTopicPartition) {
			end, reading := left[p.Partition]
			if !reading {
				return
			}
			n := len(p.Records)
			if n > 0 && p.Records[n-1].Offset+1 >= end {
				delete(left, p.Partition)
			}
			for n > 0 && p.Records[n-1].Offset >= end {
				n-- // written after the end was fixed
			}
			o.observe(p.Records[:n])
		})
	}
	return ends, nil
}

// poll waits for the next fetch, no longer than the stall time.
func (r *Reader) poll(ctx context.Context, cl *kgo.Client) (kgo.Fetches, error) {
	pollCtx, cancel := context.WithTimeout(ctx, r.stall())
	defer cancel()
	fetches := cl.PollFetches(pollCtx)
	switch err := fetchError(fetches); {
	case err != nil:
		return nil, err
	case ctx.Err() != nil:
		return nil, fmt.Errorf("the final read was ended early: %w", ctx.Err())
	case fetches.NumRecords() == 0 && pollCtx.Err() != nil:
		return nil, fmt.Errorf("the final read got nothing for %v", r.stall())
	}
	return fetches, nil
}

// bounds lists where each partition begins and ends. A committed view is whole
// only where its last stable offset has reached that end: before, an open
// transaction hides what others have committed behind it.
func (r *Reader) bounds(ctx context.Context, s history.Session) (starts, ends map[int32]int64, err error) {
	cl, err := NewClient(r.Endpoint, fmt.Sprintf("reader-%d-offsets", s.Session))
	if err != nil {
		return nil, nil, err
	}
	defer cl.Close()
	adm := kadm.NewClient(cl)
	listCtx, cancel := context.WithTimeout(ctx, r.stall())
	defer cancel()

	if ends, err = r.listed(adm.ListEndOffsets(listCtx, r.Topic)); err != nil {
		return nil, nil, err
	}
	if starts, err = r.listed(adm.ListStartOffsets(listCtx, r.Topic)); err != nil {
		return nil, ends, err
	}
	if s.View == history.Uncommitted {
		return starts, ends, nil
	}
	return starts, ends, r.awaitStable(ctx, adm, ends)
}

// awaitStable waits until no open transaction hides a position below the ends.
func (r *Reader) awaitStable(ctx context.Context, adm *kadm.Client, ends map[int32]int64) error {
	ctx, cancel := context.WithTimeout(ctx, r.stall())
	defer cancel()
	var held error // the last that was known
	for {
		stable, err := r.listed(adm.ListCommittedOffsets(ctx, r.Topic))
		if err == nil {
			if held = errStable(stable, ends); held == nil {
				return nil
			}
		}
		if err != nil && (held == nil || ctx.Err() == nil) {
			return err
		}
		if !sleep(ctx) {
			return fmt.Errorf("after %v %w", r.stall(), held)
		}
	}
}

// errStable names a partition whose last stable offset is below its end.
func errStable(stable, ends map[int32]int64) error {
	for p, end := range ends {
		if stable[p] < end {
			return fmt.Errorf("an open transaction still hides partition %d from offset %d to %d", p, stable[p], end)
		}
	}
	return nil
}

func (r *Reader) listed(offsets kadm.ListedOffsets, err error) (map[int32]int64, error) {
	if err == nil {
		err = offsets.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("list offsets: %w", err)
	}
	byPartition := map[int32]int64{}
	offsets.Each(func(o kadm.ListedOffset) { byPartition[o.Partition] = o.Offset })
	if len(byPartition) == 0 {
		return nil, errors.New("the topic has no partitions")
	}
	return byPartition, nil
}

const pollEvery = 20 * time.Millisecond

// sleep waits until it is time to ask again, and tells whether ctx is still going on.
func sleep(ctx context.Context) bool {
	t := time.NewTimer(pollEvery)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
