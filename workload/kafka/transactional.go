package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"surety/checker/history"
	"surety/workload"
)

// endTxnKey is the API key of EndTxn.
const endTxnKey = 26

// Transactional is a producer that writes in transactions (KIP-98). A client that
// cannot go on, as one that was fenced, is closed, and the next transaction begins
// with a new one of the same transactional id: so does an application that is
// started again.
type Transactional struct {
	cfg  ProducerConfig
	id   string
	ends sends // of EndTxn

	p      *Producer // nil: the next transaction wants a new client
	broken error     // why none could be begun
	done   func(*workload.Record, workload.Answer)
	sent   sync.WaitGroup // records that the client has not answered

	mu     sync.Mutex // held by Send and by the client's answers
	held   []held     // answers that wait for the end
	failed error      // the first record that was not written
}

type held struct {
	record *workload.Record
	answer workload.Answer
}

var _ workload.Transactor = (*Transactional)(nil)

// NewTransactional makes a transactional producer. It connects at the first
// transaction. The id is the transactional.id; the rest is said by cfg.Client.
func NewTransactional(cfg ProducerConfig, id string) (*Transactional, error) {
	if err := cfg.Client.Check(); err != nil {
		return nil, fmt.Errorf("make the Kafka client %s: %w", cfg.ID, err)
	}
	t := &Transactional{cfg: cfg, id: id, ends: sends{key: endTxnKey}}
	t.cfg.Opts = append([]kgo.Opt{
		kgo.TransactionalID(id), kgo.TransactionTimeout(cfg.Client.Transactions.Timeout), kgo.WithHooks(&t.ends),
	}, cfg.Opts...)
	return t, nil
}

// TransactionalID implements workload.Transactor.
func (t *Transactional) TransactionalID() string { return t.id }

// retryBegin is how long a transaction that could not be begun waits.
const retryBegin = 200 * time.Millisecond

// Begin implements workload.Transactor. It asks for the producer's id, which fences
// other producers of the transactional id and ends what they left open.
func (t *Transactional) Begin(ctx context.Context) error {
	for {
		t.broken = t.begin(ctx)
		if t.broken == nil {
			return nil
		}
		t.drop()
		select {
		case <-ctx.Done():
			return t.broken
		case <-time.After(retryBegin):
		}
	}
}

func (t *Transactional) begin(ctx context.Context) error {
	if t.p == nil {
		p, err := NewProducer(t.cfg)
		if err != nil {
			return err
		}
		t.p = p
	}
	if _, _, err := t.p.cl.ProducerID(ctx); err != nil {
		return fmt.Errorf("initialize the transactional id %s: %w", t.id, err)
	}
	if err := t.p.cl.BeginTransaction(); err != nil {
		return fmt.Errorf("begin a transaction of %s: %w", t.id, err)
	}
	return nil
}

// Send implements workload.Source. Records are answered when their transaction ends,
// unless they count as done before.
func (t *Transactional) Send(ctx context.Context, r *workload.Record, done func(*workload.Record, workload.Answer)) {
	t.mu.Lock()
	t.done = done // the same for all records of a writer
	t.mu.Unlock()
	if t.p == nil || t.broken != nil {
		t.hold(r, workload.Answer{Class: history.Failed, Partition: -1, Offset: -1, Reason: "no transaction could be begun"})
		return
	}
	t.sent.Add(1)
	t.p.Send(ctx, r, t.answered)
}

func (t *Transactional) answered(r *workload.Record, a workload.Answer) {
	defer t.sent.Done()
	t.mu.Lock()
	if a.Class != history.OK && t.failed == nil {
		t.failed = errors.New(a.Reason)
	}
	done := t.done
	t.mu.Unlock()
	if t.cfg.Client.Transactions.DoneAtSend {
		done(r, a)
		return
	}
	t.hold(r, a)
}

func (t *Transactional) hold(r *workload.Record, a workload.Answer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.held = append(t.held, held{r, a})
}

// End implements workload.Transactor.
func (t *Transactional) End(ctx context.Context, commit bool) (history.OutcomeClass, error) {
	class, err := history.Failed, t.broken
	if t.p != nil && err == nil {
		class, err = t.end(ctx, commit)
	}
	t.sent.Wait() // a client that was closed still answers
	t.mu.Lock()
	list, done := t.held, t.done
	t.held, t.failed, t.broken = nil, nil, nil
	t.mu.Unlock()
	for _, h := range list {
		done(h.record, atEnd(h.answer, class, err))
	}
	return class, err
}

var errAborted = errors.New("aborted by the application")

func (t *Transactional) end(ctx context.Context, commit bool) (history.OutcomeClass, error) {
	err := t.p.Flush(ctx)
	if err == nil {
		t.mu.Lock()
		err = t.failed
		t.mu.Unlock()
	}
	switch {
	case err != nil:
		t.abort(ctx)
		return history.Failed, fmt.Errorf("aborted, since not all was written: %w", err)
	case !commit:
		t.abort(ctx)
		return history.Failed, errAborted
	}
	asked := t.ends.now()
	if err = t.p.cl.EndTransaction(ctx, kgo.TryCommit); err == nil {
		return history.OK, nil
	}
	now := t.ends.now()
	t.drop()
	class := classify(err, asked, now)
	if neverSent(asked, now) {
		class = history.Failed // whatever it was: the commit was not asked for
	}
	return class, fmt.Errorf("commit: %s", reason(err))
}

// abort aborts the open transaction. One that cannot be is never committed either:
// its client is gone, and the next one fences it, or its timeout ends it.
func (t *Transactional) abort(ctx context.Context) {
	err := t.p.cl.AbortBufferedRecords(ctx)
	if err == nil {
		err = t.p.cl.EndTransaction(ctx, kgo.TryAbort)
	}
	if err != nil {
		t.drop()
	}
}

// atEnd is the answer of a record once its transaction has ended.
func atEnd(a workload.Answer, class history.OutcomeClass, err error) workload.Answer {
	a.At = 0 // now
	switch {
	case class == history.OK:
		return a
	case class == history.Failed, a.Class == history.Failed:
		a.Class = history.Failed
	default:
		a.Class = history.Unknown
	}
	if a.Reason == "" && err != nil {
		a.Reason = err.Error()
	}
	return a
}

// drop closes the client: what it has not written is answered with an error.
func (t *Transactional) drop() {
	if t.p != nil {
		t.p.Close()
		t.p = nil
	}
}

// Close ends the client at once.
func (t *Transactional) Close() { t.drop() }
