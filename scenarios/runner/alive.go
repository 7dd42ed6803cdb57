package runner

import (
	"context"
	"errors"
	"time"

	"surety/topologies"
)

// aliveEvery is how often the processes of the nodes are looked at.
const aliveEvery = 250 * time.Millisecond

// whileAlive gives a context that also ends when the process of a processor ends by
// itself. The returned function ends it and tells what ended, nil where nothing has.
func whileAlive(ctx context.Context, nodes []topologies.Node) (context.Context, func() error) {
	ctx, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(aliveEvery)
		defer tick.Stop()
		for {
			for _, n := range nodes {
				if n.Kind() != topologies.ProcessorNode {
					continue
				}
				var end *topologies.EnvironmentError
				// A state that cannot be read is no end.
				if errors.As(topologies.Ended(ctx, n), &end) {
					cancel(end)
					return
				}
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	}()
	return ctx, func() error {
		cancel(nil)
		<-done
		if end, ok := errors.AsType[*topologies.EnvironmentError](context.Cause(ctx)); ok {
			return end
		}
		return nil
	}
}
