package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"surety/topologies"
)

// Admin makes the administrative calls of a run. All are bounded by their ctx.
type Admin struct {
	cl  *kgo.Client
	adm *kadm.Client
}

// answerWithin is how long a broker has to answer beyond the time that a request
// gives it: another one is asked then. A paused broker must not hold up a fault that
// is to be aimed.
const answerWithin = 2 * time.Second

// NewAdmin makes an admin client. It connects on the first call.
func NewAdmin(e topologies.Endpoint) (*Admin, error) {
	cl, err := NewClient(e, "admin", kgo.RequestTimeoutOverhead(answerWithin))
	if err != nil {
		return nil, err
	}
	return &Admin{cl: cl, adm: kadm.NewClient(cl)}, nil
}

// fresh makes kadm ask the brokers for metadata: it answers from a cache unless
// authorized operations are wanted as well, and a leader that moved a moment ago
// is what a fault is to be aimed at.
func fresh(ctx context.Context) context.Context { return kadm.WithAuthorizedOps(ctx) }

// Close ends the client.
func (a *Admin) Close() { a.cl.Close() }

// TopicSpec is a topic to be created.
type TopicSpec struct {
	Name              string
	Partitions        int32
	ReplicationFactor int16             // -1 = the brokers' default
	Config            map[string]string // over LogAppendTime
}

// CreateTopics creates topics and waits until each has a leader and its full ISR
// in every partition. Their timestamps are those of the append, which orders
// records across partitions. A topic that exists already is an error.
func (a *Admin) CreateTopics(ctx context.Context, specs ...TopicSpec) error {
	names := make([]string, 0, len(specs))
	for _, s := range specs {
		config := map[string]*string{"message.timestamp.type": kadm.StringPtr("LogAppendTime")}
		for k, v := range s.Config {
			config[k] = &v
		}
		_, err := a.adm.CreateTopic(ctx, s.Partitions, s.ReplicationFactor, config, s.Name)
		if err != nil {
			return fmt.Errorf("create topic %s: %w", s.Name, err)
		}
		names = append(names, s.Name)
	}
	return a.AwaitHealthy(ctx, 0, names...)
}

// DeleteTopics deletes topics; those that are not there are as good as deleted.
func (a *Admin) DeleteTopics(ctx context.Context, names ...string) error {
	responses, err := a.adm.DeleteTopics(ctx, names...)
	if err != nil {
		return fmt.Errorf("delete topics %s: %w", strings.Join(names, ", "), err)
	}
	var errs []error
	for _, r := range responses.Sorted() {
		if r.Err != nil && !errors.Is(r.Err, kerr.UnknownTopicOrPartition) {
			errs = append(errs, fmt.Errorf("delete topic %s: %w", r.Topic, r.Err))
		}
	}
	return errors.Join(errs...)
}

// TopicsWith lists the topics whose names begin so.
func (a *Admin) TopicsWith(ctx context.Context, prefix string) ([]string, error) {
	all, err := a.adm.ListTopics(fresh(ctx))
	if err != nil {
		return nil, fmt.Errorf("list the topics %s*: %w", prefix, err)
	}
	return slices.DeleteFunc(all.Names(), func(name string) bool { return !strings.HasPrefix(name, prefix) }), nil
}

// Lag is how many positions lie between what a group has committed and the ends
// of the topics, over all partitions. Where the group has committed nothing it
// has all of the partition before it. Markers of transactions are positions too.
func (a *Admin) Lag(ctx context.Context, group string, topics ...string) (int64, error) {
	// Commits first: a commit that overtakes the listed end would hide lag.
	commits, err := a.commits(ctx, group)
	if err != nil {
		return 0, err
	}
	starts, err := a.adm.ListStartOffsets(ctx, topics...)
	if err == nil {
		err = starts.Error()
	}
	if err != nil {
		return 0, fmt.Errorf("list the start of %s: %w", strings.Join(topics, ", "), err)
	}
	ends, err := a.adm.ListEndOffsets(ctx, topics...)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		return 0, fmt.Errorf("list the end of %s: %w", strings.Join(topics, ", "), err)
	}
	var lag int64
	ends.Each(func(end kadm.ListedOffset) {
		from := int64(0)
		if start, ok := starts.Lookup(end.Topic, end.Partition); ok {
			from = start.Offset
		}
		if c, ok := commits.Lookup(end.Topic, end.Partition); ok && c.At >= 0 {
			from = max(from, c.At)
		}
		lag += max(0, end.Offset-from)
	})
	return lag, nil
}

