package docker_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"surety/topologies"
)

// SURETY_WINDOW_RUNS says how many runs; each has a client and a topic of its own.
func TestContainersTheAnswerToExactlyTheNthCommitIsLost(t *testing.T) {
	requireDocker(t)
	runs, err := strconv.Atoi(os.Getenv("SURETY_WINDOW_RUNS"))
	if err != nil {
		runs = 3
	}
	c := up(t, "w"+strconv.Itoa(os.Getpid()), topologies.Spec{Provider: "docker", Broker: topologies.BrokerSpec{Kind: "kafka", Nodes: 3}})
	adm := kadm.NewClient(c.observe)
	eventually(t, "three brokers", func(ctx context.Context) (bool, error) {
		m, err := adm.BrokerMetadata(ctx)
		return err == nil && len(m.Brokers) == 3, err
	})
	hit := 0
	for run := range runs {
		t.Run(strconv.Itoa(run+1), func(t *testing.T) {
			c.loseTheAnswerToACommit(t, run)
			if !t.Failed() {
				hit++
			}
		})
	}
	t.Logf("exactly the n-th commit was hit in %d of %d runs", hit, runs)
}

func (c *cluster) loseTheAnswerToACommit(t *testing.T, run int) {
	const commits = 5
	nth := int64(run%commits + 1)
	tx, topic := fmt.Sprintf("tx-%d", run), fmt.Sprintf("out-%d", run)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, err := kadm.NewClient(c.observe).CreateTopic(ctx, 1, 3, nil, topic); err != nil {
		t.Fatal(err)
	}
	var own []topologies.Interceptor
	for _, l := range c.Links() {
		i, can := l.(topologies.Interceptor)
		if l.From() != string(topologies.Drive) || !can {
			continue
		}
		own = append(own, i)
		err := i.Intercept(ctx, tx, topologies.Rule{
			Match:      topologies.Match{API: []string{"EndTxn"}, End: "commit", TransactionalID: tx},
			Occurrence: topologies.Occurrence{Nth: nth}, // of the one coordinator that it has
			Act:        topologies.Act{After: topologies.CutOff},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	cl := c.client(t, topologies.Drive, kgo.TransactionalID(tx), kgo.DefaultProduceTopic(topic))
	var ended []time.Time
	for n := range commits {
		if err := cl.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		if err := cl.ProduceSync(ctx, kgo.StringRecord(fmt.Sprint("record ", n+1))).FirstErr(); err != nil {
			t.Fatal(err)
		}
		if err := cl.EndTransaction(ctx, kgo.TryCommit); err != nil {
			t.Fatal(err)
		}
		ended = append(ended, time.Now())
	}
	var sum topologies.Interception
	for _, i := range own {
		did, err := i.Intercepted(ctx, tx)
		if err != nil {
			t.Fatal(err)
		}
		sum.Matched, sum.Acted, sum.Frames = sum.Matched+did.Matched, sum.Acted+did.Acted, append(sum.Frames, did.Frames...)
		if err := i.Pass(ctx, tx); err != nil {
			t.Fatal(err)
		}
	}
	// A coordinator that still writes the markers of a transaction lets the client ask
	// again, so that there may be more.
	if sum.Acted != 1 || len(sum.Frames) != 1 || sum.Matched < commits+1 {
		t.Fatalf("it acted on %d of %d commits, want 1 of the %d and one again: %+v", sum.Acted, sum.Matched, commits, sum.Frames)
	}
	f := sum.Frames[0]
	if f.API != "EndTxn" || f.Nth != nth || f.Answer != "NONE" || f.TransactionalID != tx || f.Did != "answer lost, connection cut" {
		t.Errorf("evidence %+v", f)
	}
	if !f.At.Before(ended[nth-1]) { // none was asked for before its turn
		t.Errorf("it acted at %s, after transaction %d", f.At, nth)
	}
	t.Logf("%s v%d #%d, correlation %d, on %s: %s, the broker answered %s", f.API, f.Version, f.Nth, f.Correlation, f.Link, f.Did, f.Answer)
	reader := c.client(t, topologies.Observe, kgo.ConsumeTopics(topic), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	seen := map[string]int{}
	for len(seen) < commits {
		fs := reader.PollFetches(ctx)
		if err := fs.Err(); err != nil {
			t.Fatal(err)
		}
		fs.EachRecord(func(r *kgo.Record) { seen[string(r.Value)]++ })
	}
	for value, n := range seen {
		if n != 1 {
			t.Errorf("%q is there %d times", value, n)
		}
	}
}
