package bench

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"surety/workload"
	"surety/workload/kafka"
)

// settle frees what the leg before has left, so that nobody pays for another.
func settle() { runtime.GC() }

// produce is the bare client as a fast load generator uses it: the keys of the
// recorded leg and a value of its own for each record, allocated many at a time, which
// costs less than a pool; no bookkeeping but a count of errors.
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
	topic, now := r.topic("bare"), time.Now()
	padding := bytes.Repeat([]byte{'.'}, r.Size)
	var chunk []kgo.Record // one allocation for many records, and one for their values
	var values []byte
	var failed atomic.Int64
	promise := func(_ *kgo.Record, err error) {
		if err != nil {
			failed.Add(1)
		}
	}
	for n := range r.Records {
		if len(chunk) == 0 {
			together := min(256, 1+1<<18/max(r.Size, 1))
			chunk, values = make([]kgo.Record, together), make([]byte, 0, together*r.Size)
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		rec := &chunk[0]
		chunk = chunk[1:]
		from := len(values)
		values = strconv.AppendInt(values, n, 10)
		values = append(values, padding[min(len(padding), len(values)-from):]...)
		// Spread as evenly as a draw, for less.
		rec.Topic, rec.Key, rec.Value, rec.Timestamp = topic, names[uint64(n)*2654435761%keys], values[from:len(values):len(values)], now
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

// read is the bare client as who looks at what he gets uses it: key and value of each
// record are touched, as of one of the load, and counted.
func (r *round) read(ctx context.Context) error {
	cl, err := kafka.NewClient(r.Endpoint, "bench",
		kgo.ConsumeTopics(r.topic("recorded")),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	if err != nil {
		return err
	}
	defer cl.Close()
	of := []byte(workload.Key(0))[0]
	var n, foreign int64
	for n < r.Records {
		fetches := cl.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return err
		}
		fetches.EachRecord(func(rec *kgo.Record) {
			n++
			if len(rec.Key) == 0 || rec.Key[0] != of || len(rec.Value) < max(1, r.Size) || rec.Value[0] != 's' {
				foreign++
			}
		})
	}
	if foreign > 0 {
		return fmt.Errorf("%d records are not of the load", foreign)
	}
	return nil
}
