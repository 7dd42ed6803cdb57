package processors

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
)

var rememberingDedup = Processor{
	Name:     "remembering-dedup",
	About:    "Commits after the output and drops what the output already holds: it reads the output back whenever it is given partitions, behind a fence for each.",
	Declares: "exactly-once",
	Order:    "key",
	Run: func(ctx context.Context, cfg Config) error {
		return restarting(ctx, cfg, func(ctx context.Context) error {
			return remember(ctx, cfg, identities{})
		})
	},
}

// rememberingWriter has one transactional producer for each input partition.
// Taking the partition's id fences the owner before (it can write no more) and
// ends what that one left open, so that the output read next holds everything
// that was ever written of the partition.
type rememberingWriter struct {
	cfg Config

	mu        sync.Mutex // held by the loop and by callbacks of the group, never at once
	written   memory
	producers map[int32]*kgo.Client
	err       error // of a callback
}

// memory is what the output tells of what was processed.
type memory interface {
	fresh(records []*kgo.Record) []*kgo.Record // those that were not
	add(records []*kgo.Record)                 // they were
	restore(outputs []*kgo.Record)             // as the output has it
}

func (s identities) restore(outputs []*kgo.Record) { s.add(outputs) }

// remember processes what is not in memory until the context ends or a client
// fails.
func remember(ctx context.Context, cfg Config, written memory) error {
	d := &rememberingWriter{cfg: cfg, written: written, producers: map[int32]*kgo.Client{}}
	return d.run(ctx)
}

func (d *rememberingWriter) run(ctx context.Context) error {
	offsets := newCheckpoint(d.cfg)
	cl, err := newClient(d.cfg, append(offsets.options(),
		kgo.OnPartitionsAssigned(func(_ context.Context, _ *kgo.Client, assigned map[string][]int32) {
			d.assigned(ctx, assigned[d.cfg.Input])
		}),
	)...)
	if err != nil {
		return err
	}
	defer d.close()
	defer leave(cl)
	for ctx.Err() == nil {
		records := poll(ctx, d.cfg, cl, offsets.every)
		if err := d.write(ctx, records); err != nil {
			return err
		}
		offsets.reach(records)
		offsets.tick(ctx, cl)
		cl.AllowRebalance()
	}
	offsets.settle(ctx, cl)
	return nil
}

// assigned fences the owners before, then learns what they wrote.
func (d *rememberingWriter) assigned(ctx context.Context, partitions []int32) {
	if len(partitions) == 0 {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	ctx, cancel := finishing(ctx)
	defer cancel()
	for _, p := range partitions {
		if err := d.fence(ctx, p); err != nil {
			d.err = err
			return
		}
	}
	if err := readBack(ctx, d.cfg, d.written.restore); err != nil {
		d.err = fmt.Errorf("read the output back: %w", err)
	}
}

// fence replaces the partition's producer by one that no older owner shares.
func (d *rememberingWriter) fence(ctx context.Context, partition int32) error {
	if old := d.producers[partition]; old != nil {
		old.Close()
	}
	cl, err := kgo.NewClient(append(clientOptions(d.cfg),
		kgo.TransactionalID(fmt.Sprintf("%s-%s-%d", d.cfg.Group, d.cfg.Input, partition)),
		kgo.TransactionTimeout(d.cfg.TransactionTimeout),
	)...)
	if err != nil {
		return optionsError{err}
	}
	d.producers[partition] = cl
	if _, _, err := cl.ProducerID(ctx); err != nil {
		return fmt.Errorf("producer id of partition %d: %w", partition, err)
	}
	return nil
}

// write commits one transaction for each partition that has fresh records.
func (d *rememberingWriter) write(ctx context.Context, records []*kgo.Record) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err != nil {
		return d.err
	}
	ctx, cancel := finishing(ctx)
	defer cancel()
	fresh := map[int32][]*kgo.Record{}
	for _, r := range d.written.fresh(records) {
		fresh[r.Partition] = append(fresh[r.Partition], r)
	}
	errs := make(chan error, len(fresh))
	for p, rs := range fresh {
		go func() {
			_, err := transact(ctx, d.cfg, d.producers[p], rs, nil)
			errs <- err
		}()
	}
	var failed error
	for range fresh {
		if err := <-errs; err != nil {
			failed = err
		}
	}
	if failed != nil {
		return failed
	}
	for _, rs := range fresh {
		d.written.add(rs)
	}
	return nil
}

func (d *rememberingWriter) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range slices.Collect(maps.Keys(d.producers)) {
		d.producers[p].Close()
		delete(d.producers, p)
	}
}
