package services

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// The database's own log is the relay's queue: the server keeps it until the relay says
// how far it has written events (logical replication, output plugin pgoutput).
var cdc = Service{
	Name:     "cdc",
	About:    "Writes row and outbox entry into one transaction; a relay follows the database's log by logical replication.",
	Declares: "at-least-once",
	Order:    "key",
	Points:   outboxPoints,
	Run: serving(outboxPoints, func(ctx context.Context, s *shop) (taker, error) {
		return s.withLog(ctx, false)
	}),
}

// A slot that is made anew begins at the present end of the log.
var cdcSlotRecreated = Service{
	Name:     "cdc-slot-recreated",
	About:    "Drops its replication slot when it starts and makes it anew: what was committed and not relayed before is lost.",
	Declares: "at-least-once",
	Order:    "key",
	Points:   outboxPoints,
	Broken:   true,
	Twin:     "cdc",
	Breaks:   "lost",
	Under:    "crash",
	Run: serving(outboxPoints, func(ctx context.Context, s *shop) (taker, error) {
		return s.withLog(ctx, true)
	}),
}

// publication is what a relay reads.
const publication = "surety_outbox"

// slotName asks for the name of the relay's slot: those of a server are of all its
// databases.
const slotName = "select 'surety_relay_' || oid from pg_database where datname = current_database()"

// withLog takes orders into the outbox, where they stay no longer than their
// transaction lasts, and follows the log beside it.
func (s *shop) withLog(ctx context.Context, anew bool) (taker, error) {
	for _, statement := range []string{
		outboxTable,
		"do $$ begin if not exists (select from pg_publication where pubname = '" + publication + "') then " +
			"create publication " + publication + " for table outbox with (publish = 'insert'); end if; end $$",
	} {
		if err := untilDone(ctx, s.cfg, func(ctx context.Context) error { return define(ctx, s.db, statement) }); err != nil {
			return taker{}, err
		}
	}
	if err := untilDone(ctx, s.cfg, func(ctx context.Context) error { return s.makeSlot(ctx, anew) }); err != nil {
		return taker{}, err
	}
	return taker{take: s.throughOutbox, beside: s.following}, nil
}

// makeSlot makes the slot where it is not there, or in any case anew.
func (s *shop) makeSlot(ctx context.Context, anew bool) error {
	var there bool
	var slot string
	if err := s.db.QueryRow(ctx, slotName).Scan(&slot); err != nil {
		return err
	}
	if err := s.db.QueryRow(ctx, "select exists (select from pg_replication_slots where slot_name = $1)", slot).Scan(&there); err != nil {
		return err
	}
	if there && anew {
		// The server may not have noticed yet that its last reader has ended.
		if _, err := s.db.Exec(ctx, "select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = $1 and active", slot); err != nil {
			return err
		}
		if _, err := s.db.Exec(ctx, "select pg_drop_replication_slot($1)", slot); err != nil {
			return err
		}
		there = false
	}
	if there {
		return nil
	}
	_, err := s.db.Exec(ctx, "select pg_create_logical_replication_slot($1, 'pgoutput')", slot)
	return err
}

// throughOutbox writes an entry that the log keeps, and takes it away at once.
func (s *shop) throughOutbox(ctx context.Context, o order) error {
	changed, err := s.change(ctx, o, func(tx pgx.Tx) error {
		var id int64
		if err := tx.QueryRow(ctx, "insert into outbox (key, seq, value) values ($1, $2, $3) returning id", o.Key, o.Seq, o.Value).Scan(&id); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "delete from outbox where id = $1", id)
		return err
	})
	if err == nil && changed {
		s.points.pass(AfterCommit)
	}
	return err
}

// following relays from the log, on a new connection after each failure.
func (s *shop) following(ctx context.Context) {
	for ctx.Err() == nil {
		if err := s.follow(ctx); err != nil && ctx.Err() == nil {
			s.cfg.note("relay: %v", err)
			rest(ctx, again)
		}
	}
}

// confirmEvery is how often the relay tells the server how far it is. What it did not
// tell when it ends comes again.
const confirmEvery = 100 * time.Millisecond

// pending is how long events wait for others to be written with them.
const pending = 500 * time.Microsecond

// follow relays until something fails: it reads what there is, writes the events of
// whole transactions, and confirms the end of the last.
func (s *shop) follow(ctx context.Context) error {
	r, err := startReplication(ctx, s.cfg)
	if err != nil {
		return err
	}
	defer r.close(ctx)
	var orders []order
	confirmed := time.Now()
	for {
		wait := s.cfg.Poll
		if len(orders) > 0 {
			wait = pending
		}
		more, err := r.next(ctx, wait)
		if err != nil {
			return err
		}
		orders = append(orders, more...)
		if idle := len(more) == 0; len(orders) > 0 && (idle || len(orders) >= s.cfg.Batch) {
			short, cancel := context.WithTimeout(ctx, 5*s.cfg.Patience)
			err := s.relayed(short, orders)
			cancel()
			if err != nil {
				return err
			}
			orders = orders[:0]
			r.written()
		}
		if len(orders) == 0 && (r.asked || time.Since(confirmed) >= confirmEvery) {
			if err := r.confirm(ctx); err != nil {
				return err
			}
			confirmed = time.Now()
		}
	}
}

// inUse tells whether the slot is still read by somebody who has gone.
func inUse(err error) bool {
	pg, is := errors.AsType[*pgconn.PgError](err)
	return is && pg.Code == "55006"
}

// replicationURL is the address of the database for a connection that replicates.
func replicationURL(cfg Config) (*pgconn.Config, error) {
	c, err := pgconn.ParseConfig(cfg.Database)
	if err != nil {
		return nil, fmt.Errorf("SURETY_DATABASE: %w", err)
	}
	c.RuntimeParams["replication"] = "database"
	c.ConnectTimeout = cfg.Patience
	return c, nil
}
