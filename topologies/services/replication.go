package services

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// replication is a connection that the server streams its log to, decoded by pgoutput
// in version 1 of its protocol (PostgreSQL 15 documentation, 55.5 and 55.9).
type replication struct {
	conn    *pgconn.PgConn
	open    []order // of the transaction that is being received
	read    uint64  // end of the last whole transaction
	done    uint64  // end of the last one whose events are written
	asked   bool    // the server wants to know how far the reader is
	columns []string
}

// startReplication reads the slot from where it was confirmed. After the end of a reader
// the server may take a moment to notice.
func startReplication(ctx context.Context, cfg Config) (*replication, error) {
	settings, err := replicationURL(cfg)
	if err != nil {
		return nil, err
	}
	conn, err := pgconn.ConnectConfig(ctx, settings)
	if err != nil {
		return nil, err
	}
	r := &replication{conn: conn}
	if err := r.start(ctx); err != nil {
		r.close(ctx)
		if inUse(err) {
			return nil, fmt.Errorf("the slot has another reader still: %w", err)
		}
		return nil, err
	}
	return r, nil
}

func (r *replication) start(ctx context.Context) error {
	named, err := r.conn.Exec(ctx, slotName).ReadAll()
	if err != nil {
		return err
	}
	if len(named) != 1 || len(named[0].Rows) != 1 {
		return errors.New("the database does not tell the name of its slot")
	}
	slot := string(named[0].Rows[0][0])
	r.conn.Frontend().SendQuery(&pgproto3.Query{String: "START_REPLICATION SLOT " + slot + " LOGICAL 0/0 (proto_version '1', publication_names '" + publication + "')"})
	if err := r.conn.Frontend().Flush(); err != nil {
		return err
	}
	for {
		m, err := r.conn.ReceiveMessage(ctx)
		if err != nil {
			return err
		}
		switch m := m.(type) {
		case *pgproto3.CopyBothResponse:
			return nil
		case *pgproto3.ErrorResponse:
			return pgconn.ErrorResponseToPgError(m)
		}
	}
}

func (r *replication) close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = r.conn.Close(ctx) // the slot stays
}

// next gives the orders of the next transaction; none where nothing comes within the
// time, or nothing for the relay.
func (r *replication) next(ctx context.Context, within time.Duration) ([]order, error) {
	short, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for {
		m, err := r.conn.ReceiveMessage(short)
		switch {
		case err != nil && pgconn.Timeout(err) && ctx.Err() == nil:
			return nil, nil
		case err != nil:
			return nil, err
		}
		switch m := m.(type) {
		case *pgproto3.ErrorResponse:
			return nil, pgconn.ErrorResponseToPgError(m)
		case *pgproto3.CopyDone:
			return nil, errors.New("the server ended the replication")
		case *pgproto3.CopyData:
			whole, err := r.data(m.Data)
			if err != nil || len(whole) > 0 || r.asked {
				return whole, err
			}
		}
	}
}

// data takes one message of the stream, and gives the orders of a transaction that it
// ends.
func (r *replication) data(b []byte) ([]order, error) {
	in := reader{b: b}
	switch in.byte() {
	case 'k': // keepalive: end of the log, clock, whether an answer is wanted
		in.take(16)
		r.asked = r.asked || in.byte() == 1
		return nil, in.err
	case 'w': // start, end of the log, clock, then a message of pgoutput
		in.take(24)
	default:
		return nil, nil
	}
	switch in.byte() {
	case 'B':
		r.open = nil
	case 'R':
		r.relation(&in)
	case 'I':
		r.insert(&in)
	case 'C': // flags, commit, end of the transaction, clock
		in.take(9)
		r.read = in.uint64()
		whole := r.open
		r.open = nil
		return whole, in.err
	}
	return nil, in.err
}

// relation notes the columns of the one table that is published.
func (r *replication) relation(in *reader) {
	in.take(4)
	in.text()
	in.text()
	in.take(1)
	r.columns = nil
	for range in.uint16() {
		if in.err != nil {
			return
		}
		in.take(1)
		r.columns = append(r.columns, in.text())
		in.take(8)
	}
}

func (r *replication) insert(in *reader) {
	in.take(5) // relation, 'N'
	var o order
	for i := range int(in.uint16()) {
		if in.err != nil {
			return
		}
		var value string
		if in.byte() == 't' {
			value = string(in.take(int(in.uint32())))
		}
		if i >= len(r.columns) {
			in.fail("a row has more columns than its table")
			return
		}
		switch r.columns[i] {
		case "key":
			o.Key = value
		case "value":
			o.Value = value
		case "seq":
			seq, err := strconv.ParseInt(value, 10, 64)
			if err != nil {
				in.fail("seq is %q", value)
			}
			o.Seq = seq
		}
	}
	if in.err == nil {
		r.open = append(r.open, o)
	}
}

// written says that the events of all that was read are written.
func (r *replication) written() { r.done = r.read }

// clockBegan is the zero of the server's clocks.
var clockBegan = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// confirm tells the server how far the reader is; it keeps the log from there on.
func (r *replication) confirm(context.Context) error {
	r.asked = false
	if len(r.open) == 0 {
		r.done = max(r.done, r.read)
	}
	b := []byte{'r'}
	for range 3 { // received, flushed, applied
		b = binary.BigEndian.AppendUint64(b, r.done)
	}
	b = binary.BigEndian.AppendUint64(b, uint64(time.Since(clockBegan).Microseconds())) //nolint:gosec // after 2000
	b = append(b, 0)
	r.conn.Frontend().Send(&pgproto3.CopyData{Data: b})
	return r.conn.Frontend().Flush()
}

// reader takes a message apart.
type reader struct {
	b   []byte
	err error
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("a message of the log cannot be read: "+format, args...)
	}
}

func (r *reader) take(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.fail("it is cut short")
		r.b = nil
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) uint16() uint16 {
	if b := r.take(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

func (r *reader) uint32() uint32 {
	if b := r.take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (r *reader) uint64() uint64 {
	if b := r.take(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

// text reads up to the next zero.
func (r *reader) text() string {
	for i, c := range r.b {
		if c == 0 {
			s := string(r.b[:i])
			r.b = r.b[i+1:]
			return s
		}
	}
	r.fail("a name has no end")
	return ""
}
