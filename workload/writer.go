package workload

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"surety/checker/history"
)

// maxBatch bounds the records that are recorded together.
const maxBatch = 256

// writer offers the records of the keys that it owns.
type writer struct {
	*driver
	id      uint32
	source  Source
	answers *answers
	txs     *transactions // nil = none

	seq    *Sequence
	next   Item // of the sequence, if ahead
	ahead  bool
	free   []*Record
	keys   [][]byte
	names  []history.Name
	values *stencil
	// odd are values that are not the workload's own or not all sound, which no
	// stencil makes.
	odd     bool
	written Written
	began   int64 // of the clock, in milliseconds since the epoch
	size    int   // of the memory for a value
	batch   [maxBatch]*Record
	intent  [maxBatch]history.Intent
}

func (d *driver) writer(id uint32, source Source, answers *answers) (*writer, error) {
	seq, err := NewSequence(d.Load, d.Seed)
	if err != nil {
		return nil, err
	}
	txs, err := d.transactions(id, source)
	if err != nil {
		return nil, err
	}
	written, err := d.Load.Written(d.Run)
	if err != nil {
		return nil, err
	}
	return &writer{
		odd: written.Template != nil || d.Load.Poison > 0, written: written,
		txs: txs, driver: d, id: id, source: source, answers: answers, seq: seq,
		keys: make([][]byte, d.Load.Keys), names: make([]history.Name, d.Load.Keys),
		values: newStencil(d.Run, id+d.before.writers, d.Load.Size, d.Load.Keys, Key(d.before.keys+d.Load.Keys)),
		began:  d.Clock.Began().UnixMilli(),
		size:   max(d.Load.Size, len(d.Run)+maxFields),
		free:   make([]*Record, 0, chunkRecords),
	}, nil
}

// maxFields is what the fields of a value take besides the run, with a short key.
const maxFields = 96

// write offers everything and ends the last transaction.
func (w *writer) write(ctx context.Context) error {
	err := w.offer(ctx)
	w.txs.end(ctx)
	return err
}

// offer goes batch by batch: what is due is recorded at once and then handed to the
// client record by record.
func (w *writer) offer(ctx context.Context) error {
	done := w.answers.done
	for {
		if w.peek() {
			w.txs.begin(ctx)
		}
		n, now, err := w.due(ctx)
		if err != nil {
			return fmt.Errorf("the load ended early: %w", err)
		}
		if n == 0 {
			return nil
		}
		if err := w.Recorder.Err(); err != nil {
			return fmt.Errorf("the load ended early, the history cannot be written: %w", err)
		}
		w.Recorder.Intents(w.intent[:n])
		late := 0
		for late < n && time.Duration(now-w.intent[late].Intended) > LateAfter {
			late++ // they are due one after another
		}
		w.Progress.Late.Add(int64(late))
		w.offered.Add(int64(n))
		w.Progress.Sent.Add(int64(n))
		w.inFlight.Add(int64(n))
		for _, r := range w.batch[:n] {
			w.source.Send(ctx, r, done)
		}
		w.txs.sent(ctx, n)
	}
}

// due fills the batch with what is due now, waiting for the first one. No record is
// due after the last.
func (w *writer) due(ctx context.Context) (n int, now history.Nanos, err error) {
	now = w.Clock.Now()
	for most := w.txs.room(min(cmp.Or(w.Batch, maxBatch), maxBatch)); n < most; n++ {
		if !w.peek() {
			break
		}
		intended := w.schedule.Due(w.next.N, now)
		if intended > now {
			if n > 0 {
				break
			}
			if intended, err = w.schedule.Wait(ctx, w.Clock, w.next.N); err != nil {
				return 0, now, err
			}
			now = w.Clock.Now()
		}
		w.build(n, now, intended)
	}
	return n, now, ctx.Err()
}

// peek looks for the next item of this writer.
func (w *writer) peek() bool {
	for !w.ahead {
		item, ok := w.seq.Next()
		if !ok {
			return false
		}
		w.next, w.ahead = item, item.Writer == w.id
	}
	return true
}

// build makes the next item the n-th record of the batch.
func (w *writer) build(n int, now, intended history.Nanos) {
	item := w.next
	w.ahead = false
	if w.keys[item.Key] == nil {
		key := Key(item.Key + w.before.keys)
		w.keys[item.Key], w.names[item.Key] = []byte(key), w.Recorder.Name(key)
	}
	writer := w.id + w.before.writers
	r := w.record()
	r.Attempt, r.Key, r.Seq, r.Intended = w.before.attempts+uint64(item.N)+1, w.keys[item.Key], item.Seq, intended
	r.key = item.Key
	event := w.began + int64(intended)/int64(time.Millisecond) - item.Behind.Milliseconds()
	if w.odd {
		r.Value = w.value(r.Value[:0], item, Value{Writer: writer, Key: r.Key, Seq: item.Seq, Event: event})
	} else {
		r.Value = w.values.write(r.Value, item.Key, r.Key, item.Seq, event)
	}
	w.batch[n] = r
	w.intent[n] = history.Intent{
		Attempt: r.Attempt, Writer: writer, Key: w.names[item.Key], Seq: item.Seq, Tx: w.txs.of(), At: now, Intended: intended,
	}
	if w.Terms {
		w.intent[n].Event, w.intent[n].Term = event, Value{Seq: item.Seq}.Term()
	}
}

// value makes the value of a load that has a template or poison.
func (w *writer) value(dst []byte, item Item, v Value) []byte {
	if w.Load.Poison > 0 && (item.N+1)%w.Load.Poison == 0 {
		dst = append(dst, PoisonMark)
	}
	return w.written.Append(dst, v, w.Load.Size)
}

// record gives a record that nobody uses.
func (w *writer) record() *Record {
	if len(w.free) == 0 {
		w.free = w.answers.free.take(w.free)
	}
	if len(w.free) == 0 {
		w.free = append(w.free, newRecords(w.source, w.size)...)
	}
	last := len(w.free) - 1
	r := w.free[last]
	w.free = w.free[:last]
	return r
}
