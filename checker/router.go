package checker

import (
	"sync"

	"surety/checker/history"
)

// batchSize is how many events are handed over at once, and queued how many such
// batches may wait for a shard. The first ones are small: most histories are.
const (
	batchSize   = 256
	firstEvents = 16
	queued      = 16
)

// router hands events to the fold of their key's shard. Each shard runs on its
// own, behind a short queue of batches, and sees its events in order.
type router struct {
	wants  func(kind eventKind, key history.Name) bool // nil = all
	shards shards
	open   []*batch
	queues []chan *batch
	free   sync.Pool
	size   int // of the batch that was made last
	done   sync.WaitGroup
}

// batch is a row of events of one shard.
type batch struct {
	n      int
	events []event
}

// newRouter starts one shard for each fold. The caller closes the router before
// it looks at the folds.
func newRouter[F fold](folds []F, wants func(eventKind, history.Name) bool) *router {
	r := &router{wants: wants, shards: shardsOf(len(folds)), open: make([]*batch, len(folds)), queues: make([]chan *batch, len(folds))}
	for i, f := range folds {
		r.open[i] = r.batch()
		q := make(chan *batch, queued)
		r.queues[i] = q
		r.done.Go(func() {
			for b := range q {
				for j := range b.events[:b.n] {
					f.add(&b.events[j])
				}
				if len(b.events) == batchSize { // the small ones of the beginning are let go
					r.free.Put(b)
				}
			}
		})
	}
	return r
}

func (r *router) batch() *batch {
	if b, free := r.free.Get().(*batch); free {
		b.n = 0
		return b
	}
	r.size = min(max(2*r.size, firstEvents), batchSize)
	return &batch{events: make([]event, r.size)}
}

// slot is where the next event of key goes, of which nothing else is told yet; nil
// if no fold wants it. It is valid until the next call.
func (r *router) slot(kind eventKind, key history.Name) *event {
	if r.wants != nil && !r.wants(kind, key) {
		return nil
	}
	i := r.shards.shard(key)
	b := r.open[i]
	if b.n == len(b.events) {
		r.queues[i] <- b
		b = r.batch()
		r.open[i] = b
	}
	ev := &b.events[b.n]
	b.n++
	*ev = event{kind: kind, key: key}
	return ev
}

// close delivers what is left and waits for the folds.
func (r *router) close() {
	for i, q := range r.queues {
		q <- r.open[i]
		close(q)
	}
	r.done.Wait()
}

// parallel calls do for 0..n-1, each on its own.
func parallel(n int, do func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { do(i) })
	}
	all.Wait()
}
