package trace

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/klauspost/compress/zstd"

	"surety/checker"
	"surety/checker/history"
)

// Sink is the name of the one sink that a trace tells of.
const Sink = "trace"

// maxLine bounds a line: a key of 1 MiB is up to 6 MiB of escapes.
const maxLine = 16 << 20

var _ checker.Source = (*Reader)(nil)

// Reader tells a trace as the records of a history: every attempt as an intent
// with its outcome, every observation as one of a final read. It holds one line,
// the keys, the topics and the transactions.
type Reader struct {
	ctx    context.Context //nolint:containedctx // a Source is asked without one
	name   string
	in     io.Reader
	unpack *zstd.Decoder // nil where nothing is packed
	keys   *keys

	buf      []byte // read and not yet told: buf[from:to]
	from, to int
	eof      bool
	no       int64 // of the line
	line     line

	room    []history.Record // for what is told: told of them so far
	told    int
	queue   []history.Record // what had no room there
	attempt uint64
	topics  map[string]uint32 // to sessions
	topic   string            // of the last observation
	session uint32
	txs     map[string]*transaction
	end     int64 // line of the end; 0 = none yet
	open    bool  // the end says that more was to come
	last    history.Nanos
	err     error // sticky, io.EOF too
}

// transaction is what the lines so far say about one.
type transaction struct {
	no    uint64
	class history.OutcomeClass
	line  int64 // that told class, if it is known
}

func newReader(ctx context.Context, name string, in io.Reader, keys *keys) *Reader {
	return &Reader{
		ctx: ctx, name: name, in: in, keys: keys,
		buf:    make([]byte, 256<<10),
		topics: map[string]uint32{}, txs: map[string]*transaction{},
	}
}

// Name is the text of a key. It may be called by several goroutines, also while
// Read is.
func (r *Reader) Name(n history.Name) string {
	r.keys.naming.RLock()
	defer r.keys.naming.RUnlock()
	if int64(n) >= int64(len(r.keys.texts)) {
		return ""
	}
	return r.keys.texts[n]
}

// CutOff is never the case: where a trace ends is its end.
func (r *Reader) CutOff() bool { return false }

// Close frees the unpacker. The file stays open.
func (r *Reader) Close() error {
	if r.unpack != nil {
		r.unpack.Close()
	}
	return nil
}

// Read tells the next lines. One that is none is a *SyntaxError, after those before
// it.
func (r *Reader) Read(recs []history.Record) (int, error) {
	r.told = copy(recs, r.queue)
	r.room, r.queue = recs, slices.Delete(r.queue, 0, r.told)
	for r.told < len(recs) && r.err == nil {
		r.err = r.advance()
	}
	r.room = nil
	if r.told > 0 {
		return r.told, nil
	}
	return 0, r.err
}

// advance tells the next line, or the end.
func (r *Reader) advance() error {
	text, err := r.next()
	if errors.Is(err, io.EOF) {
		r.finish()
		return io.EOF
	}
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return nil
	}
	bad := r.line.decode(text)
	if bad == nil {
		bad = r.tell(&r.line)
	}
	if bad != nil {
		bad.File, bad.Line = r.name, r.no
		return bad
	}
	return nil
}

// next gives the next line without its end. A byte order mark at the start of the
// file is no part of it.
func (r *Reader) next() ([]byte, error) {
	seen := 0
	for {
		if i := bytes.IndexByte(r.buf[r.from+seen:r.to], '\n'); i >= 0 {
			return r.take(seen+i, 1), nil
		}
		seen = r.to - r.from
		switch {
		case r.eof && seen == 0:
			return nil, io.EOF
		case r.eof:
			return r.take(seen, 0), nil
		case seen > maxLine:
			return nil, &SyntaxError{File: r.name, Line: r.no + 1, Column: maxLine, Text: fmt.Sprintf("expected the end of the line within %d bytes", maxLine)}
		}
		if err := r.fill(); err != nil {
			return nil, err
		}
	}
}

func (r *Reader) take(n, more int) []byte {
	text := r.buf[r.from : r.from+n]
	r.from += n + more
	r.no++
	if r.no == 1 {
		text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	}
	return text
}

// fill reads on behind the open line.
func (r *Reader) fill() error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	copy(r.buf, r.buf[r.from:r.to])
	r.from, r.to = 0, r.to-r.from
	if r.to > len(r.buf)/2 {
		r.buf = append(r.buf, make([]byte, len(r.buf))...)
	}
	n, err := io.ReadAtLeast(r.in, r.buf[r.to:], 1)
	r.to += n
	switch {
	case errors.Is(err, io.EOF):
		r.eof = true
	case err != nil && r.unpack != nil:
		return fmt.Errorf("the trace %s cannot be unpacked after line %d: expected Zstandard data: %w", r.name, r.no, err)
	case err != nil:
		return unreadable(r.name, err)
	}
	return nil
}

