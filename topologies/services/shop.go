package services

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/twmb/franz-go/pkg/kgo"
)

// shop is what every pattern of emission works with.
type shop struct {
	cfg    Config
	points *points
	db     *pgxpool.Pool
	events *kgo.Client // writes events, one after another of each key
}

// ordersTable is the truth: what stands in it was ordered.
const ordersTable = `create table if not exists orders (key text, seq bigint, value text not null, primary key (key, seq))`

// connections bounds those to the database, and so the orders that are worked on at once.
const connections = 32

// openShop connects to the database and the brokers, and makes the table of orders.
func openShop(ctx context.Context, cfg Config) (*shop, error) {
	db, err := openDatabase(ctx, cfg, ordersTable)
	if err != nil {
		return nil, err
	}
	events, err := kgo.NewClient(append(writing(cfg), kgo.AllowIdempotentProduceCancellation())...)
	if err != nil {
		db.Close()
		return nil, fmt.Errorf("the client of the brokers: %w", err)
	}
	return &shop{cfg: cfg, points: newPoints(cfg), db: db, events: events}, nil
}

func (s *shop) close() {
	s.events.Close()
	s.db.Close()
}

// openDatabase connects to the database as soon as it answers, and makes what is not
// there yet.
func openDatabase(ctx context.Context, cfg Config, statements ...string) (*pgxpool.Pool, error) {
	settings, err := pgxpool.ParseConfig(cfg.Database)
	if err != nil {
		return nil, fmt.Errorf("SURETY_DATABASE: %w", err)
	}
	settings.MaxConns = connections
	settings.ConnConfig.ConnectTimeout = cfg.Patience
	db, err := pgxpool.NewWithConfig(ctx, settings)
	if err != nil {
		return nil, fmt.Errorf("SURETY_DATABASE: %w", err)
	}
	for _, one := range statements {
		if err := untilDone(ctx, cfg, func(ctx context.Context) error { return define(ctx, db, one) }); err != nil {
			db.Close()
			return nil, err
		}
	}
	return db, nil
}

// define makes something in the database. Instances begin side by side, and "if not
// exists" does not keep two of them from making the same thing at once.
func define(ctx context.Context, db *pgxpool.Pool, statement string) error {
	return pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "select pg_advisory_xact_lock(1)"); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, statement)
		return err
	})
}

// again is how long to wait before something that failed is tried again.
const again = 100 * time.Millisecond

// untilDone tries until it succeeds or the context ends.
func untilDone(ctx context.Context, cfg Config, do func(ctx context.Context) error) error {
	for {
		short, cancel := context.WithTimeout(ctx, 5*cfg.Patience)
		err := do(short)
		cancel()
		if err == nil {
			return nil
		}
		cfg.note("tries again: %v", err)
		if !rest(ctx, again) {
			return errors.Join(err, ctx.Err())
		}
	}
}

// rest waits; false when the context ended first.
func rest(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// writing are the options of a client that writes events. It gives an event up after
// the patience, as an application's client does that has a delivery timeout; one without
// transactions only if that is allowed besides.
func writing(cfg Config) []kgo.Opt {
	return []kgo.Opt{
		kgo.SeedBrokers(cfg.Bootstrap...),
		kgo.ClientID(cfg.Name),
		kgo.ProducerBatchCompression(kgo.NoCompression()), // some readers of the output know none
		kgo.ProducerLinger(0),
		kgo.MetadataMinAge(250 * time.Millisecond),
		kgo.RecordDeliveryTimeout(cfg.Patience),
	}
}

// event tells of an order.
func (s *shop) event(o order) *kgo.Record {
	return &kgo.Record{Topic: s.cfg.Output, Key: []byte(o.Key), Value: []byte(o.Value)}
}

// emit writes the events of orders and waits until all are acknowledged.
func (s *shop) emit(ctx context.Context, orders ...order) error {
	events := make([]*kgo.Record, len(orders))
	for i, o := range orders {
		events[i] = s.event(o)
	}
	if err := s.events.ProduceSync(ctx, events...).FirstErr(); err != nil {
		return fmt.Errorf("write the event: %w", err)
	}
	return nil
}

// errKnown ends the transaction of an order that is in the table already.
var errKnown = errors.New("the order is known")

// change puts an order into the table in one transaction, with what belongs to it
// inside. It is false where the order was there already: then nothing was done.
func (s *shop) change(ctx context.Context, o order, inside func(tx pgx.Tx) error) (changed bool, err error) {
	err = pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		if err := s.insert(ctx, tx, o); err != nil {
			return err
		}
		if inside != nil {
			if err := inside(tx); err != nil {
				return err
			}
		}
		rest(ctx, s.cfg.Work)
		s.points.pass(InsideTransaction)
		return nil
	})
	if errors.Is(err, errKnown) {
		return false, nil
	}
	return err == nil, err
}

// insert writes the row of an order, or says that it is known.
func (s *shop) insert(ctx context.Context, tx pgx.Tx, o order) error {
	tag, err := tx.Exec(ctx, "insert into orders (key, seq, value) values ($1, $2, $3) on conflict do nothing", o.Key, o.Seq, o.Value)
	if err != nil {
		return fmt.Errorf("write the row: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return errKnown
	}
	return nil
}
