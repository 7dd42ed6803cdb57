package kafka

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"surety/checker/history"
	"surety/topologies"
	"surety/workload"
)

const (
	defaultLinger = 2 * time.Millisecond
	// maxBuffered keeps an open-loop load on its schedule through a long stall:
	// half a minute at 10,000 records a second and more.
	maxBuffered = 1 << 19
)

// ProducerConfig is one recording producer.
type ProducerConfig struct {
	Endpoint topologies.Endpoint
	Topic    string
	ID       string        // part of the client id; empty = driver
	Linger   time.Duration // 0 = 2 ms
	// Delivery is how long the client tries before it gives a record up; 0 = it
	// does not give up. The client takes no less than a second.
	Delivery time.Duration
	// Opts come last and may replace what is set here: acks, compression, ...
	Opts []kgo.Opt
}

// Producer is an idempotent Kafka producer with acks=all, no compression (some
// clients read none) and the partitioner of Kafka's own clients: murmur2 of the
// key. It sends a record again only as its client does by itself.
type Producer struct {
	cl    *kgo.Client
	topic string
	sends sends
	pool  sync.Pool // of *sending
}

var _ workload.Source = (*Producer)(nil)

// NewProducer makes a producer. It connects on the first record.
func NewProducer(cfg ProducerConfig) (*Producer, error) {
	p := &Producer{topic: cfg.Topic}
	p.pool.New = func() any {
		s := &sending{producer: p}
		s.promise = s.answered
		return s
	}
	if cfg.Linger == 0 {
		cfg.Linger = defaultLinger
	}
	if cfg.ID == "" {
		cfg.ID = "driver"
	}
	opts := []kgo.Opt{
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)),
		kgo.ProducerLinger(cfg.Linger),
		kgo.MaxBufferedRecords(maxBuffered),
		kgo.WithHooks(&p.sends),
	}
	if cfg.Delivery > 0 {
		opts = append(opts, kgo.RecordDeliveryTimeout(cfg.Delivery))
	}
	cl, err := newClient(cfg.Endpoint, cfg.ID, append(opts, cfg.Opts...)...)
	if err != nil {
		return nil, err
	}
	p.cl = cl
	return p, nil
}

// sending is one record inside the client. It is pooled: no allocation a record.
type sending struct {
	producer *Producer
	record   kgo.Record
	from     *workload.Record
	done     func(*workload.Record, workload.Answer)
	handed   sendState
	promise  func(*kgo.Record, error)
}

// Send implements workload.Source. When ctx ends the client gives up what it
// has not sent yet.
func (p *Producer) Send(ctx context.Context, r *workload.Record, done func(*workload.Record, workload.Answer)) {
	s := p.pool.Get().(*sending)
	s.record = kgo.Record{Topic: p.topic, Key: r.Key, Value: r.Value}
	s.from, s.done, s.handed = r, done, p.sends.now()
	p.cl.Produce(ctx, &s.record, s.promise)
}

func (s *sending) answered(r *kgo.Record, err error) {
	a := workload.Answer{Class: history.OK, Partition: r.Partition, Offset: r.Offset}
	if err != nil {
		a = workload.Answer{
			Class:     classify(err, s.handed, s.producer.sends.now()),
			Partition: -1,
			Offset:    -1,
			Reason:    reason(err),
		}
	}
	from, done := s.from, s.done
	s.from, s.done, s.record = nil, nil, kgo.Record{}
	s.producer.pool.Put(s)
	done(from, a)
}

// reason is the error without what differs from record to record, so that
// equal reasons are stored once.
func reason(err error) string {
	for _, r := range rulings {
		if errors.Is(err, r.err) {
			return r.err.Error()
		}
	}
	return err.Error()
}

// Flush waits until everything handed over is answered, or ctx ends.
func (p *Producer) Flush(ctx context.Context) error { return p.cl.Flush(ctx) }

// Close ends the client at once; what is unanswered is answered with an error.
func (p *Producer) Close() { p.cl.Close() }

// Partitioner gives the input partition of a key for a topic of n partitions,
// as the producer chooses it.
func Partitioner(n int) func(key []byte) int32 {
	topic := kgo.StickyKeyPartitioner(nil).ForTopic("")
	return func(key []byte) int32 {
		if len(key) == 0 {
			return -1 // the client spreads records without a key as it likes
		}
		return int32(topic.Partition(&kgo.Record{Key: key}, n)) //nolint:gosec // below n
	}
}
