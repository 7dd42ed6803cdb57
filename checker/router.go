package checker

import (
	"sync"

	"surety/checker/history"
)

const batchSize = 1024

// router hands events to the fold of their key's shard. Each shard runs on its
// own, behind a short queue of batches, and sees its events in order.
type router struct {
	wants  func(kind eventKind, key history.Name) bool
	shards shards
	open   [][]event
	queues []chan []event
	free   sync.Pool
	done   sync.WaitGroup
}

// newRouter starts one shard for each fold. The caller closes the router before
// it looks at the folds.
func newRouter[F fold](folds []F, wants func(eventKind, history.Name) bool) *router {
	r := &router{wants: wants, shards: shardsOf(len(folds)), open: make([][]event, len(folds)), queues: make([]chan []event, len(folds))}
	r.free.New = func() any {
		b := make([]event, 0, batchSize)
		return &b
	}
	for i, f := range folds {
		r.open[i] = r.batch()
		q := make(chan []event, 4)
		r.queues[i] = q
		r.done.Go(func() {
			for batch := range q {
				for j := range batch {
					f.add(&batch[j])
				}
				batch = batch[:0]
				r.free.Put(&batch)
			}
		})
	}
	return r
}

func (r *router) batch() []event { return (*r.free.Get().(*[]event))[:0] }

// slot is where the next event of key goes; nil if no fold wants it. It is valid
// until the next call.
func (r *router) slot(kind eventKind, key history.Name) *event {
	if !r.wants(kind, key) {
		return nil
	}
	i := r.shards.shard(key)
	open := &r.open[i]
	n := len(*open)
	if n == batchSize {
		r.queues[i] <- *open
		*open, n = r.batch(), 0
	}
	*open = (*open)[:n+1]
	return &(*open)[n]
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
