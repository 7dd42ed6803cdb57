package processors

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

var exactlyOnce = Processor{
	Name:     "exactly-once",
	About:    "Writes outputs and offsets in one transaction, fenced by the group's generation (KIP-447).",
	Declares: "exactly-once",
	Order:    "key",
	Run: func(ctx context.Context, cfg Config) error {
		return restarting(ctx, cfg, func(ctx context.Context) error { return runExactlyOnce(ctx, cfg) })
	},
}

func runExactlyOnce(ctx context.Context, cfg Config) error {
	opts := append(append(clientOptions(cfg), groupOptions(cfg)...), transactional(cfg)...)
	s, err := kgo.NewGroupTransactSession(opts...)
	if err != nil {
		return optionsError{err}
	}
	defer leave(s.Client())
	// At once, not at the first output: what this instance left open before a
	// restart holds back every reader of committed records.
	if _, _, err := s.Client().ProducerID(ctx); err != nil && ctx.Err() == nil {
		return fmt.Errorf("initialize the transactional id: %w", err)
	}
	for ctx.Err() == nil {
		if records := pollSome(ctx, cfg, s, 0, cfg.roomBeside(0)); len(records) > 0 {
			if err := exactlyOnceBatch(ctx, cfg, s, records); err != nil {
				return err
			}
		}
	}
	return nil
}

// transactional names the transaction by the instance: a restart fences what the
// instance left open.
func transactional(cfg Config) []kgo.Opt {
	return []kgo.Opt{
		kgo.TransactionalID(cfg.Group + "-" + cfg.Name),
		kgo.TransactionTimeout(cfg.TransactionTimeout),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
	}
}

// exactlyOnceBatch writes one transaction: of the records in hand, and of those that
// come within the interval between commits, or up to the number of records, where one
// is set. The session rewinds the consumer where it aborts; its errors are final for
// the client.
func exactlyOnceBatch(asked context.Context, cfg Config, s *kgo.GroupTransactSession, records []*kgo.Record) error {
	ctx, cancel := finishing(asked)
	defer cancel()
	if err := s.Begin(); err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	end := time.Now().Add(cfg.commitInterval(cfg.fillTime()))
	pause(ctx, cfg.work(0))
	failed := produce(ctx, cfg, s.Client(), records)
	for left := time.Until(end); failed == nil && left > 0 && asked.Err() == nil; left = time.Until(end) {
		room := cfg.roomBeside(len(records))
		if room == 0 {
			break
		}
		more := pollSome(asked, cfg, s, left, room)
		failed = produce(ctx, cfg, s.Client(), more)
		records = append(records, more...)
	}
	committed, err := s.End(ctx, kgo.TransactionEndTry(failed == nil))
	switch {
	case err != nil:
		return fmt.Errorf("end transaction: %w", err)
	case failed != nil:
		return failed
	case !committed:
		cfg.note("transaction aborted, reading its %d records again", len(records))
	}
	return nil
}
