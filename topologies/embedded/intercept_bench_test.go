package embedded_test

import (
	"context"
	"fmt"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"surety/topologies"
	"surety/topologies/gateway"
)

// The load of one leg. The legs of a round take turns, and each round begins with
// another, so that whatever else the machine does falls on all of them.
const (
	costRecords = 100_000
	costBytes   = 100
	costRounds  = 9 // bounds a median with 95 % confidence by its second lowest and second highest
)

// costLegs are the ways to the broker.
var costLegs = []string{"direct", "plain proxy", "intercepting proxy"}

// BenchmarkIntercepting measures what reading every message costs, with rules that
// decode every Produce and every Fetch and never act, and with addresses rewritten:
// produce against a client without any proxy, consume against the same proxy with
// its messages unread. It prints medians of the ratios of a round with their
// intervals.
//
//	go test -run '^$' -bench BenchmarkIntercepting -benchtime 1x ./topologies/embedded
func BenchmarkIntercepting(b *testing.B) {
	var topics []string
	for round := range costRounds {
		for i := range costLegs {
			topics = append(topics, costTopic(round, i))
		}
	}
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(6, topics...))
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	broker := c.ListenAddrs()[0]
	s, err := gateway.Start(b.Context(), gateway.Config{Control: "127.0.0.1:0", Routes: []gateway.Route{
		{From: "plain", To: "broker-1", Port: "kafka", Listen: "127.0.0.1:0", Upstream: broker},
		{From: "read", To: "broker-1", Port: "kafka", Listen: "127.0.0.1:0", Upstream: broker, Protocol: "kafka", Advertised: broker},
	}})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close(context.Background()) }()
	control, err := gateway.Connect(b.Context(), s.ControlURL(), s.Routes())
	if err != nil {
		b.Fatal(err)
	}
	defer control.Close()
	for i, api := range []string{"Produce", "Fetch"} {
		rule := topologies.Rule{
			Match:      topologies.Match{API: []string{api}, Topic: "cost*"},
			Occurrence: topologies.Occurrence{Nth: 1 << 40}, Act: topologies.Act{After: topologies.Lose},
		}
		if err := control.Links()[1].(topologies.Interceptor).Intercept(b.Context(), fmt.Sprint(i), rule); err != nil {
			b.Fatal(err)
		}
	}
	ways := map[string]string{"direct": broker, "plain proxy": s.Routes()[0].Listen, "intercepting proxy": s.Routes()[1].Listen}
	open := func(way string, more ...kgo.Opt) *kgo.Client {
		opts := append([]kgo.Opt{kgo.SeedBrokers(ways[way]), kgo.DisableClientMetrics(), kgo.FetchMaxWait(100 * time.Millisecond), kgo.MetadataMinAge(100 * time.Millisecond),
			kgo.ProducerBatchCompression(kgo.NoCompression())}, more...)
		if way == "plain proxy" { // nobody rewrites the address
			opts = append(opts, kgo.Dialer(func(ctx context.Context, network, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, ways[way])
			}))
		}
		cl, err := kgo.NewClient(opts...)
		if err != nil {
			b.Fatal(err)
		}
		return cl
	}
	ctx, cancel := context.WithTimeout(b.Context(), 20*time.Minute)
	defer cancel()
	value := make([]byte, costBytes)
	produce := func(way, topic string) float64 {
		cl := open(way, kgo.DefaultProduceTopic(topic))
		defer cl.Close()
		if err := cl.ProduceSync(ctx, kgo.SliceRecord(value)).FirstErr(); err != nil { // connections stand
			b.Fatal(err)
		}
		began := time.Now()
		for range costRecords {
			cl.Produce(ctx, kgo.SliceRecord(value), func(_ *kgo.Record, err error) {
				if err != nil {
					b.Error(err)
				}
			})
		}
		if err := cl.Flush(ctx); err != nil {
			b.Fatal(err)
		}
		return costRecords / time.Since(began).Seconds()
	}
	consume := func(way, topic string) float64 {
		cl := open(way, kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
		defer cl.Close()
		if err := cl.Ping(ctx); err != nil {
			b.Fatal(err)
		}
		began, n := time.Now(), 0
		for n < costRecords {
			fs := cl.PollFetches(ctx)
			if err := fs.Err(); err != nil {
				b.Fatal(err)
			}
			n += fs.NumRecords()
		}
		return float64(n) / time.Since(began).Seconds()
	}
	for b.Loop() {
		written, read := map[string][]float64{}, map[string][]float64{}
		for round := range costRounds {
			for i := range costLegs {
				way := costLegs[(round+i)%len(costLegs)]
				written[way] = append(written[way], produce(way, costTopic(round, i)))
			}
			for i := range costLegs {
				way := costLegs[(round+i)%len(costLegs)]
				read[way] = append(read[way], consume(way, costTopic(round, 0)))
			}
		}
		for _, way := range costLegs {
			b.Logf("%-18s  produce %.0f records/s, consume %.0f records/s at the median", way, median(written[way]), median(read[way]))
		}
		b.Logf("produce, intercepting to direct: %s", ratios(written["intercepting proxy"], written["direct"]))
		b.Logf("produce, plain proxy to direct:  %s", ratios(written["plain proxy"], written["direct"]))
		b.Logf("consume, intercepting to plain:  %s", ratios(read["intercepting proxy"], read["plain proxy"]))
		b.Logf("consume, plain proxy to direct:  %s", ratios(read["plain proxy"], read["direct"]))
	}
}

func costTopic(round, leg int) string { return fmt.Sprintf("cost-%d-%d", round, leg) }

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return s[len(s)/2]
}

// ratios are those of the rounds: their median with its interval.
func ratios(a, to []float64) string {
	r := make([]float64, len(a))
	for i := range a {
		r[i] = a[i] / to[i]
	}
	slices.Sort(r)
	return fmt.Sprintf("%.2f [%.2f, %.2f]", r[len(r)/2], r[1], r[len(r)-2])
}
