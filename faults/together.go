package faults

import (
	"context"
	"errors"
	"sync"
)

// together acts on all items at once: links cut one after another would make a
// partial partition on the way, which brokers treat differently.
func together[T any](ctx context.Context, items []T, act func(context.Context, T) error) error {
	errs := make([]error, len(items))
	var wg sync.WaitGroup
	for i, it := range items {
		wg.Go(func() { errs[i] = act(ctx, it) })
	}
	wg.Wait()
	return errors.Join(errs...)
}
