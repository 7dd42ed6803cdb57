package embedded

import (
	"context"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestALeaderThatMovedWithoutANewWriteLosesNothing(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	c, err := newCluster(ctx, 3, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.close(context.WithoutCancel(ctx)); err != nil {
			t.Error(err)
		}
	}()
	if err := c.kafka.CreateTopic("in", 1, nil); err != nil {
		t.Fatal(err)
	}
	cl, err := kgo.NewClient(kgo.SeedBrokers(c.told...), kgo.Dialer(c.dial(c.brokers())), kgo.DisableClientMetrics())
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	if err := cl.ProduceSync(ctx, &kgo.Record{Topic: "in", Value: []byte("x")}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	old := c.kafka.PartitionInfo("in", 0)
	leader := old.Leader%3 + 1
	if err := c.kafka.MoveTopicPartition("in", 0, leader); err != nil {
		t.Fatal(err)
	}
	now := c.kafka.PartitionInfo("in", 0).Epoch
	for _, tc := range []struct {
		why     string
		broker  int32
		current int32
		code    int16
		end     int64
	}{
		{"the epoch before the move, as a consumer asks after it", leader, now, 0, 1},
		{"a broker that no longer leads", old.Leader, now, kerr.NotLeaderForPartition.Code, -1},
		{"a client that does not know the move", leader, now - 1, kerr.FencedLeaderEpoch.Code, -1},
		{"a client that knows more than the broker", leader, now + 1, kerr.UnknownLeaderEpoch.Code, -1},
	} {
		req := kmsg.NewPtrOffsetForLeaderEpochRequest()
		req.ReplicaID = -1
		p := kmsg.NewOffsetForLeaderEpochRequestTopicPartition()
		p.CurrentLeaderEpoch, p.LeaderEpoch = tc.current, old.Epoch
		topic := kmsg.NewOffsetForLeaderEpochRequestTopic()
		topic.Topic = "in"
		topic.Partitions = append(topic.Partitions, p)
		req.Topics = append(req.Topics, topic)
		raw, err := cl.Broker(int(tc.broker)).Request(ctx, req)
		if err != nil {
			t.Fatalf("%s: %v", tc.why, err)
		}
		got := raw.(*kmsg.OffsetForLeaderEpochResponse).Topics[0].Partitions[0]
		if got.ErrorCode != tc.code || got.EndOffset != tc.end {
			t.Errorf("%s: error %v, end %d; want error %v, end %d", tc.why,
				kerr.ErrorForCode(got.ErrorCode), got.EndOffset, kerr.ErrorForCode(tc.code), tc.end)
		}
	}
}
