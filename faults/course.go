package faults

import (
	"context"
	"errors"
	"sync"
	"time"

	"surety/topologies"
)

// course is a fault that takes its time with its victims: it goes on after the
// injection, one goroutine a victim.
type course struct {
	stop context.CancelFunc
	done chan struct{} // closed when every victim is through

	mu  sync.Mutex
	err error // of the first victims that went wrong
}

// begin lets act loose on every victim and returns at once. The context of act ends
// with halt alone: the course outlives the step that began it.
func begin(ctx context.Context, nodes []topologies.Node, act func(context.Context, topologies.Node) error) *course {
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	c := &course{stop: stop, done: make(chan struct{})}
	go func() {
		defer close(c.done)
		defer stop()
		var wg sync.WaitGroup
		for _, n := range nodes {
			wg.Go(func() {
				err := act(run, n)
				c.mu.Lock()
				defer c.mu.Unlock()
				c.err = errors.Join(c.err, err)
			})
		}
		wg.Wait()
	}()
	return c
}

// failed is what went wrong so far.
func (c *course) failed() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// finish waits until every victim is through, or ctx ends.
func (c *course) finish(ctx context.Context) error {
	select {
	case <-c.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// halt ends the course where its victims can be left, and waits for that.
func (c *course) halt(ctx context.Context) error {
	c.stop()
	return c.finish(ctx)
}

// rest waits; false when ctx ended first.
func rest(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
