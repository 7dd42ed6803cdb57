package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"surety/checker/history"
	"surety/topologies"
	"surety/workload"
)

// Reader observes one topic. Each session has a client of its own, reads every
// partition from its start and joins no group, unless it stands for a consumer under
// test.
type Reader struct {
	Endpoint topologies.Endpoint
	Topic    string
	Run      string
	Recorder workload.Recorder
	Clock    workload.Clock
	Reading  workload.Reading
	// Template that the values of the run were made with; nil = the workload's own.
	Template *workload.Template
	// AppendTimes says that the records' times are those of the append even where
	// their batches do not say so (an emulated broker).
	AppendTimes bool
	// Terms: what is read of the input says its event time and term.
	Terms bool
	// Correlate: what comes without the correlation id that went in is altered.
	Correlate bool
	// What tails feed; each may be nil.
	Tracker  *workload.Tracker
	Fences   *workload.Fences
	Progress *workload.Progress
	// Unreadable collects what a tail cannot read; nil = nobody asks.
	Unreadable *workload.Unreadable
	// Subscriber is the consumer under test; nil = the harness's own reader. Its one
	// session lasts until ctx ends, and is final: what it was given is what it got.
	Subscriber *workload.Subscriber
	// Stall is how long a final read waits for its next record, or for an open
	// transaction to end, before it gives up; 0 = 30 s.
	Stall time.Duration

	opts []kgo.Opt // come last; for tests
}

var _ workload.Sink = (*Reader)(nil)

const defaultStall = 30 * time.Second

// Position implements workload.Sink.
func (*Reader) Position() workload.PositionKind { return workload.LogPosition }

// Destructive implements workload.Sink.
func (*Reader) Destructive() bool { return false }

// Snapshot implements workload.Sink: partitions are read at different instants.
func (*Reader) Snapshot() bool { return false }

// Observe implements workload.Sink. The views Committed and Input are read with
// isolation read_committed, Uncommitted without.
func (r *Reader) Observe(ctx context.Context, s history.Session) error {
	s.Topic, s.At, s.Subscribes = r.Topic, r.Clock.Now(), r.Subscriber != nil
	r.Recorder.Append(history.KindSession, s)
	var (
		ends map[int32]int64
		err  error
	)
	switch {
	case s.Subscribes && s.Purpose == history.Final:
		err = r.follow(ctx, s, r.subscription()...)
	case s.Purpose == history.Tail:
		err = r.follow(ctx, s, kgo.ConsumeTopics(r.Topic))
	case s.Purpose == history.Final:
		ends, err = r.final(ctx, s)
	default:
		err = fmt.Errorf("session %d has no known purpose", s.Session)
	}
	end := history.SessionEnd{Session: s.Session, Ends: ends, At: r.Clock.Now()}
	if err != nil {
		err = fmt.Errorf("read topic %s: %w", r.Topic, err)
		end.Error = err.Error()
	}
	r.Recorder.Append(history.KindSessionEnd, end)
	return err
}

func (r *Reader) stall() time.Duration {
	if r.Stall > 0 {
		return r.Stall
	}
	return defaultStall
}

func (r *Reader) client(s history.Session, opts ...kgo.Opt) (*kgo.Client, error) {
	isolation := kgo.ReadCommitted()
	if s.View == history.Uncommitted {
		isolation = kgo.ReadUncommitted()
	}
	return NewClient(r.Endpoint, fmt.Sprintf("reader-%d", s.Session), append([]kgo.Opt{
		kgo.FetchIsolationLevel(isolation),
		kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()),
		// Stated, because the default rewinds by a minute: re-reading from the
		// start repeats positions, which is harmless; skipping would hide records.
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
	}, append(opts, r.opts...)...)...)
}

// fetchError is the first error in a poll that makes a reading unsound.
func fetchError(fetches kgo.Fetches) error {
	var first error
	fetches.EachError(func(_ string, partition int32, err error) {
		if first != nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			return
		}
		if loss, ok := errors.AsType[*kgo.ErrDataLoss](err); ok {
			first = fmt.Errorf("the verifier's own client reports lost data: %w", loss)
			return
		}
		first = fmt.Errorf("partition %d: %w", partition, err)
	})
	return first
}
