package services

import (
	"context"

	"github.com/jackc/pgx/v5"
)

var outboxUnlockedRelays = Service{
	Name:     "outbox-unlocked-relays",
	About:    "Two relays read what was not sent, write it, and mark it, without a lock: both write the same events.",
	Declares: "exactly-once",
	Order:    "none",
	Points:   outboxPoints,
	Broken:   true,
	Twin:     "outbox",
	Breaks:   "duplicated",
	Run: serving(outboxPoints, func(ctx context.Context, s *shop) (taker, error) {
		return s.withOutbox(ctx, s.relayUnlocked, s.relayUnlocked)
	}),
}

func (s *shop) relayUnlocked(ctx context.Context) (int, error) {
	var ids []int64
	var orders []order
	err := pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) (err error) {
		ids, orders, err = waiting(ctx, tx, "select id, key, seq, value from outbox where not sent order by id limit $1", s.cfg.Batch)
		return err
	})
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	if err := s.relayed(ctx, orders); err != nil {
		return 0, err
	}
	_, err = s.db.Exec(ctx, "update outbox set sent = true where id = any($1)", ids)
	return len(ids), err
}
