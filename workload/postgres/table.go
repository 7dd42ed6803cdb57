package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"surety/checker/history"
	"surety/workload"
)

// Table observes the rows of one table. A final session reads all of it in one
// transaction of isolation repeatable read, which sees one instant. A tail asks every
// so often for the rows of transactions that the look before did not see, so that each
// look is one instant too. Rows have no lasting position: an update moves them.
type Table struct {
	URL      string
	Rows     workload.Rows
	Reading  workload.Reading // of the column Rows.Value
	Run      string
	Recorder workload.Recorder
	Clock    workload.Clock
	// What tails feed; each may be nil.
	Tracker  *workload.Tracker
	Fences   *workload.Fences
	Progress *workload.Progress
	// Every is how often a tail looks; 0 = 200 ms.
	Every time.Duration
	// Stall is how long a final read waits for a server that does not answer; 0 = 30 s.
	Stall time.Duration
}

var _ workload.Sink = (*Table)(nil)

const (
	defaultEvery = 200 * time.Millisecond
	defaultStall = 30 * time.Second
	lookWithin   = 30 * time.Second // bounds one look of a tail
)

// Position implements workload.Sink.
func (*Table) Position() workload.PositionKind { return workload.RowPosition }

// Destructive implements workload.Sink.
func (*Table) Destructive() bool { return false }

// Snapshot implements workload.Sink.
func (*Table) Snapshot() bool { return true }

// Observe implements workload.Sink.
func (t *Table) Observe(ctx context.Context, s history.Session) error {
	s.Topic, s.Snapshot, s.At = t.Rows.Table, true, t.Clock.Now()
	t.Recorder.Append(history.KindSession, s)
	var err error
	switch s.Purpose {
	case history.Tail:
		err = t.tail(ctx, s)
	case history.Final:
		err = t.final(ctx, s)
	default:
		err = fmt.Errorf("session %d has no known purpose", s.Session)
	}
	end := history.SessionEnd{Session: s.Session, At: t.Clock.Now()}
	if err != nil {
		err = fmt.Errorf("read table %s: %w", t.Rows.Table, err)
		end.Error = err.Error()
	}
	t.Recorder.Append(history.KindSessionEnd, end)
	return err
}

// final reads the whole table once. A server that does not answer is asked again.
func (t *Table) final(ctx context.Context, s history.Session) error {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(t.Stall, defaultStall))
	defer cancel()
	tick := time.NewTicker(cmp.Or(t.Every, defaultEvery))
	defer tick.Stop()
	for {
		o := t.observer(s)
		err := t.connected(ctx, func(c *pgx.Conn) error {
			_, err := t.look(ctx, c, "", o.observe)
			return err
		})
		if err == nil {
			o.recordAll()
			return nil
		}
		if answered(err) { // what it says now it says again
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return err
		}
	}
}

// answered tells whether the server itself answered with the error, and will again.
func answered(err error) bool {
	pg, is := errors.AsType[*pgconn.PgError](err)
	return is && !unavailable(pg)
}

// unavailable tells whether a server is starting or ending: SQLSTATE class 57P.
func unavailable(e *pgconn.PgError) bool { return strings.HasPrefix(e.Code, "57P") }

// undefinedTable is the SQLSTATE of a table that is not there, or not yet.
const undefinedTable = "42P01"

// connected does something on a connection of its own.
func (t *Table) connected(ctx context.Context, do func(*pgx.Conn) error) error {
	c, err := pgx.Connect(ctx, t.URL)
	if err != nil {
		return err
	}
	defer func() {
		fresh, cancel := context.WithTimeout(context.WithoutCancel(ctx), pingWithin)
		defer cancel()
		_ = c.Close(fresh)
	}()
	return do(c)
}

// tail looks until ctx ends. A server that is away does not end it, nor does a table
// that is yet to be made: the next look sees what came meanwhile.
func (t *Table) tail(ctx context.Context, s history.Session) error {
	o := t.observer(s)
	o.live = true
	tick := time.NewTicker(cmp.Or(t.Every, defaultEvery))
	defer tick.Stop()
	seen := "" // the snapshot of the look before
	var wrong error
	for {
		err := t.connected(ctx, func(c *pgx.Conn) error {
			for {
				short, cancel := context.WithTimeout(ctx, lookWithin)
				now, err := t.look(short, c, seen, o.observe)
				cancel()
				if err != nil {
					return err
				}
				seen, wrong = now, nil
				o.recordAll()
				if !next(ctx, tick) {
					return nil
				}
			}
		})
		o.forget()
		if pg, is := errors.AsType[*pgconn.PgError](err); is && answered(err) && pg.Code != undefinedTable && ctx.Err() == nil {
			wrong = err
		}
		if ctx.Err() != nil || !next(ctx, tick) {
			return wrong
		}
	}
}

