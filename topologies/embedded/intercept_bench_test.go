package embedded_test

import (
	"context"
	"fmt"
	"net"
	"slices"
	"sync/atomic"
	"syscall"
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
	costRecords = 200_000
	costBytes   = 100
	costRounds  = 15 // a fifth of the ratios left out on either side bounds the median with 96 % confidence
)

// costLegs are the ways to the broker.
var costLegs = []string{"direct", "plain proxy", "intercepting proxy"}

// rate is how fast a leg was, by the clock and by the processor time of all that took
// part: client, proxy and broker are one process.
type rate struct{ second, cpu float64 }

// measured runs a leg.
func measured(b *testing.B, leg func()) rate {
	b.Helper()
	used := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	began, before := time.Now(), used()
	leg()
	return rate{costRecords / time.Since(began).Seconds(), costRecords / (used() - before).Seconds()}
}

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
	produce := func(way, topic string) rate {
		cl := open(way, kgo.DefaultProduceTopic(topic))
		defer cl.Close()
		if err := cl.ProduceSync(ctx, kgo.SliceRecord(value)).FirstErr(); err != nil { // connections stand
			b.Fatal(err)
		}
		var failed atomic.Int64
		r := measured(b, func() {
			for range costRecords {
				cl.Produce(ctx, kgo.SliceRecord(value), func(_ *kgo.Record, err error) {
					if err != nil {
						failed.Add(1)
					}
				})
			}
			if err := cl.Flush(ctx); err != nil || failed.Load() > 0 {
				b.Fatalf("%d of %d records were not written: %v", failed.Load(), costRecords, err)
			}
		})
		return r
	}
	consume := func(way, topic string) rate {
		cl := open(way, kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
		defer cl.Close()
		if err := cl.Ping(ctx); err != nil {
			b.Fatal(err)
		}
		return measured(b, func() {
			for n := 0; n < costRecords; {
				fs := cl.PollFetches(ctx)
				if err := fs.Err(); err != nil {
					b.Fatal(err)
				}
				n += fs.NumRecords()
			}
		})
	}
	for b.Loop() {
		written, read := map[string][]rate{}, map[string][]rate{}
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
			b.Logf("%-18s  produce %s, consume %s", way, medians(written[way]), medians(read[way]))
		}
		b.Logf("produce, intercepting to direct: %s", ratios(written["intercepting proxy"], written["direct"]))
		b.Logf("produce, plain proxy to direct:  %s", ratios(written["plain proxy"], written["direct"]))
		b.Logf("consume, intercepting to plain:  %s", ratios(read["intercepting proxy"], read["plain proxy"]))
		b.Logf("consume, plain proxy to direct:  %s", ratios(read["plain proxy"], read["direct"]))
	}
}

func costTopic(round, leg int) string { return fmt.Sprintf("cost-%d-%d", round, leg) }

func seconds(r rate) float64 { return r.second }
func cpus(r rate) float64    { return r.cpu }

// medians are those of all rounds.
func medians(all []rate) string {
	middle := func(of func(rate) float64) float64 {
		var v []float64
		for _, r := range all {
			v = append(v, of(r))
		}
		slices.Sort(v)
		return v[len(v)/2]
	}
	return fmt.Sprintf("%.0f records/s, %.0f per CPU second", middle(seconds), middle(cpus))
}

// ratios are those of the rounds: their medians with their intervals.
func ratios(a, to []rate) string {
	ratio := func(of func(rate) float64) string {
		r := make([]float64, len(a))
		for i := range a {
			r[i] = of(a[i]) / of(to[i])
		}
		slices.Sort(r)
		low := len(r) / 5
		return fmt.Sprintf("%.2f [%.2f, %.2f]", r[len(r)/2], r[low], r[len(r)-1-low])
	}
	return ratio(seconds) + " by the clock, " + ratio(cpus) + " by CPU time"
}
