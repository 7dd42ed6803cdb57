package workload

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"surety/checker/history"
)

// Transactions is how an application groups what it writes into transactions, one
// after the other in each writer. The zero value is none.
type Transactions struct {
	Records int `json:"records,omitempty"` // in each
	// ID is the transactional.id of all writers; empty = each has its own, as it
	// must be.
	ID string `json:"id,omitempty"`
	// Timeout is transaction.timeout.ms: after which the brokers abort it.
	Timeout time.Duration `json:"timeout_ns,omitempty"`
	// Aborts is the share, 0 to 1, that the application aborts by itself.
	Aborts float64 `json:"aborts,omitempty"`
	// DoneAtSend: a record counts as done once its own send was acknowledged, before
	// its transaction is committed, as for an application that tells others so.
	DoneAtSend bool `json:"done_at_send,omitempty"`
}

// maxTransaction bounds the records of one transaction, whose answers are held
// until it ends.
const maxTransaction = 1 << 20

func (t Transactions) check() error {
	switch {
	case t.Records < 0 || t.Records > maxTransaction:
		return fmt.Errorf("a transaction has 1 to %d records; this is %d", maxTransaction, t.Records)
	case t.Timeout < time.Second || t.Timeout > 15*time.Minute:
		return fmt.Errorf("the timeout of a transaction is %s: it lies between 1s and 15m", t.Timeout)
	case !(t.Aborts >= 0 && t.Aborts <= 1):
		return fmt.Errorf("a share of %v of the transactions cannot be aborted", t.Aborts)
	}
	return CheckKey(t.ID)
}

// Transactor is a source of one writer that writes in transactions. Its methods are
// called from one goroutine.
type Transactor interface {
	Source
	// TransactionalID names its transactions to the brokers.
	TransactionalID() string
	// Begin opens a transaction. Where it cannot within the time of ctx, the error
	// says why, and the records that are sent until End are answered as failed.
	Begin(ctx context.Context) error
	// End waits for what was sent, then commits it, or aborts it where commit is
	// false or a record was not written, and then answers the records, none surer
	// than the transaction is. The class is that of the transaction: OK is
	// committed, Failed is aborted. The error says why it is not committed.
	End(ctx context.Context, commit bool) (history.OutcomeClass, error)
}

// transactions are those of one writer. A nil one has none, and never an end.
type transactions struct {
	*driver
	writer uint32
	source Transactor
	draw   *rand.Rand
	no     uint64 // of the open one; 0 = none
	left   int    // records that it has room for
}

// transactions makes those of a writer, nil where the load has none.
func (d *driver) transactions(writer uint32, source Source) (*transactions, error) {
	if d.Transactions.Records == 0 {
		return nil, nil //nolint:nilnil // nil has no transactions
	}
	t, ok := source.(Transactor)
	if !ok {
		return nil, fmt.Errorf("the source of writer %d has no transactions", writer)
	}
	return &transactions{
		driver: d, writer: writer + d.before.writers, source: t,
		draw: stream(fmt.Sprintf("aborts:%s:%d", d.Seed, writer)),
	}, nil
}

// begin opens the next transaction, if none is open.
func (t *transactions) begin(ctx context.Context) {
	if t == nil || t.no != 0 {
		return
	}
	t.no, t.left = t.before.attempts+t.lastTx.Add(1), t.Transactions.Records
	t.Recorder.Append(history.KindTxBegin, history.TxBegin{
		Tx: t.no, Writer: t.writer, ID: t.source.TransactionalID(), At: t.Clock.Now(),
	})
	ctx, cancel := t.bounded(ctx)
	defer cancel()
	_ = t.source.Begin(ctx) // End tells
}

// room is how many records may still be sent, of at most so many.
func (t *transactions) room(most int) int {
	if t == nil {
		return most
	}
	return min(t.left, most)
}

// of is the transaction that a record is written in, as far as the application
// cares.
func (t *transactions) of() uint64 {
	if t == nil || t.Transactions.DoneAtSend {
		return 0
	}
	return t.no
}

// sent counts records, and ends the transaction that is full.
func (t *transactions) sent(ctx context.Context, n int) {
	if t == nil {
		return
	}
	if t.left -= n; t.left == 0 {
		t.end(ctx)
	}
}

// end ends the open transaction, as the seed draws it. One of a load that was ended
// early is aborted.
func (t *transactions) end(ctx context.Context) {
	if t == nil || t.no == 0 {
		return
	}
	commit := t.draw.Float64() >= t.Transactions.Aborts && ctx.Err() == nil
	ctx, cancel := t.bounded(ctx)
	defer cancel()
	class, err := t.source.End(ctx, commit)
	end := history.TxEnd{Tx: t.no, Class: class, At: t.Clock.Now()}
	if err != nil {
		end.Reason = err.Error()
	}
	t.Recorder.Append(history.KindTxEnd, end)
	t.no = 0
}

// endWithin bounds the end of a transaction when the load is over or was ended.
const endWithin = 5 * time.Second

// bounded bounds one step of a transaction: by the time that answers have, and all
// of them together by the same time after the schedule has ended.
func (t *transactions) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if ctx.Err() != nil {
		return context.WithTimeout(context.WithoutCancel(ctx), endWithin)
	}
	wait := t.AnswerWait
	if t.Load.Rate > 0 {
		end := t.schedule.Due(t.Load.Records, 0)
		wait = min(wait, time.Duration(end-t.Clock.Now())+t.AnswerWait)
	}
	return context.WithTimeout(ctx, max(wait, time.Second))
}
