package processors

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// effectWithin bounds one try to apply an effect.
const effectWithin = 10 * time.Second

// effectPause is how long a processor waits before it tries an effect again.
const effectPause = 50 * time.Millisecond

// effectWorkers apply effects at once, each those of its keys.
const effectWorkers = 8

// applying posts each record as an effect to where the output is, those of one key one
// after the other, and commits the offsets of what is done.
type applying struct {
	cfg  Config
	http *http.Client
	// keyed: each effect goes with an idempotency key, the place of its record in the
	// input, which is the same whoever applies it.
	keyed bool
	// careless: what went wrong is not tried again.
	careless bool
}

func runEffects(ctx context.Context, a applying) error {
	a.http = &http.Client{Timeout: effectWithin, Transport: &http.Transport{MaxIdleConnsPerHost: effectWorkers}}
	defer a.http.CloseIdleConnections()
	return restarting(ctx, a.cfg, func(ctx context.Context) error { return a.run(ctx) })
}

func (a applying) run(ctx context.Context) error {
	cl, err := newClient(a.cfg, kgo.DisableAutoCommit(), kgo.BlockRebalanceOnPoll())
	if err != nil {
		return err
	}
	defer leave(cl)
	for ctx.Err() == nil {
		records := poll(ctx, a.cfg, cl, 0)
		if err := a.batch(ctx, cl, records); err != nil {
			return err
		}
		cl.AllowRebalance()
	}
	return nil
}

func (a applying) batch(ctx context.Context, cl *kgo.Client, records []*kgo.Record) error {
	if len(records) == 0 {
		return nil
	}
	ctx, cancel := finishing(ctx)
	defer cancel()
	if err := a.applyAll(ctx, records); err != nil {
		return err
	}
	pause(ctx, a.cfg.work(0)) // between the effects and the commit
	if err := cl.CommitRecords(ctx, records...); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// applyAll applies the effects of a batch and returns when all are.
func (a applying) applyAll(ctx context.Context, records []*kgo.Record) error {
	var of [effectWorkers][]*kgo.Record
	for _, r := range records {
		h := fnv.New32a()
		h.Write(r.Key)
		i := h.Sum32() % effectWorkers
		of[i] = append(of[i], r)
	}
	errs := make(chan error, effectWorkers)
	for _, mine := range of {
		go func() {
			var err error
			for i := 0; i < len(mine) && err == nil; i++ {
				err = a.apply(ctx, mine[i])
			}
			errs <- err
		}()
	}
	var failed error
	for range effectWorkers {
		failed = errors.Join(failed, <-errs)
	}
	return failed
}

// apply tries until the effect is known to be applied.
func (a applying) apply(ctx context.Context, r *kgo.Record) error {
	for {
		err := a.post(ctx, r)
		if err == nil {
			return nil
		}
		a.cfg.note("the effect of partition %d offset %d: %v", r.Partition, r.Offset, err)
		if a.careless {
			return nil
		}
		if !pause(ctx, effectPause) {
			return ctx.Err()
		}
	}
}

func (a applying) post(ctx context.Context, r *kgo.Record) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.cfg.Output, bytes.NewReader(r.Value))
	if err != nil {
		return optionsError{err}
	}
	// What Go's client would do again by itself, this one decides about.
	req.GetBody = nil
	if a.keyed {
		req.Header.Set("Idempotency-Key", r.Topic+"/"+strconv.Itoa(int(r.Partition))+"/"+strconv.FormatInt(r.Offset, 10))
	}
	res, err := a.http.Do(req)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("answered with %s", res.Status)
	}
	return err
}