// next waits until it is time to look again; false when ctx ended first.
func next(ctx context.Context, tick *time.Ticker) bool {
	select {
	case <-tick.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// look reads in one transaction the rows that a snapshot did not see, all of them where
// there was none, and gives the snapshot that it saw.
func (t *Table) look(ctx context.Context, c *pgx.Conn, before string, row func(pgx.Rows) error) (now string, err error) {
	err = pgx.BeginTxFunc(ctx, c, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, "select pg_current_snapshot()::text").Scan(&now); err != nil {
			return err
		}
		query, args := t.query(before)
		rows, err := tx.Query(ctx, query, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			if err := row(rows); err != nil {
				return err
			}
		}
		return rows.Err()
	})
	return now, err
}

// query asks for what observe reads.
func (t *Table) query(before string) (sql string, args []any) {
	r := t.Rows
	columns := name(r.Key) + "::text, " + name(r.Seq) + "::bigint"
	if r.Value != "" {
		columns = name(r.Value)
	}
	sql = "select " + columns + " from " + name(r.Table)
	if before != "" {
		// The id of the transaction that wrote the row, of a server too young to have
		// used all ids of 32 bits.
		sql += " where not pg_visible_in_snapshot(xmin::text::xid8, $1::text::pg_snapshot)"
		args = []any{before}
	}
	if r.OrderedBy != "" {
		sql += " order by " + name(r.OrderedBy)
	}
	return sql, args
}

// name quotes a name, which may have that of a schema before it.
func name(of string) string { return pgx.Identifier(strings.Split(of, ".")).Sanitize() }

// observer turns the rows of one session into observations. It is used by one
// goroutine.
type observer struct {
	*Table
	session history.Session
	live    bool // what it sees tells how far the system is
	keys    map[string]history.Name
	seen    []seen
}

// seen is a row of the present look.
type seen struct {
	observation history.Observation
	key         []byte
}

func (t *Table) observer(s history.Session) *observer {
	return &observer{Table: t, session: s, keys: map[string]history.Name{}}
}

// observe reads one row.
func (o *observer) observe(rows pgx.Rows) error {
	s := seen{observation: history.Observation{Session: o.session.Session, Offset: -1}}
	ob := &s.observation
	if o.Rows.Value == "" {
		if err := rows.Scan(&s.key, &ob.Seq); err != nil {
			return err
		}
	} else {
		var value []byte
		if err := rows.Scan(&value); err != nil {
			return err
		}
		v, err := o.Reading.Parse(value, func(string) []byte { return nil }, workload.Written{Run: o.Run})
		s.key, ob.Seq, ob.Index = slices.Clone(v.Key), v.Seq, v.Index
		ob.Valued, ob.Value, ob.Event = v.Valued, v.Number, v.At
		switch {
		case errors.Is(err, workload.ErrWrongRun): // of a key that no load can have
			s.key = []byte(v.Run + ":" + string(v.Key))
		case err != nil:
			ob.Corrupt, s.key = true, nil
		case v.Result:
			s.key, ob.Seq, ob.Index = []byte(v.Of), 0, 0
		}
	}
	if !ob.Corrupt {
		ob.Key, ob.Fence = o.name(s.key), workload.IsFence(s.key)
	}
	o.seen = append(o.seen, s)
	return nil
}

func (o *observer) name(key []byte) history.Name {
	n, known := o.keys[string(key)]
	if !known {
		n = o.Recorder.Name(string(key))
		o.keys[string(key)] = n
	}
	return n
}

// forget drops what an unfinished look saw.
func (o *observer) forget() { o.seen = o.seen[:0] }

// recordAll hands on what one look saw, all at the present time. Where nothing tells
// the order of the rows, those of a key stand in the order of their records.
func (o *observer) recordAll() {
	if o.Rows.OrderedBy == "" {
		slices.SortStableFunc(o.seen, func(a, b seen) int {
			return cmp.Or(cmp.Compare(a.observation.Key, b.observation.Key), cmp.Compare(a.observation.Seq, b.observation.Seq))
		})
	}
	at := o.Clock.Now()
	observations := make([]history.Observation, len(o.seen))
	var sightings []workload.Sighting
	for i, s := range o.seen {
		s.observation.At, s.observation.First = at, i == 0
		observations[i] = s.observation
		if !o.live || s.observation.Corrupt {
			continue
		}
		switch {
		case s.observation.Fence:
			if o.Fences != nil {
				o.Fences.Seen(o.session.Sink, s.key, s.observation.Seq, at)
			}
		case o.Tracker != nil:
			sightings = append(sightings, workload.Sighting{Key: o.Tracker.Key(s.key), Seq: s.observation.Seq, Index: s.observation.Index})
		}
	}
	o.Recorder.Observations(observations)
	if o.Tracker != nil {
		o.Tracker.SeenAll(sightings, at)
	}
	if o.Progress != nil {
		o.Progress.Seen.Add(int64(len(sightings)))
	}
	o.forget()
}
