package services

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Events wait in a table of the same database, so that a transaction has its row and
// its event or neither (Richardson, Microservices Patterns, 3.3: transactional outbox).
var outbox = Service{
	Name:     "outbox",
	About:    "Writes row and event into one transaction; a relay takes events from the table (SKIP LOCKED), writes them, and deletes them.",
	Declares: "at-least-once",
	Order:    "key",
	Points:   outboxPoints,
	Run: serving(outboxPoints, func(ctx context.Context, s *shop) (taker, error) {
		return s.withOutbox(ctx, s.relay)
	}),
}

var outboxPoints = []string{BeforeTransaction, InsideTransaction, AfterCommit, MidRelay, AfterEmit}

const outboxTable = `create table if not exists outbox (id bigserial primary key, key text not null, seq bigint not null, value text not null, sent boolean not null default false)`

// withOutbox takes orders into the outbox. Beside it relays run, each of which says how
// many events it wrote, until it has none.
func (s *shop) withOutbox(ctx context.Context, relays ...func(context.Context) (int, error)) (taker, error) {
	err := untilDone(ctx, s.cfg, func(ctx context.Context) error { return define(ctx, s.db, outboxTable) })
	return taker{take: s.intoOutbox, beside: func(ctx context.Context) { s.relaying(ctx, relays) }}, err
}

func (s *shop) intoOutbox(ctx context.Context, o order) error {
	changed, err := s.change(ctx, o, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "insert into outbox (key, seq, value) values ($1, $2, $3)", o.Key, o.Seq, o.Value)
		return err
	})
	if err == nil && changed {
		s.points.pass(AfterCommit)
	}
	return err
}

// relaying runs relays until the context ends.
func (s *shop) relaying(ctx context.Context, relays []func(context.Context) (int, error)) {
	ended := make(chan struct{}, len(relays))
	for _, relay := range relays {
		go func() {
			defer func() { ended <- struct{}{} }()
			for ctx.Err() == nil {
				short, cancel := context.WithTimeout(ctx, 5*s.cfg.Patience)
				n, err := relay(short)
				cancel()
				switch {
				case err != nil && ctx.Err() == nil:
					s.cfg.note("relay: %v", err)
					rest(ctx, again)
				case n == 0:
					rest(ctx, s.cfg.Poll)
				}
			}
		}()
	}
	for range relays {
		<-ended
	}
}

// relay writes the oldest events that no other relay has in hand, and deletes them.
func (s *shop) relay(ctx context.Context) (n int, err error) {
	err = pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		ids, orders, err := waiting(ctx, tx, "select id, key, seq, value from outbox order by id limit $1 for update skip locked", s.cfg.Batch)
		if n = len(ids); n == 0 || err != nil {
			return err
		}
		if err := s.relayed(ctx, orders); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "delete from outbox where id = any($1)", ids)
		return err
	})
	return n, err
}

// relayed writes the events that a relay has in hand.
func (s *shop) relayed(ctx context.Context, orders []order) error {
	if s.points.is(MidRelay) {
		if err := s.emit(ctx, orders[:(len(orders)+1)/2]...); err != nil {
			return err
		}
		s.points.pass(MidRelay)
	}
	if err := s.emit(ctx, orders...); err != nil {
		return err
	}
	s.points.pass(AfterEmit)
	return nil
}

// waiting reads events of the outbox with their ids.
func waiting(ctx context.Context, tx pgx.Tx, query string, args ...any) (ids []int64, orders []order, err error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, nil, fmt.Errorf("read the outbox: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var o order
		if err := rows.Scan(&id, &o.Key, &o.Seq, &o.Value); err != nil {
			return nil, nil, fmt.Errorf("read the outbox: %w", err)
		}
		ids, orders = append(ids, id), append(orders, o)
	}
	return ids, orders, rows.Err()
}
