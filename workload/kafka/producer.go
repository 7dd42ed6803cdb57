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
	// Client is how the application under test has set it; the zero value is safe.
	Client workload.Client
	// Clock gives records the time of their schedule, and answers the one at which
	// their batch was acknowledged; nil = both are left to others.
	Clock workload.Clock
	// Buffer is how many records the client takes before it lets Send wait; 0 =
	// enough for half a minute at 10,000 records a second.
	Buffer int
	// Correlate gives every record its correlation id as a header.
	Correlate bool
	// Opts come last and may replace what is set here: acks, compression, ...
	Opts []kgo.Opt
}

// Producer is a Kafka producer with no compression (some clients read none) and the
// partitioner of Kafka's own clients: murmur2 of the key. Unless its client is set
// otherwise it is idempotent with acks=all. It sends a record again only as its
// client does by itself.
type Producer struct {
	cl        *kgo.Client
	topic     string
	clock     workload.Clock
	began     time.Time
	correlate bool
	set       workload.Client
	sends     sends

	// Of the batch that is being answered: the client answers serially.
	partition int32
	next      int64 // offset
	answered  history.Nanos
}

var _ workload.Source = (*Producer)(nil)

// NewProducer makes a producer. It connects on the first record.
func NewProducer(cfg ProducerConfig) (*Producer, error) {
	if err := cfg.Client.Check(); err != nil {
		return nil, fmt.Errorf("make the Kafka client %s: %w", cfg.ID, err)
	}
	p := &Producer{topic: cfg.Topic, clock: cfg.Clock, correlate: cfg.Correlate, set: cfg.Client}
	if p.clock != nil {
		p.began = p.clock.Began()
	}
	if cfg.Buffer == 0 {
		cfg.Buffer = maxBuffered
	}
	if cfg.Linger == 0 {
		cfg.Linger = defaultLinger
	}
	if cfg.ID == "" {
		cfg.ID = "driver"
	}
	opts := append(ProducerOptions(cfg.Buffer), kgo.ProducerLinger(cfg.Linger), kgo.WithHooks(&p.sends))
	opts = append(opts, settings(cfg.Client)...)
	cl, err := NewClient(cfg.Endpoint, cfg.ID, append(opts, cfg.Opts...)...)
	if err != nil {
		return nil, err
	}
	p.cl = cl
	return p, nil
}

// ProducerOptions are what makes a client write as a Producer does.
func ProducerOptions(buffer int) []kgo.Opt {
	return []kgo.Opt{
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)),
		kgo.ProducerLinger(defaultLinger),
		kgo.MaxBufferedRecords(buffer),
	}
}

// sending is a record inside the client. It travels as the context of the client's
// record, so that one promise serves all and nothing is allocated for a record.
type sending struct {
	context.Context // of the call of Send
	producer        *Producer
	from            *workload.Record
	done            func(*workload.Record, workload.Answer)
	handed          *sendState
	record          kgo.Record
}

var _ workload.Maker = (*Producer)(nil)

// Make implements workload.Maker: what the client needs of a record lies behind it.
func (p *Producer) Make(n int) []*workload.Record {
	chunk := make([]struct {
		record  workload.Record
		sending sending
	}, n)
	records := make([]*workload.Record, n)
	for i := range chunk {
		c := &chunk[i]
		c.sending.producer, c.sending.from, c.sending.record.Topic = p, &c.record, p.topic
		c.record.Client = &c.sending
		records[i] = &c.record
	}
	return records
}

// Send implements workload.Source. When ctx ends the client gives up what it
// has not sent yet.
func (p *Producer) Send(ctx context.Context, r *workload.Record, done func(*workload.Record, workload.Answer)) {
	s, _ := r.Client.(*sending)
	if s == nil || s.producer != p {
		s = &sending{producer: p, from: r, record: kgo.Record{Topic: p.topic}}
		r.Client = s
	}
	s.Context, s.done, s.handed = ctx, done, p.sends.now()
	s.record.Key, s.record.Value, s.record.Context = r.Key, r.Value, s
	s.record.Timestamp = time.Time{} // the client asks its clock
	if p.clock != nil && r.Intended > 0 {
		s.record.Timestamp = p.began.Add(time.Duration(r.Intended))
	}
	if p.correlate {
		s.record.Headers = []kgo.RecordHeader{{Key: workload.CorrelationHeader, Value: workload.AppendCorrelation(nil, r.Key, r.Seq)}}
	}
	p.cl.Produce(ctx, &s.record, promised)
}

// promised is the promise of every record.
func promised(r *kgo.Record, err error) {
	s := r.Context.(*sending) // Send has put it there
	p := s.producer
	switch {
	case err == nil && p.set.Acks == workload.AcksNone: // the client was told nothing
		s.done(s.from, workload.Answer{Class: history.OK, Partition: r.Partition, Offset: -1})
	case err == nil:
		s.done(s.from, workload.Answer{Class: history.OK, Partition: r.Partition, Offset: r.Offset, At: p.answeredAt(r)})
	case p.set.IgnoreErrors:
		s.done(s.from, workload.Answer{Class: history.OK, Partition: -1, Offset: -1, Reason: "ignored: " + reason(err)})
	default:
		s.done(s.from, workload.Answer{
			Class: classify(err, s.handed, p.sends.now()), Partition: -1, Offset: -1, Reason: reason(err),
		})
	}
}

// sameAnswer bounds the records that share one look at the clock.
const sameAnswer = 64

// answeredAt is when the batch of r was acknowledged. Its records come out of the
// client one after the other, so the clock is asked for some of them only.
func (p *Producer) answeredAt(r *kgo.Record) history.Nanos {
	if p.clock == nil {
		return 0
	}
	if r.Partition != p.partition || r.Offset != p.next || r.Offset%sameAnswer == 0 {
		p.answered = p.clock.Now()
	}
	p.partition, p.next = r.Partition, r.Offset+1
	return p.answered
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
