package services

import (
	"context"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/jackc/pgx/v5"
)

// A sequence gives ids when rows are written, and rows show when they are committed: a
// lower id can come after a higher one, and is never looked for.
var outboxMaxID = Service{
	Name:     "outbox-max-id",
	About:    "Its relay remembers the highest id that it has seen and asks for higher ones: what commits late is skipped.",
	Declares: "at-least-once",
	Order:    "key",
	Points:   outboxPoints,
	Broken:   true,
	Twin:     "outbox",
	Breaks:   "lost",
	Run: serving(outboxPoints, func(ctx context.Context, s *shop) (taker, error) {
		err := untilDone(ctx, s.cfg, func(ctx context.Context) error {
			return define(ctx, s.db, `create table if not exists relayed (one boolean primary key default true, id bigint not null)`)
		})
		if err != nil {
			return taker{}, err
		}
		t, err := s.withOutbox(ctx, s.relayAboveMax)
		t.take = s.intoOutboxSlowly
		return t, err
	}),
}

// intoOutboxSlowly commits some orders later than others, as transactions of a real
// service do.
func (s *shop) intoOutboxSlowly(ctx context.Context, o order) error {
	changed, err := s.change(ctx, o, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "insert into outbox (key, seq, value) values ($1, $2, $3)", o.Key, o.Seq, o.Value)
		rest(ctx, lateness(o))
		return err
	})
	if err == nil && changed {
		s.points.pass(AfterCommit)
	}
	return err
}

// lateness is how much longer the transaction of an order takes than others: one in
// eight takes 50 ms.
func lateness(o order) time.Duration {
	h := fnv.New32a()
	fmt.Fprintf(h, "%s %d", o.Key, o.Seq)
	if h.Sum32()%8 == 0 {
		return 50 * time.Millisecond
	}
	return 0
}

func (s *shop) relayAboveMax(ctx context.Context) (n int, err error) {
	err = pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		ids, orders, err := waiting(ctx, tx, "select id, key, seq, value from outbox where id > coalesce((select id from relayed), 0) order by id limit $1", s.cfg.Batch)
		if n = len(ids); n == 0 || err != nil {
			return err
		}
		if err := s.relayed(ctx, orders); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "insert into relayed (id) values ($1) on conflict (one) do update set id = excluded.id", ids[n-1])
		return err
	})
	return n, err
}
