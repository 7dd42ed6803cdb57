package faults

import (
	"context"
	"fmt"
	"sync"
	"time"

	"surety/checker/history"
)

// turn bounds one change of the links of a flap.
const turn = 10 * time.Second

// flapping is a flap at work. One goroutine turns the links; Heal ends it first.
type flapping struct {
	t    Target
	stop context.CancelFunc
	done chan struct{} // closed when the goroutine has ended

	mu     sync.Mutex
	down   Injection // the cut of now; nil while the links pass
	err    error     // what ended the turning too early
	cycles int       // times that the links were down and up again
	struck int       // of these, with held bytes
	bytes  int64     // held in all of them
	spread time.Duration
	before traffic // when the healing was asked
}

// flap cuts the links and lets them pass in turn; times gives the next two.
func flap(ctx context.Context, t Target, times func() (down, up time.Duration)) (Injection, error) {
	in := &flapping{t: t, done: make(chan struct{})}
	// The flap outlives the step that began it; Heal stops it.
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	in.stop = stop
	if err := in.fall(ctx); err != nil {
		stop()
		close(in.done)
		if in.down == nil {
			return nil, err
		}
		return in, err
	}
	go func() {
		defer close(in.done)
		in.turns(run, times)
	}()
	return in, nil
}

// turns goes on until ctx ends or a link cannot be turned.
func (in *flapping) turns(ctx context.Context, times func() (down, up time.Duration)) {
	for {
		down, up := times()
		for _, step := range []struct {
			after time.Duration
			do    func(context.Context) error
		}{{down, in.rise}, {max(0, up-lead), in.fall}} {
			if !rest(ctx, step.after) {
				return
			}
			// A turn that has begun is finished: half of it would be another fault.
			bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), turn)
			err := step.do(bounded)
			cancel()
			if err != nil {
				in.mu.Lock()
				in.err = err
				in.mu.Unlock()
				return
			}
		}
	}
}

// fall cuts the links.
func (in *flapping) fall(ctx context.Context) error {
	cut, err := hold(ctx, in.t, false)
	in.mu.Lock()
	defer in.mu.Unlock()
	in.down = cut
	if h, ok := cut.(*held); ok {
		in.spread = max(in.spread, h.at.spread())
	}
	return err
}

// rise counts what the cut held and lets the links pass.
func (in *flapping) rise(ctx context.Context) error {
	in.mu.Lock()
	cut := in.down
	in.mu.Unlock()
	if cut == nil {
		return nil
	}
	// Counting is not worth a cut that stays: what cannot be read is not counted.
	tr, readErr := meter(ctx, in.t.Links)
	if err := cut.Heal(ctx); err != nil {
		return err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.down = nil
	in.cycles++
	if n := tr.HeldForward + tr.HeldBackward; readErr == nil && n > 0 {
		in.struck++
		in.bytes += n
	}
	return nil
}

// InEffect reads that the links were down and up again, and that bytes of the
// victims' own traffic were held.
func (in *flapping) InEffect(context.Context) (history.Evidence, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	return history.Evidence{
		Shown: in.struck > 0,
		Text: fmt.Sprintf("down and up again %d times, %d of them with held bytes, %d bytes in all; %d links turned within %.1f ms",
			in.cycles, in.struck, in.bytes, len(in.t.Links), ms(in.spread)),
		Facts: map[string]any{
			"cycles": in.cycles, "cycles_with_held_bytes": in.struck, "held_bytes": in.bytes,
			"spread_ms": ms(in.spread), "links": len(in.t.Links),
		},
	}, in.err
}

// Heal ends the turning and leaves the links passing.
func (in *flapping) Heal(ctx context.Context) error {
	in.stop()
	select {
	case <-in.done:
	case <-ctx.Done():
		return fmt.Errorf("the flap does not end: %w", ctx.Err())
	}
	if tr, err := meter(ctx, in.t.Links); err == nil {
		in.before = tr
	}
	return in.rise(ctx)
}

// Healed reads that the links deliver again.
func (in *flapping) Healed(ctx context.Context) (history.Evidence, error) {
	tr, err := meter(ctx, in.t.Links)
	if err != nil {
		return history.Evidence{}, err
	}
	n := tr.delivered() - in.before.delivered()
	return in.t.whole(ctx, history.Evidence{
		Shown: n > 0,
		Text:  fmt.Sprintf("%d bytes delivered since the healing", n),
		Facts: map[string]any{"delivered_bytes": n},
	})
}
