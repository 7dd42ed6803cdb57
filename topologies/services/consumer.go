package services

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/twmb/franz-go/pkg/kgo"

	"surety/workload"
)

// effect is what a consumer does for each event: statements of one transaction.
type effect struct {
	tables []string                       // that it wants
	before func(b *pgx.Batch, cfg Config) // for each transaction; nil = nothing
	each   func(b *pgx.Batch, key string, seq int64, value string)
}

// consuming is the Run of a consumer: an effect for each event, all of one poll in one
// transaction, and the offsets later: an event whose effect is there may come again.
func consuming(f effect) func(context.Context, Config) error {
	return func(ctx context.Context, cfg Config) error {
		db, err := openDatabase(ctx, cfg, f.tables...)
		if err != nil {
			return err
		}
		defer db.Close()
		for ctx.Err() == nil {
			if err := f.session(ctx, cfg, db); err != nil && ctx.Err() == nil {
				cfg.note("begins again: %v", err)
				rest(ctx, again)
			}
		}
		return nil
	}
}

// mostEvents bounds the events of one transaction.
const mostEvents = 500

// session consumes in one client until something fails: events in hand are read again.
func (f effect) session(ctx context.Context, cfg Config, db *pgxpool.Pool) error {
	cl, err := kgo.NewClient(
		kgo.SeedBrokers(cfg.Bootstrap...), kgo.ClientID(cfg.Name),
		kgo.ConsumerGroup(cfg.Group), kgo.ConsumeTopics(cfg.Input), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.SessionTimeout(cfg.SessionTimeout), kgo.HeartbeatInterval(cfg.SessionTimeout/5),
		kgo.FetchMaxWait(250*time.Millisecond), kgo.MetadataMinAge(250*time.Millisecond),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.DisableAutoCommit(), kgo.BlockRebalanceOnPoll(),
	)
	if err != nil {
		return fmt.Errorf("the client of the brokers: %w", err)
	}
	defer func() {
		fresh, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishWithin)
		defer cancel()
		_ = cl.LeaveGroupContext(fresh) // it is noticed without it, later
		cl.Close()
	}()
	committed := time.Now()
	for ctx.Err() == nil {
		short, cancel := context.WithTimeout(ctx, max(cfg.Commit, 100*time.Millisecond))
		fetches := cl.PollRecords(short, mostEvents)
		cancel()
		for _, e := range fetches.Errors() {
			if !errors.Is(e.Err, context.DeadlineExceeded) && !errors.Is(e.Err, context.Canceled) {
				cfg.note("fetch of %s/%d: %v", e.Topic, e.Partition, e.Err)
			}
		}
		if err := f.apply(ctx, cfg, db, fetches.Records()); err != nil {
			return err
		}
		if time.Since(committed) >= cfg.Commit {
			if err := cl.CommitUncommittedOffsets(ctx); err != nil {
				return fmt.Errorf("commit offsets: %w", err)
			}
			committed = time.Now()
		}
		cl.AllowRebalance()
	}
	return nil
}

// apply has the effects of some events in one transaction.
func (f effect) apply(ctx context.Context, cfg Config, db *pgxpool.Pool, events []*kgo.Record) error {
	if len(events) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*cfg.Patience)
	defer cancel()
	b := &pgx.Batch{}
	if f.before != nil {
		f.before(b, cfg)
	}
	for _, e := range events {
		seq, err := seqOf(e.Value)
		if err != nil {
			return fmt.Errorf("offset %d of %s/%d: %w", e.Offset, e.Topic, e.Partition, err)
		}
		f.each(b, string(e.Key), seq, string(e.Value))
	}
	err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error { return tx.SendBatch(ctx, b).Close() })
	if err != nil {
		return fmt.Errorf("have the effects of %d events: %w", len(events), err)
	}
	return nil
}

// seqOf finds the number of an order in the value of its event, whatever run it is of.
func seqOf(value []byte) (int64, error) {
	v, err := workload.ParseValue(value, "")
	if err != nil && !errors.Is(err, workload.ErrWrongRun) {
		return 0, err
	}
	return v.Seq, nil
}
