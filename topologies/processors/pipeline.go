package processors

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// pipeline polls, works on the records for a while, and writes each batch whose
// work is done with its offsets in one transaction. Polling goes on meanwhile, so
// records are always in hand.
type pipeline struct {
	cfg             Config
	transactionalID string
	// as names the member for the group's check of the offsets.
	as func(*kgo.Client) member
	// every is the least time between two transactions.
	every time.Duration
	// patience bounds a transaction up to its end; 0 = no bound. One that takes
	// longer is aborted and given up.
	patience time.Duration
	// more comes over the client's other options.
	more []kgo.Opt
	// keepLost writes records of partitions that the member has lost.
	keepLost bool

	mu   sync.Mutex // held by the loop and by callbacks of the group, never at once
	held delayed
	last time.Time // when the last transaction began
	err  error     // ends the session; nothing is written after it
}

// run processes in one client until the context ends or the client fails.
func (p *pipeline) run(ctx context.Context) error {
	opts := append(transactional(p.cfg),
		kgo.TransactionalID(p.transactionalID),
		withRawTransactions(),
		kgo.DisableAutoCommit(),
		kgo.BlockRebalanceOnPoll(),
		kgo.OnPartitionsRevoked(p.revoked),
		kgo.OnPartitionsLost(p.lost),
	)
	cl, err := newClient(p.cfg, append(opts, p.more...)...)
	if err != nil {
		return err
	}
	defer leave(cl)
	// The first id can take seconds on a fresh cluster; it counts for no transaction.
	if _, _, err := cl.ProducerID(ctx); err != nil && ctx.Err() == nil {
		return fmt.Errorf("producer id: %w", err)
	}
	for ctx.Err() == nil {
		records := poll(ctx, p.cfg, cl, p.wait())
		if err := p.step(ctx, cl, records); err != nil {
			return err
		}
		cl.AllowRebalance()
	}
	return p.finish(ctx, cl)
}

func (p *pipeline) wait() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(p.held.wait(), min(p.every-time.Since(p.last), idleWait))
}

// step takes new records in and writes those that are due.
func (p *pipeline) step(ctx context.Context, cl *kgo.Client, records []*kgo.Record) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held.add(records)
	if time.Since(p.last) < p.every {
		return nil
	}
	return p.write(ctx, cl, p.held.due())
}

// finish writes everything in hand.
func (p *pipeline) finish(ctx context.Context, cl *kgo.Client) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.write(ctx, cl, p.held.take())
}

// write commits one transaction. One that was aborted for time is given up: its
// records are neither written later nor read again. After another error, such as
// a generation that has passed, a new session reads them again.
func (p *pipeline) write(ctx context.Context, cl *kgo.Client, records []*kgo.Record) error {
	if p.err != nil || len(records) == 0 {
		return p.err
	}
	p.last = time.Now()
	ctx, cancel := finishing(ctx)
	defer cancel()
	if p.patience > 0 {
		ctx, cancel = context.WithTimeout(ctx, p.patience)
		defer cancel()
	}
	o := offsets{}
	o.reach(records)
	aborted, err := transact(ctx, p.cfg, cl, records, func(ctx context.Context) error {
		return commitInTransaction(ctx, p.cfg, cl, p.transactionalID, p.as(cl), o)
	})
	if aborted && errors.Is(err, context.DeadlineExceeded) {
		p.cfg.note("aborted a transaction of %d records: %v", len(records), err)
		return nil
	}
	// Offsets of later records would cover these.
	p.err = err
	return err
}

// revoked writes what is in hand before the partitions go to another member.
func (p *pipeline) revoked(ctx context.Context, cl *kgo.Client, revoked map[string][]int32) {
	if len(revoked) == 0 {
		return
	}
	if err := p.finish(ctx, cl); err != nil {
		p.cfg.note("hand over: %v", err) // the loop ends with it
	}
}

// lost drops what is in hand: another member reads it again.
func (p *pipeline) lost(context.Context, *kgo.Client, map[string][]int32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.keepLost {
		p.held.take()
	}
}
