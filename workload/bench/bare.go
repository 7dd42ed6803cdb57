package bench

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"surety/workload"
	"surety/workload/kafka"
)

// settle frees what the leg before has left, so that nobody pays for another.
func settle() { runtime.GC() }

// produce is the bare client as a load generator uses it: one value for all
// records, the same keys as the recorded leg, no bookkeeping but a count of errors.
func (r *round) produce(ctx context.Context) error {
	cl, err := kafka.NewClient(r.Endpoint, "bench", kafka.ProducerOptions(Buffer)...)
	if err != nil {
		return err
	}
	defer cl.Close()
	names := make([][]byte, keys)
	for i := range names {
		names[i] = []byte(workload.Key(i))
	}
	value := make([]byte, r.Size)
	for i := range value {
		value[i] = '.'
	}
	topic, now := r.topic("bare"), time.Now()
	var failed atomic.Int64
	promise := func(_ *kgo.Record, err error) {
		if err != nil {
			failed.Add(1)
		}
	}
	var chunk []kgo.Record // one allocation for many records
	for n := range r.Records {
		if len(chunk) == 0 {
			chunk = make([]kgo.Record, 512)
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		rec := &chunk[0]
		chunk = chunk[1:]
		// Spread as evenly as a draw, for less.
		rec.Topic, rec.Key, rec.Value, rec.Timestamp = topic, names[uint64(n)*2654435761%keys], value, now
		cl.Produce(ctx, rec, promise)
	}
	if err := cl.Flush(ctx); err != nil {
		return err
	}
	if n := failed.Load(); n > 0 {
		return fmt.Errorf("%d records were not acknowledged", n)
	}
	return nil
}

// read is the bare client: it counts what it gets.
func (r *round) read(ctx context.Context) error {
	cl, err := kafka.NewClient(r.Endpoint, "bench",
		kgo.ConsumeTopics(r.topic("recorded")),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	if err != nil {
		return err
	}
	defer cl.Close()
	for n := int64(0); n < r.Records; {
		fetches := cl.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return err
		}
		fetches.EachRecord(func(rec *kgo.Record) {
			if len(rec.Value) > 0 {
				n++
			}
		})
	}
	return nil
}
