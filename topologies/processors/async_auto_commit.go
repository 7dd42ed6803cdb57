package processors

import (
	"context"
	"hash/fnv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// asyncWorkTime lies well above the commit interval, so that offsets are
// committed while the work on their records goes on.
const asyncWorkTime = 800 * time.Millisecond

var asyncAutoCommit = Processor{
	Name:     "async-auto-commit",
	About:    "Hands records to worker goroutines and lets the client commit by the clock what was polled, done or not.",
	Declares: "at-least-once",
	Order:    "none",
	Broken:   true,
	Twin:     "auto-commit-single-threaded",
	Breaks:   "lost",
	Under:    "kill",
	How:      "SIGKILL of one instance under load, restart 0.5 s later: what the workers still had queued was committed and is gone",
	Run: func(ctx context.Context, cfg Config) error {
		return restarting(ctx, cfg, func(ctx context.Context) error { return runAsyncAutoCommit(ctx, cfg) })
	},
}

func runAsyncAutoCommit(ctx context.Context, cfg Config) error {
	cl, err := newClient(cfg, kgo.AutoCommitInterval(cfg.commitInterval(autoCommitTime)), kgo.BlockRebalanceOnPoll())
	if err != nil {
		return err
	}
	defer leave(cl)

	const workers = 4
	var queues [workers]chan asyncItem
	var running sync.WaitGroup
	work := cfg.work(asyncWorkTime)
	for i := range queues {
		queues[i] = make(chan asyncItem, 4096)
		running.Go(func() { asyncWorker(cfg, cl, queues[i]) })
	}
	for ctx.Err() == nil {
		for _, r := range poll(ctx, cfg, cl, 0) {
			queues[hashOf(r.Key)%workers] <- asyncItem{r, time.Now().Add(work)}
		}
		cl.AllowRebalance()
	}
	for _, q := range queues {
		close(q)
	}
	running.Wait()
	finish, cancel := finishing(ctx)
	defer cancel()
	return cl.Flush(finish)
}

// asyncItem is one record and the time when its work is done.
type asyncItem struct {
	record *kgo.Record
	due    time.Time
}

// asyncWorker writes each record when its work is done.
func asyncWorker(cfg Config, cl *kgo.Client, queue <-chan asyncItem) {
	for item := range queue {
		pause(context.Background(), time.Until(item.due))
		send(cfg, cl, []*kgo.Record{item.record})
	}
}

// send writes the records' outputs without waiting for the acknowledgements.
func send(cfg Config, cl *kgo.Client, in []*kgo.Record) {
	for _, r := range transform(cfg, in) {
		cl.Produce(context.Background(), r, func(_ *kgo.Record, err error) {
			if err != nil {
				cfg.note("produce to %s: %v", cfg.Output, err)
			}
		})
	}
}

// hashOf spreads keys over workers.
func hashOf(key []byte) uint32 {
	h := fnv.New32a()
	h.Write(key)
	return h.Sum32()
}
