package embedded_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"surety/topologies"
	"surety/topologies/embedded"
)

func TestUpIsQuick(t *testing.T) {
	began := time.Now()
	up(t)
	took := time.Since(began)
	t.Logf("three brokers in %v", took)
	if took > 2*time.Second { // 150 ms is the aim; a loaded machine is no mistake
		t.Errorf("three brokers took %v", took)
	}
}

func TestBrokerIDsAreThoseOfTheNodes(t *testing.T) {
	top, _ := up(t)
	m, err := kadm.NewClient(client(t, top.Brokers(topologies.Observe))).BrokerMetadata(t.Context())
	ok(t, err)
	if got := m.Brokers.NodeIDs(); !slices.Equal(got, []int32{1, 2, 3}) {
		t.Errorf("broker ids %v, want 1, 2, 3", got)
	}
	if m.Controller < 1 || m.Controller > 3 {
		t.Errorf("controller %d", m.Controller)
	}
	var ids []string
	for _, n := range top.Nodes() {
		ids = append(ids, n.ID())
		if _, can := n.(topologies.Killer); can {
			t.Errorf("%s can be killed", n.ID())
		}
	}
	if want := []string{"broker-1", "broker-2", "broker-3"}; !slices.Equal(ids, want) {
		t.Errorf("nodes %v, want %v", ids, want)
	}
}

func TestLeadersAreSpreadOverTheBrokers(t *testing.T) {
	top, _ := up(t)
	for _, name := range []string{"in", "out"} {
		createTopic(t, top, name, 7, nil)
	}
	m, err := kadm.NewClient(client(t, top.Brokers(topologies.Drive))).Metadata(t.Context(), "in", "out")
	ok(t, err)
	for _, topic := range m.Topics {
		var leaders []int32
		for _, p := range topic.Partitions.Sorted() {
			leaders = append(leaders, p.Leader)
		}
		if want := []int32{1, 2, 3, 1, 2, 3, 1}; !slices.Equal(leaders, want) {
			t.Errorf("leaders of %s are %v, want %v", topic.Topic, leaders, want)
		}
	}
}

func TestEachViewWritesAndReadsOverItsOwnWay(t *testing.T) {
	top, _ := up(t, topologies.ProcessorSpec{Reference: "idle", Instances: 1})
	createTopic(t, top, "in", 3, nil)
	moved := func(from string) (sum int64) {
		for _, l := range top.Links() {
			if l.From() == from {
				tr := traffic(t, l)
				sum += tr.Forward + tr.Backward
			}
		}
		return sum
	}
	for _, tc := range []struct {
		view   topologies.View
		driver bool // its bytes pass the driver's links
	}{
		{topologies.Observe, false},
		{topologies.Drive, true},
	} {
		t.Run(string(tc.view), func(t *testing.T) {
			cl := client(t, top.Brokers(tc.view), kgo.ConsumeTopics("in"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
			want := "by " + string(tc.view)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			ok(t, cl.ProduceSync(ctx, &kgo.Record{Topic: "in", Value: []byte(want)}).FirstErr())
			for found := false; !found; {
				fs := cl.PollFetches(ctx)
				ok(t, fs.Err())
				fs.EachRecord(func(r *kgo.Record) { found = found || string(r.Value) == want })
			}
			if got := moved("driver") > 0; got != tc.driver {
				t.Errorf("bytes on the driver's links: %v, want %v", got, tc.driver)
			}
			if n := moved("processor-1"); n != 0 {
				t.Errorf("%d bytes on the processor's links, want none", n)
			}
		})
	}
}

func TestAppendTimeIsTheBrokers(t *testing.T) {
	top, _ := up(t)
	kind := "LogAppendTime"
	createTopic(t, top, "stamped", 1, map[string]*string{"message.timestamp.type": &kind})
	createTopic(t, top, "plain", 1, nil)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	old := time.Now().Add(-time.Hour).Truncate(time.Millisecond)
	for _, tc := range []struct {
		topic string
		now   bool
		codec kgo.CompressionCodec
	}{
		{"stamped", true, kgo.NoCompression()},
		{"stamped", true, kgo.SnappyCompression()},
		{"plain", false, kgo.NoCompression()},
	} {
		cl := client(t, top.Brokers(topologies.Drive), kgo.ProducerBatchCompression(tc.codec))
		before := time.Now().Truncate(time.Millisecond)
		var batch []*kgo.Record
		for range 50 {
			batch = append(batch, &kgo.Record{Topic: tc.topic, Value: []byte(strings.Repeat("x", 100)), Timestamp: old})
		}
		ok(t, cl.ProduceSync(ctx, batch...).FirstErr())
		reader := client(t, top.Brokers(topologies.Observe), kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{
			tc.topic: {0: kgo.NewOffset().At(batch[0].Offset)},
		}))
		for seen := 0; seen < len(batch); {
			fs := reader.PollFetches(ctx)
			ok(t, fs.Err())
			fs.EachRecord(func(r *kgo.Record) {
				seen++
				if stamped := !r.Timestamp.Before(before); stamped != tc.now {
					t.Fatalf("%s: a record of %v is stamped %v, written at %v", tc.topic, old, r.Timestamp, before)
				}
			})
		}
	}
}

func TestUpRefusesWhatItCannotRun(t *testing.T) {
	for _, tc := range []struct {
		why  string
		spec topologies.Spec
		says string
	}{
		{"another broker", topologies.Spec{Broker: topologies.BrokerSpec{Kind: "rabbitmq"}}, "rabbitmq"},
		{"an image", topologies.Spec{
			Broker: topologies.BrokerSpec{Kind: "kafka"}, Processors: []topologies.ProcessorSpec{{Name: "p", Image: "x", Instances: 1}},
		}, "image"},
		{"no program", topologies.Spec{
			Broker: topologies.BrokerSpec{Kind: "kafka"}, Processors: []topologies.ProcessorSpec{{Name: "p", Instances: 1}},
		}, "exactly one"},
		{"one name twice", topologies.Spec{
			Broker: topologies.BrokerSpec{Kind: "kafka"}, Processors: []topologies.ProcessorSpec{
				{Name: "p", Reference: "x", Instances: 1}, {Name: "p", Reference: "y", Instances: 1},
			},
		}, "different names"},
	} {
		top, err := embedded.New().Up(t.Context(), tc.spec, topologies.Env{Dir: t.TempDir()})
		if err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: error %v; want it to say %q", tc.why, err, tc.says)
		}
		if top != nil {
			_ = top.Close(t.Context())
		}
	}
}