// put makes room for one record.
func (r *Reader) put(k history.Kind) (rec *history.Record) {
	if r.told < len(r.room) {
		rec = &r.room[r.told]
		r.told++
	} else {
		r.queue = append(r.queue, history.Record{})
		rec = &r.queue[len(r.queue)-1]
	}
	rec.Kind = k
	return rec
}

func (r *Reader) putRare(k history.Kind, v any) {
	body, err := json.Marshal(v)
	if err != nil { // numbers and texts only
		r.err = err
	}
	r.put(k).Body = body
}

// tell queues what a line says.
func (r *Reader) tell(l *line) *SyntaxError {
	at := history.Nanos(l.time)
	r.last = max(r.last, at)
	switch l.kind {
	case attempt:
		tx, err := r.transaction(l, at)
		if err != nil {
			return err
		}
		r.attempt++
		key := r.keys.of(l.key)
		r.put(history.KindIntent).Intent = history.Intent{
			Attempt: r.attempt, Key: key, Seq: l.seq, Tx: tx, At: at, Event: l.event, Term: l.amount,
		}
		r.put(history.KindOutcome).Outcome = history.Outcome{
			Attempt: r.attempt, Class: l.outcome, Partition: l.partition, Offset: l.offset, At: at,
		}
	case observation:
		o := history.Observation{
			Session: r.sessionOf(l.topic, at), Partition: l.partition, Offset: l.offset, Corrupt: l.corrupt, At: at,
			Altered: l.altered, Valued: l.has.has(fValue), Value: l.amount, Event: l.event,
		}
		if !l.corrupt {
			o.Key, o.Seq = r.keys.of(l.key), l.seq
		}
		r.put(history.KindObservation).Observation = o
	case end:
		if r.end > 0 {
			return wrong(l.cols[fKind], "expected one end; the first is on line %d", r.end)
		}
		r.end, r.open = r.no, !l.drained
	}
	return nil
}

// transaction gives the number of a line's transaction. Its end is told with the
// first line that is sure of it, so that nobody has to remember its attempts.
func (r *Reader) transaction(l *line, at history.Nanos) (uint64, *SyntaxError) {
	if !l.has.has(fTx) {
		return 0, nil
	}
	tx := r.txs[string(l.tx)]
	if tx == nil {
		tx = &transaction{no: uint64(len(r.txs) + 1)}
		r.txs[string(l.tx)] = tx
		r.putRare(history.KindTxBegin, history.TxBegin{Tx: tx.no, ID: string(l.tx), At: at})
	}
	switch {
	case l.txOutcome == history.Unknown, l.txOutcome == tx.class:
	case tx.class != history.Unknown:
		return 0, wrong(l.cols[fTxOutcome], "expected %s as tx_outcome, as line %d says of this transaction",
			txEnds[tx.class], tx.line)
	default:
		tx.class, tx.line = l.txOutcome, r.no
		r.putRare(history.KindTxEnd, history.TxEnd{Tx: tx.no, Class: tx.class, At: at})
	}
	return tx.no, nil
}

// sessionOf gives the session that reads a topic.
func (r *Reader) sessionOf(topic []byte, at history.Nanos) uint32 {
	if r.session != 0 && r.topic == string(topic) {
		return r.session
	}
	id, known := r.topics[string(topic)]
	if !known {
		id = uint32(len(r.topics) + 1) //nolint:gosec // memory ends first
		r.topics[string(topic)] = id
		r.putRare(history.KindSession, history.Session{
			Session: id, Sink: Sink, Topic: string(topic), View: history.Committed, Purpose: history.Final, At: at,
		})
	}
	r.session, r.topic = id, string(topic)
	return id
}

// finish tells the end of everything.
func (r *Reader) finish() {
	if len(r.topics) == 0 {
		r.sessionOf(nil, r.last) // nothing came out, and somebody looked
	}
	for id := range uint32(len(r.topics)) { //nolint:gosec // as above
		r.putRare(history.KindSessionEnd, history.SessionEnd{Session: id + 1, At: r.last})
	}
	d := history.Drain{Drained: true, At: r.last}
	if r.open {
		d = history.Drain{Moving: true, Lag: -1, Reason: "the trace's end is not drained", At: r.last}
	}
	r.putRare(history.KindDrain, d)
	r.putRare(history.KindEnd, history.End{At: r.last})
}
