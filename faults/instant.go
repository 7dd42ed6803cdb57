package faults

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// lead is how far ahead the instant of a cut lies: time enough to tell all links.
const lead = 50 * time.Millisecond

// instants are the times at which the links of one fault were really broken.
type instants []time.Time

// spread is the time from the first link to the last.
func (in instants) spread() time.Duration {
	if len(in) == 0 {
		return 0
	}
	return slices.MaxFunc(in, time.Time.Compare).Sub(slices.MinFunc(in, time.Time.Compare))
}

// note adds the spread to what is known of a fault, for people and as a fact.
func (in instants) note(text string, facts map[string]any) string {
	if len(in) == 0 {
		return text
	}
	facts["spread_ms"] = ms(in.spread())
	if len(in) == 1 {
		return text
	}
	return fmt.Sprintf("%s; %d links broken within %.1f ms", text, len(in), ms(in.spread()))
}

// atOnce arms all items for one instant, which each waits for by itself, and
// returns when all have acted. If one cannot be armed, those that have not acted
// yet are called back.
func atOnce[T any](ctx context.Context, items []T, act func(context.Context, T, time.Time) (time.Time, error)) (instants, error) {
	ctx, abort := context.WithCancelCause(ctx)
	defer abort(nil)
	at := time.Now().Add(lead)
	times, errs := make(instants, len(items)), make([]error, len(items))
	var wg sync.WaitGroup
	for i, it := range items {
		wg.Go(func() {
			if times[i], errs[i] = act(ctx, it, at); errs[i] != nil {
				abort(errs[i])
			}
		})
	}
	wg.Wait()
	if errors.Join(errs...) == nil {
		return times, nil
	}
	// The others say only that they were called back.
	cause := context.Cause(ctx)
	failed := []error{cause}
	for _, err := range errs {
		if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, cause) {
			failed = append(failed, err)
		}
	}
	return nil, errors.Join(failed...)
}
