package processors

import (
	"cmp"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	poolWorkers  = 4
	poolBatch    = 8    // records of one synchronous write
	poolInFlight = 4096 // records taken in and not done

	// A worker counts as slow after several slow writes in a row. A busy machine
	// alone gives it a backlog, but no such row.
	slowWrite  = 150 * time.Millisecond
	slowWrites = 5
)

// pool writes records by several workers. Each key has its worker, which waits
// for the acknowledgements of a few records before it writes the next, so the
// order of a key holds. Offsets are committed by the clock, up to the first
// record that is not done.
type pool struct {
	cfg Config
	// steal is the age of the oldest waiting record of a slow worker from which
	// newer ones pass its queue; 0 = never.
	steal time.Duration
	// bound is how many records may be in hand; 0 = poolInFlight. Where they are, the
	// pool polls no more, unless it sheds: then it drops what does not fit.
	bound int
	sheds bool
	// pace is the work on a few records where the environment says nothing.
	pace time.Duration

	queues  [poolWorkers]*queue
	slots   chan struct{}
	tracker *tracker
	writers sync.WaitGroup
	mu      sync.Mutex // held by dispatch and by callbacks of the group
	fail    context.CancelCauseFunc
	failed  context.Context // ends with the first error, and when the pool stops
}

// run processes in one client until the context ends or a write fails.
func (p *pool) run(ctx context.Context) error {
	p.tracker = newTracker()
	p.slots = make(chan struct{}, cmp.Or(p.bound, poolInFlight))
	p.failed, p.fail = context.WithCancelCause(context.WithoutCancel(ctx))
	cl, err := newClient(p.cfg,
		kgo.DisableAutoCommit(),
		kgo.BlockRebalanceOnPoll(),
		kgo.OnPartitionsRevoked(func(_ context.Context, cl *kgo.Client, revoked map[string][]int32) {
			p.handOver(cl, revoked[p.cfg.Input], true)
		}),
		kgo.OnPartitionsLost(func(_ context.Context, cl *kgo.Client, lost map[string][]int32) {
			p.handOver(cl, lost[p.cfg.Input], false)
		}),
	)
	if err != nil {
		return err
	}
	defer leave(cl)
	defer p.writers.Wait()
	defer p.fail(context.Canceled)
	for i := range p.queues {
		p.queues[i] = newQueue()
		p.writers.Go(func() { p.work(cl, p.queues[i]) })
	}
	return p.loop(ctx, cl)
}

func (p *pool) loop(ctx context.Context, cl *kgo.Client) error {
	every, last := p.cfg.commitInterval(autoCommitTime), time.Now()
	for ctx.Err() == nil && p.failed.Err() == nil {
		p.dispatch(cl, poll(ctx, p.cfg, cl, every))
		if time.Since(last) >= every {
			p.commit(cl)
			last = time.Now()
		}
		cl.AllowRebalance()
	}
	finish, cancel := context.WithTimeout(p.failed, finishTime)
	defer cancel()
	if err := p.tracker.wait(finish); err != nil {
		return err
	}
	p.commit(cl)
	return nil
}

// dispatch gives each record to its key's worker.
func (p *pool) dispatch(cl *kgo.Client, records []*kgo.Record) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range records {
		if p.sheds && len(p.slots) == cap(p.slots) {
			p.tracker.start(r) // dropped is done with: also the last of a partition is committed past
			p.tracker.finish([]*kgo.Record{r})
			continue
		}
		select {
		case p.slots <- struct{}{}:
		case <-p.failed.Done():
			return
		}
		p.tracker.start(r)
		q := p.queues[hashOf(r.Key)%poolWorkers]
		if p.steal > 0 && q.slow.Load() >= slowWrites && q.age() > p.steal {
			p.writers.Go(func() { p.write(cl, []*kgo.Record{r}) })
			continue
		}
		q.push(r)
	}
}

// work writes what is in the queue, a few records at a time.
func (p *pool) work(cl *kgo.Client, q *queue) {
	for {
		records := q.pop(poolBatch)
		if len(records) == 0 {
			select {
			case <-q.filled:
				continue
			case <-p.failed.Done():
				return
			}
		}
		began := time.Now()
		if !p.write(cl, records) {
			return
		}
		if time.Since(began) >= slowWrite {
			q.slow.Add(1)
		} else {
			q.slow.Store(0)
		}
	}
}

// write waits until the records' outputs are acknowledged. An error stops the
// pool: the offsets stay behind the records that were not written.
func (p *pool) write(cl *kgo.Client, records []*kgo.Record) bool {
	if !pause(p.failed, p.cfg.work(p.pace)) {
		return false
	}
	ctx, cancel := context.WithTimeout(p.failed, finishTime)
	defer cancel()
	if err := produce(ctx, p.cfg, cl, records); err != nil {
		p.fail(err)
		return false
	}
	p.tracker.finish(records)
	for range records {
		<-p.slots
	}
	return true
}

// handOver waits for the records in hand before the partitions go to another
// member, and commits them where they are still the member's.
func (p *pool) handOver(cl *kgo.Client, partitions []int32, owned bool) {
	if len(partitions) == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	ctx, cancel := context.WithTimeout(p.failed, finishTime)
	defer cancel()
	if err := p.tracker.wait(ctx); err != nil {
		p.cfg.note("hand over with records in hand: %v", err)
	}
	if owned {
		p.commit(cl)
	}
	p.tracker.forget(partitions)
}

// commit notes a failure only: the next commit covers it.
func (p *pool) commit(cl *kgo.Client) {
	ctx, cancel := context.WithTimeout(context.Background(), finishTime)
	defer cancel()
	if err := p.tracker.offsets().commit(ctx, p.cfg, cl); err != nil {
		p.cfg.note("commit: %v", err)
	}
}

// queue of one worker.
type queue struct {
	mu      sync.Mutex
	waiting []waiting
	filled  chan struct{} // holds a token when something may be waiting
	slow    atomic.Int32  // slow writes in a row
}

type waiting struct {
	record *kgo.Record
	since  time.Time
}

func newQueue() *queue { return &queue{filled: make(chan struct{}, 1)} }

func (q *queue) push(r *kgo.Record) {
	q.mu.Lock()
	q.waiting = append(q.waiting, waiting{r, time.Now()})
	q.mu.Unlock()
	select {
	case q.filled <- struct{}{}:
	default:
	}
}

func (q *queue) pop(n int) []*kgo.Record {
	q.mu.Lock()
	defer q.mu.Unlock()
	n = min(n, len(q.waiting))
	records := make([]*kgo.Record, n)
	for i, w := range q.waiting[:n] {
		records[i] = w.record
	}
	q.waiting = q.waiting[n:]
	return records
}

// age of the record that waits longest; 0 if none does.
func (q *queue) age() time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		return 0
	}
	return time.Since(q.waiting[0].since)
}
