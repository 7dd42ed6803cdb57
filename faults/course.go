package faults

import (
	"context"
	"errors"
	"sync"
	"time"

	"surety/topologies"
)

// course is a fault that takes its time: it goes on after the injection.
type course struct {
	stop context.CancelFunc
	done chan struct{} // closed when it is through

	mu  sync.Mutex
	err error // what went wrong so far
}

// begin lets act loose and returns at once. The context of act ends with halt alone:
// the course outlives the step that began it.
func begin(ctx context.Context, act func(context.Context) error) *course {
	return beginAll(ctx, []func(context.Context) error{act})
}

// beginEach lets act loose on every victim, one goroutine each.
func beginEach(ctx context.Context, nodes []topologies.Node, act func(context.Context, topologies.Node) error) *course {
	var acts []func(context.Context) error
	for _, n := range nodes {
		acts = append(acts, func(ctx context.Context) error { return act(ctx, n) })
	}
	return beginAll(ctx, acts)
}

func beginAll(ctx context.Context, acts []func(context.Context) error) *course {
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	c := &course{stop: stop, done: make(chan struct{})}
	go func() {
		defer close(c.done)
		defer stop()
		var wg sync.WaitGroup
		for _, act := range acts {
			wg.Go(func() {
				err := act(run)
				c.mu.Lock()
				defer c.mu.Unlock()
				c.err = errors.Join(c.err, err)
			})
		}
		wg.Wait()
	}()
	return c
}

// over tells whether it is through.
func (c *course) over() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// failed is what went wrong so far.
func (c *course) failed() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// finish waits until it is through, or ctx ends.
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