// Held counts the positions of all topics but the brokers' own.
func (a *Admin) Held(ctx context.Context) (map[string]int64, error) {
	topics, err := a.adm.ListTopics(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the topics: %w", err)
	}
	names := topics.Names() // without internal ones
	if len(names) == 0 {
		return nil, nil
	}
	starts, err := a.adm.ListStartOffsets(ctx, names...)
	if err != nil {
		return nil, fmt.Errorf("list the starts of all topics: %w", err)
	}
	ends, err := a.adm.ListEndOffsets(ctx, names...)
	if err != nil {
		return nil, fmt.Errorf("list the ends of all topics: %w", err)
	}
	held := map[string]int64{}
	ends.Each(func(end kadm.ListedOffset) {
		start, ok := starts.Lookup(end.Topic, end.Partition)
		if ok && end.Err == nil && start.Err == nil {
			held[end.Topic] += end.Offset - start.Offset
		}
	})
	return held, nil
}

func (a *Admin) commits(ctx context.Context, group string) (kadm.OffsetResponses, error) {
	commits, err := a.adm.FetchOffsets(ctx, group)
	if err == nil {
		err = commits.Error()
	}
	if err != nil && !errors.Is(err, kerr.GroupIDNotFound) {
		return nil, fmt.Errorf("fetch the offsets of group %s: %w", group, err)
	}
	return commits, nil
}

// Commits gives a group's committed offsets in a topic; partitions in which it has
// committed nothing are left out.
func (a *Admin) Commits(ctx context.Context, group, topic string) (map[int32]int64, error) {
	commits, err := a.commits(ctx, group)
	if err != nil {
		return nil, err
	}
	out := map[int32]int64{}
	for _, c := range commits[topic] {
		if c.Err == nil && c.At >= 0 {
			out[c.Partition] = c.At
		}
	}
	return out, nil
}

// Healthy returns nil if at least so many brokers are registered, each of them
// answers, and every partition of the topics, or of all that there are where none is
// named, has a leader and all of its replicas in sync; else an error that names the
// first thing that is not so. A broker that died a moment ago is still registered
// and in sync: hence each is asked.
func (a *Admin) Healthy(ctx context.Context, brokers int, topics ...string) error {
	m, err := a.adm.Metadata(fresh(ctx), topics...)
	if err != nil {
		return fmt.Errorf("ask for the state of the cluster: %w", err)
	}
	if len(m.Brokers) < brokers {
		return fmt.Errorf("%d of %d brokers are registered", len(m.Brokers), brokers)
	}
	for _, b := range m.Brokers {
		if err := a.ping(ctx, b.NodeID); err != nil {
			return fmt.Errorf("broker %d does not answer: %w", b.NodeID, err)
		}
	}
	if len(topics) == 0 {
		topics = m.Topics.Names()
	}
	for _, name := range topics {
		t, ok := m.Topics[name]
		if !ok || t.Err != nil || len(t.Partitions) == 0 {
			return fmt.Errorf("topic %s is not there yet", name)
		}
		for _, p := range slices.Sorted(maps.Keys(t.Partitions)) {
			switch d := t.Partitions[p]; {
			case d.Leader < 0:
				return fmt.Errorf("partition %s/%d has no leader", name, p)
			case len(d.ISR) < len(d.Replicas):
				return fmt.Errorf("partition %s/%d has %d of %d replicas in sync", name, p, len(d.ISR), len(d.Replicas))
			}
		}
	}
	return nil
}

// pingWithin bounds the wait for one broker's answer.
const pingWithin = 2 * time.Second

func (a *Admin) ping(ctx context.Context, broker int32) error {
	ctx, cancel := context.WithTimeout(ctx, pingWithin)
	defer cancel()
	_, err := a.cl.Broker(int(broker)).Request(ctx, kmsg.NewPtrApiVersionsRequest())
	return err
}

// AwaitHealthy waits until Healthy returns nil. At the end of ctx the error says
// what was last missing.
func (a *Admin) AwaitHealthy(ctx context.Context, brokers int, topics ...string) error {
	for {
		err := a.Healthy(ctx, brokers, topics...)
		if err == nil {
			return nil
		}
		if !sleep(ctx) {
			return fmt.Errorf("the cluster did not become healthy: %w", err)
		}
	}
}
