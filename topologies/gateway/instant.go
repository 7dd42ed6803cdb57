package gateway

import (
	"context"
	"fmt"
	"time"
)

// farOff is how far an instant may lie from the gateway's own clock. Beyond it the
// two clocks are not the same one, and links of several gateways would not be
// broken together.
const farOff = 2 * time.Second

// instant is when something happens, or happened: nanoseconds since the Unix
// epoch; 0 is now.
type instant struct {
	At int64 `json:"at,omitempty"`
}

func (i instant) time() time.Time { return time.Unix(0, i.At) }

// nanos is t as an instant; the zero time is now.
func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// fire acts at the given instant and tells when it really did. It does nothing if
// ctx ends or the link is closed before.
func (p *proxy) fire(ctx context.Context, at instant, act func() error) (instant, error) {
	if at.At != 0 {
		wait := time.Until(at.time())
		if wait > farOff || wait < -farOff {
			return instant{}, fmt.Errorf("the instant lies %s from this gateway's clock: the clocks differ", wait.Round(time.Millisecond))
		}
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		case <-p.ctx.Done():
		}
	}
	for _, c := range []context.Context{ctx, p.ctx} {
		if err := c.Err(); err != nil {
			return instant{}, fmt.Errorf("withdrawn: %w", err)
		}
	}
	if err := act(); err != nil {
		return instant{}, err
	}
	return instant{At: time.Now().UnixNano()}, nil
}
