package processors

import (
	"context"
	"maps"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
)

// tracker follows records that finish in any order, and knows for each partition
// the offset below which all are finished.
type tracker struct {
	mu         sync.Mutex
	partitions map[int32]*progress
	finished   offsets
	open       int
	idle       chan struct{} // closed while nothing is open
}

// progress of one partition: records in the order of the log.
type progress struct {
	order []*kgo.Record
	done  map[*kgo.Record]bool
}

func newTracker() *tracker {
	t := &tracker{partitions: map[int32]*progress{}, finished: offsets{}, idle: make(chan struct{})}
	close(t.idle)
	return t
}

// start takes a record in; those of a partition come in the order of the log.
func (t *tracker) start(r *kgo.Record) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open == 0 {
		t.idle = make(chan struct{})
	}
	t.open++
	p := t.partitions[r.Partition]
	if p == nil {
		p = &progress{done: map[*kgo.Record]bool{}}
		t.partitions[r.Partition] = p
	}
	p.order = append(p.order, r)
}

// finish marks started records as done.
func (t *tracker) finish(records []*kgo.Record) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, r := range records {
		p := t.partitions[r.Partition]
		p.done[r] = true
		for len(p.order) > 0 && p.done[p.order[0]] {
			first := p.order[0]
			t.finished.reach([]*kgo.Record{first})
			delete(p.done, first)
			p.order = p.order[1:]
		}
	}
	if t.open -= len(records); t.open == 0 {
		close(t.idle)
	}
}

// offsets that may be committed.
func (t *tracker) offsets() offsets {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.finished)
}

// forget drops the offsets of partitions that the member no longer owns.
func (t *tracker) forget(partitions []int32) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range partitions {
		delete(t.finished, p)
	}
}

// wait waits until every started record is done, or the context ends.
func (t *tracker) wait(ctx context.Context) error {
	t.mu.Lock()
	idle := t.idle
	t.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
	}
	select {
	case <-idle:
		return nil
	default:
		return context.Cause(ctx)
	}
}
