package processors

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	// maxPoll bounds the records of one poll.
	maxPoll = 500
	// finishTime bounds the work on records in hand, and the leave at the end.
	finishTime = 30 * time.Second
	leaveTime  = 5 * time.Second
)

// clientOptions are those that every processor shares.
func clientOptions(cfg Config) []kgo.Opt {
	return []kgo.Opt{
		kgo.SeedBrokers(cfg.Bootstrap...),
		kgo.ClientID(cfg.Name),
		// Some readers of the output know no compression.
		kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.ProducerLinger(0),
		kgo.MetadataMinAge(250 * time.Millisecond),
		kgo.FetchMaxWait(250 * time.Millisecond),
	}
}

// groupOptions make the client a member of the group. A new group reads from the
// start: the client's own default begins a minute back.
func groupOptions(cfg Config) []kgo.Opt {
	return []kgo.Opt{
		kgo.ConsumerGroup(cfg.Group),
		kgo.ConsumeTopics(cfg.Input),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.SessionTimeout(cfg.SessionTimeout),
		kgo.HeartbeatInterval(cfg.Heartbeat),
		kgo.RebalanceTimeout(max(2*cfg.SessionTimeout, 15*time.Second)),
	}
}

// newClient makes a client of the shared, the group's and further options.
func newClient(cfg Config, more ...kgo.Opt) (*kgo.Client, error) {
	cl, err := kgo.NewClient(append(append(clientOptions(cfg), groupOptions(cfg)...), more...)...)
	if err != nil {
		return nil, optionsError{err}
	}
	return cl, nil
}

// optionsError is a client that cannot be made; trying again does not help.
type optionsError struct{ error }

func (e optionsError) Unwrap() error { return e.error }

// restarting runs a session, and another with a fresh client after each that
// ended with an error, until the context ends. What the last one could not finish
// is no error: its offsets stay behind, as after any other end of a session.
func restarting(ctx context.Context, cfg Config, session func(context.Context) error) error {
	for {
		err := session(ctx)
		var wrong optionsError
		if err == nil || errors.As(err, &wrong) {
			return err
		}
		if ctx.Err() != nil {
			cfg.note("left with records in hand: %v", err)
			return nil
		}
		cfg.note("starting over: %v", err)
		if !pause(ctx, 200*time.Millisecond) {
			return nil
		}
	}
}

// pause waits and tells whether the context is still alive.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// finishing outlives the end of ctx for a bounded time, so that records in hand
// are finished when the processor is asked to stop.
func finishing(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), finishTime)
}

// leave leaves the group within a bounded time and closes the client.
func leave(cl *kgo.Client) {
	ctx, cancel := context.WithTimeout(context.Background(), leaveTime)
	defer cancel()
	cl.AllowRebalance()
	// Close reports nothing of a leave that failed either: the broker notices the
	// silence after the session timeout.
	_ = cl.LeaveGroupContext(ctx)
	cl.Close()
}

// poller is a client or a transact session.
type poller interface {
	PollRecords(ctx context.Context, maxPollRecords int) kgo.Fetches
}

// poll gives the next records, or none after the wait (0 = until the context
// ends). Errors of single fetches are noted: the client goes on by itself.
func poll(ctx context.Context, cfg Config, from poller, wait time.Duration) []*kgo.Record {
	return pollSome(ctx, cfg, from, wait, maxPoll)
}

// pollSome is poll for at most so many records.
func pollSome(ctx context.Context, cfg Config, from poller, wait time.Duration, most int) []*kgo.Record {
	if wait > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, wait)
		defer cancel()
	}
	fetches := from.PollRecords(ctx, min(most, maxPoll))
	fetches.EachError(func(topic string, partition int32, err error) {
		if !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
			cfg.note("fetch of %s/%d: %v", topic, partition, err)
		}
	})
	return fetches.Records()
}

// transform gives the outputs of records: the same ones for the output topic,
// unless the processor has its own.
func transform(cfg Config, in []*kgo.Record) []*kgo.Record {
	out := make([]*kgo.Record, 0, len(in))
	for _, r := range in {
		if cfg.outputs != nil {
			out = append(out, cfg.outputs(r)...)
			continue
		}
		out = append(out, same(cfg, r, r.Value))
	}
	return out
}

// same is a record of the output with another value.
func same(cfg Config, r *kgo.Record, value []byte) *kgo.Record {
	return &kgo.Record{Topic: cfg.Output, Key: r.Key, Value: value, Headers: r.Headers}
}

// produce writes the records' outputs and waits until all are acknowledged.
func produce(ctx context.Context, cfg Config, cl *kgo.Client, in []*kgo.Record) error {
	if err := cl.ProduceSync(ctx, transform(cfg, in)...).FirstErr(); err != nil {
		return fmt.Errorf("produce to %s: %w", cfg.Output, err)
	}
	return nil
}
