package services

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Kafka has no prepared transactions that a coordinator could finish later (KIP-939 is
// to bring them), so this is commit with a last resource: the database is prepared, the
// transaction in Kafka decides, the database follows. The topic is the log of decisions.
//
// The window that remains: between the commit in Kafka and COMMIT PREPARED the event
// shows and the row does not, and its locks are held, until somebody recovers. And a
// topic that has lost a decision by retention or compaction makes recovery roll back
// what was decided.
var twoPhase = Service{
	Name:     "two-phase",
	About:    "Prepares the transaction in the database, commits the event in a Kafka transaction, then commits what was prepared; recovers from what the topic says.",
	Declares: "exactly-once",
	Order:    "key",
	Points:   twoPhasePoints,
	Run: serving(twoPhasePoints, func(ctx context.Context, s *shop) (taker, error) {
		t := &coordinator{shop: s, workers: make(chan *kgo.Client, transactions)}
		t.doubtful.Store(true) // what an earlier process left
		return taker{take: t.take, beside: t.end}, untilDone(ctx, s.cfg, t.recoverIfDoubtful)
	}),
}

var twoPhasePoints = []string{BeforeTransaction, InsideTransaction, AfterPrepare, AfterEmit, AfterCommit}

// transactions is how many transactions can be open at once; each has a transactional
// id. Fewer of them after a restart would leave some unfenced.
const transactions = 16

// coordinator runs transactions over both.
type coordinator struct {
	*shop
	workers  chan *kgo.Client // that are free
	all      []*kgo.Client
	doubtful atomic.Bool  // some transaction may be prepared and not finished
	one      sync.RWMutex // held for reading by orders, for writing by recovery
}

// orderHeader names in an event the prepared transaction that it decides.
const orderHeader = "surety-transaction"

// prefix begins the names of prepared transactions of this instance.
func (t *coordinator) prefix() string { return t.cfg.Name + ":" }

// gid is the name under which the transaction of an order is prepared.
func (t *coordinator) gid(o order) string {
	return t.prefix() + o.Key + ":" + strconv.FormatInt(o.Seq, 10)
}

func (t *coordinator) take(ctx context.Context, o order) error {
	if err := t.recoverIfDoubtful(ctx); err != nil {
		return err
	}
	t.one.RLock()
	defer t.one.RUnlock()
	var worker *kgo.Client
	select {
	case worker = <-t.workers:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { t.workers <- worker }()
	prepared, err := t.prepare(ctx, o)
	if err == nil && prepared {
		err = t.decide(ctx, worker, o)
	}
	if err != nil && !errors.Is(err, errKnown) {
		t.doubtful.Store(true)
		return err
	}
	return nil
}

// prepare leaves the row of an order in a prepared transaction.
func (t *coordinator) prepare(ctx context.Context, o order) (prepared bool, err error) {
	c, err := t.db.Acquire(ctx)
	if err != nil {
		return false, err
	}
	defer c.Release()
	tx, err := c.Begin(ctx)
	if err != nil {
		return false, err
	}
	if err := t.insert(ctx, tx, o); err != nil {
		return false, errors.Join(err, tx.Rollback(context.WithoutCancel(ctx)))
	}
	rest(ctx, t.cfg.Work)
	t.points.pass(InsideTransaction)
	if _, err := c.Exec(ctx, "prepare transaction "+quoted(t.gid(o))); err != nil {
		return false, errors.Join(err, tx.Rollback(context.WithoutCancel(ctx)))
	}
	t.points.pass(AfterPrepare)
	return true, nil
}

// decide commits the event, and then what was prepared.
func (t *coordinator) decide(ctx context.Context, worker *kgo.Client, o order) error {
	if err := worker.BeginTransaction(); err != nil {
		return err
	}
	event := t.event(o)
	event.Headers = []kgo.RecordHeader{{Key: orderHeader, Value: []byte(t.gid(o))}}
	if err := worker.ProduceSync(ctx, event).FirstErr(); err != nil {
		return fmt.Errorf("write the event: %w", err)
	}
	if err := worker.EndTransaction(ctx, kgo.TryCommit); err != nil {
		return fmt.Errorf("commit the event: %w", err)
	}
	t.points.pass(AfterEmit)
	if _, err := t.db.Exec(ctx, "commit prepared "+quoted(t.gid(o))); err != nil {
		return fmt.Errorf("commit what was prepared: %w", err)
	}
	t.points.pass(AfterCommit)
	return nil
}

// quoted is a text of SQL.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// recoverIfDoubtful finishes what is prepared, with no order in hand: new producers of
// all transactional ids end whatever was open in Kafka, then the topic says which of the
// prepared transactions were decided.
func (t *coordinator) recoverIfDoubtful(ctx context.Context) error {
	if !t.doubtful.Load() {
		return nil
	}
	t.one.Lock()
	defer t.one.Unlock()
	if !t.doubtful.Load() {
		return nil
	}
	if err := t.renewWorkers(ctx); err != nil {
		return fmt.Errorf("recover: %w", err)
	}
	rows, err := t.db.Query(ctx, "select gid from pg_prepared_xacts where database = current_database() and starts_with(gid, $1)", t.prefix())
	if err != nil {
		return fmt.Errorf("recover: %w", err)
	}
	prepared, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("recover: %w", err)
	}
	if len(prepared) > 0 {
		if err := t.finish(ctx, prepared); err != nil {
			return fmt.Errorf("recover: %w", err)
		}
	}
	t.doubtful.Store(false)
	return nil
}

// finish commits or rolls back what is prepared, as the topic says.
func (t *coordinator) finish(ctx context.Context, prepared []string) error {
	decided, err := t.decisions(ctx)
	if err != nil {
		return err
	}
	committed := 0
	for _, gid := range prepared {
		end := "rollback prepared "
		if decided[gid] {
			end = "commit prepared "
			committed++
		}
		if _, err := t.db.Exec(ctx, end+quoted(gid)); err != nil {
			return err
		}
	}
	t.cfg.note("recovered %d prepared transactions: %d committed, %d rolled back", len(prepared), committed, len(prepared)-committed)
	return nil
}

// renewWorkers makes a producer for each transactional id, which fences the one before.
func (t *coordinator) renewWorkers(ctx context.Context) error {
	for _, old := range t.all {
		old.Close()
	}
	t.all = nil
	for len(t.workers) > 0 {
		<-t.workers
	}
	errs := make(chan error, transactions)
	for i := range transactions {
		worker, err := kgo.NewClient(append(writing(t.cfg),
			kgo.TransactionalID(fmt.Sprintf("%s-%s-%d", t.cfg.Output, t.cfg.Name, i)),
			kgo.TransactionTimeout(5*t.cfg.Patience),
		)...)
		if err != nil {
			return err
		}
		t.all = append(t.all, worker)
		go func() {
			_, _, err := worker.ProducerID(ctx)
			errs <- err
		}()
	}
	var err error
	for range transactions {
		err = errors.Join(err, <-errs)
	}
	if err != nil {
		return err
	}
	for _, worker := range t.all {
		t.workers <- worker
	}
	return nil
}

// decisions reads which transactions the committed events of the topic decide, from its
// beginning to its last stable offset.
func (t *coordinator) decisions(ctx context.Context) (map[string]bool, error) {
	ends, err := kadm.NewClient(t.events).ListCommittedOffsets(ctx, t.cfg.Output)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		return nil, err
	}
	begin, left := map[int32]kgo.Offset{}, map[int32]int64{}
	ends.Each(func(o kadm.ListedOffset) {
		begin[o.Partition] = kgo.NewOffset().AtStart()
		if o.Offset > 0 {
			left[o.Partition] = o.Offset
		}
	})
	decided := map[string]bool{}
	cl, err := kgo.NewClient(
		kgo.SeedBrokers(t.cfg.Bootstrap...), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.KeepControlRecords(),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{t.cfg.Output: begin}),
	)
	if err != nil {
		return nil, err
	}
	defer cl.Close()
	for len(left) > 0 {
		fetches := cl.PollFetches(ctx)
		if err := errors.Join(fetches.Err(), ctx.Err()); err != nil {
			return nil, err
		}
		fetches.EachRecord(func(r *kgo.Record) {
			for _, h := range r.Headers {
				if h.Key == orderHeader {
					decided[string(h.Value)] = true
				}
			}
			if r.Offset+1 >= left[r.Partition] {
				delete(left, r.Partition)
			}
		})
	}
	return decided, nil
}

// end closes the producers when the service ends.
func (t *coordinator) end(ctx context.Context) {
	<-ctx.Done()
	t.one.Lock()
	defer t.one.Unlock()
	for _, worker := range t.all {
		worker.Close()
	}
}
