package faults

import (
	"context"
	"time"

	"surety/checker/history"
)

// lookEvery is how often the victim's side is looked at while waiting.
const lookEvery = 20 * time.Millisecond

// await looks until the evidence is shown or the context ends; then it returns
// what it saw last. The error is that of the last look.
func await(ctx context.Context, look func(context.Context) (history.Evidence, error)) (history.Evidence, error) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		ev, err := look(ctx)
		if err == nil && ev.Shown {
			return ev, nil
		}
		select {
		case <-ctx.Done():
			if ctx.Err() != nil && err != nil {
				return ev, err
			}
			return ev, nil
		case <-tick.C:
		}
	}
}
