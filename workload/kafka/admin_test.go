package kafka

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

func TestTopicsAreCreatedAndDeleted(t *testing.T) {
	_, e := cluster(t)
	a := admin(t, e)
	spec := TopicSpec{Name: "log", Partitions: 3, ReplicationFactor: 3, Config: map[string]string{"min.insync.replicas": "2"}}
	if err := a.CreateTopics(bounded(t), spec, TopicSpec{Name: "other", Partitions: 1, ReplicationFactor: -1}); err != nil {
		t.Fatal(err)
	}
	configs, err := a.adm.DescribeTopicConfigs(bounded(t), "log")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"message.timestamp.type=LogAppendTime", "min.insync.replicas=2"} {
		if !slices.ContainsFunc(configs[0].Configs, func(c kadm.Config) bool { return c.Key+"="+c.MaybeValue() == want }) {
			t.Errorf("the topic has not %s", want)
		}
	}
	if err := a.CreateTopics(bounded(t), spec); err == nil || !strings.Contains(err.Error(), "create topic log") {
		t.Errorf("a topic that exists was created: %v", err)
	}
	if err := a.DeleteTopics(bounded(t), "log", "other", "absent"); err != nil {
		t.Error(err)
	}
	if err := a.Healthy(bounded(t), 3, "log"); err == nil {
		t.Error("a deleted topic is healthy")
	}
}

func TestHealthNamesWhatIsMissing(t *testing.T) {
	_, e := cluster(t)
	create(t, e, "log", 2)
	a := admin(t, e)
	if err := a.Healthy(bounded(t), 3, "log"); err != nil {
		t.Error(err)
	}
	for _, row := range []struct {
		brokers int
		topics  []string
		want    string
	}{
		{4, nil, "3 of 4 brokers"},
		{3, []string{"log", "absent"}, "topic absent is not there"},
	} {
		if err := a.Healthy(bounded(t), row.brokers, row.topics...); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("got %v, want it to say %q", err, row.want)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if err := a.AwaitHealthy(ctx, 4); err == nil || !strings.Contains(err.Error(), "did not become healthy") {
		t.Errorf("got %v", err)
	}
}

func TestGroupIsSeenWithItsLagAndMembers(t *testing.T) {
	_, e := cluster(t)
	create(t, e, "log", 2)
	a := admin(t, e)
	if g, err := a.Group(bounded(t), "workers"); err != nil || g.State != "Dead" {
		t.Errorf("a group that does not exist is %+v, %v", g, err)
	}
	producer, err := NewClient(e, "test", kgo.DefaultProduceTopic("log"), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	defer producer.Close()
	for i := range 10 {
		r := &kgo.Record{Value: value("k", int64(i)), Partition: int32(i % 2)}
		if err := producer.ProduceSync(bounded(t), r).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	consumer, err := NewClient(e, "processor-1", kgo.ConsumerGroup("workers"), kgo.ConsumeTopics("log"),
		kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()), kgo.DisableAutoCommit())
	if err != nil {
		t.Fatal(err)
	}
	defer consumer.Close()
	var polled []*kgo.Record
	for len(polled) < 10 {
		fetches := consumer.PollFetches(bounded(t))
		if err := fetches.Err(); err != nil {
			t.Fatal(err)
		}
		polled = append(polled, fetches.Records()...)
	}
	lag := func() int64 {
		n, err := a.Lag(bounded(t), "workers", "log")
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := lag(); n != 10 {
		t.Errorf("lag %d before any commit, want all 10", n)
	}
	if err := consumer.CommitRecords(bounded(t), polled[0]); err != nil {
		t.Fatal(err)
	}
	if n := lag(); n != 9 {
		t.Errorf("lag %d after a commit of one record", n)
	}
	if err := consumer.CommitRecords(bounded(t), polled...); err != nil {
		t.Fatal(err)
	}
	if n := lag(); n != 0 {
		t.Errorf("lag %d after all was committed", n)
	}
	g, err := a.Group(bounded(t), "workers")
	if err != nil || g.State != "Stable" || len(g.Members) != 1 {
		t.Fatalf("the group is %+v, %v", g, err)
	}
	if m := g.Members[0]; m.Client != "surety-processor-1" || !slices.Equal(m.Assigned["log"], []int32{0, 1}) {
		t.Errorf("its member is %+v", m)
	}
}
