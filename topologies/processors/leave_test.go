package processors

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"go.uber.org/goleak"
)

// Every processor ends soon after its context, with nothing left running, also
// where it never reached a broker.
func TestProcessorsLeaveNothingBehind(t *testing.T) {
	before := goleak.IgnoreCurrent()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, "in", "out"), kfake.GroupMinSessionTimeout(time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	addresses := cluster.ListenAddrs()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
	t.Cleanup(cluster.Close)
	var running sync.WaitGroup
	defer running.Wait()
	for _, p := range All {
		for place, bootstrap := range map[string][]string{"served": addresses, "refused": {"127.0.0.1:1"}} {
			running.Go(func() {
				ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
				defer cancel()
				cfg := Config{
					Bootstrap: bootstrap, Input: "in", Output: "out", Group: "group-" + p.Name, Name: "processor-1",
					SessionTimeout: time.Second, Heartbeat: 200 * time.Millisecond, TransactionTimeout: 10 * time.Second,
				}
				began := time.Now()
				if err := p.Run(ctx, cfg); err != nil || time.Since(began) > 10*time.Second {
					t.Errorf("%s, %s: ended after %v with %v", p.Name, place, time.Since(began), err)
				}
			})
		}
	}
}

func TestProcessorsRefuseOptionsThatTheClientDoesNotTake(t *testing.T) {
	for _, p := range All {
		cfg := Config{
			Bootstrap: []string{"127.0.0.1:1"}, Input: "in", Output: "out", Group: "g", Name: "processor-1",
			// Longer than its session: no retry makes it right.
			SessionTimeout: time.Second, Heartbeat: 2 * time.Second, TransactionTimeout: 10 * time.Second,
		}
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		if err := p.Run(ctx, cfg); err == nil || ctx.Err() != nil {
			t.Errorf("%s does not refuse: %v", p.Name, err)
		}
		cancel()
	}
}
