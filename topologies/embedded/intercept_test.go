package embedded_test

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

// times reads how often a test is to be repeated.
func times(t *testing.T, variable string, otherwise int) int {
	t.Helper()
	n, err := strconv.Atoi(os.Getenv(variable))
	if err != nil {
		return otherwise
	}
	return n
}

// intercept puts a rule in force on all links of the driver.
func intercept(t *testing.T, top topologies.Topology, id string, r topologies.Rule) (did func() topologies.Interception) {
	t.Helper()
	var own []topologies.Interceptor
	for _, l := range top.Links() {
		if l.From() == string(topologies.Drive) {
			own = append(own, l.(topologies.Interceptor))
			ok(t, own[len(own)-1].Intercept(t.Context(), id, r))
		}
	}
	return func() (sum topologies.Interception) {
		for _, l := range own {
			one, err := l.Intercepted(t.Context(), id)
			ok(t, err)
			sum.Requests, sum.Matched, sum.Acted, sum.Records = sum.Requests+one.Requests, sum.Matched+one.Matched, sum.Acted+one.Acted, sum.Records+one.Records
			sum.Frames = append(sum.Frames, one.Frames...)
		}
		return sum
	}
}

// stored counts the records of a topic that are not of control.
func stored(t *testing.T, top topologies.Topology, topic string) (records int, seen map[string]int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cl := client(t, top.Brokers(topologies.Observe), kgo.ConsumeTopics(topic), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.KeepControlRecords())
	ends, err := kadm.NewClient(cl).ListEndOffsets(ctx, topic)
	ok(t, err)
	left := map[int32]int64{}
	ends.Each(func(o kadm.ListedOffset) {
		if o.Offset > 0 {
			left[o.Partition] = o.Offset
		}
	})
	seen = map[string]int{}
	for len(left) > 0 {
		fs := cl.PollFetches(ctx)
		ok(t, fs.Err())
		fs.EachRecord(func(r *kgo.Record) {
			if !r.Attrs.IsControl() {
				records++
				seen[string(r.Value)]++
			}
			if end, is := left[r.Partition]; is && r.Offset+1 >= end {
				delete(left, r.Partition)
			}
		})
	}
	return records, seen
}

// SURETY_WINDOW_RUNS says how many runs.
func TestTheAnswerToExactlyTheNthCommitIsLost(t *testing.T) {
	runs := times(t, "SURETY_WINDOW_RUNS", 5)
	hit := 0
	for run := range runs {
		t.Run(strconv.Itoa(run+1), func(t *testing.T) {
			nth := int64(run%5 + 1)
			top, _ := up(t)
			createTopic(t, top, "out", 3, nil)
			did := intercept(t, top, "lost", topologies.Rule{
				Match:      topologies.Match{API: []string{"EndTxn"}, End: "commit", TransactionalID: "tx-*"},
				Occurrence: topologies.Occurrence{Nth: nth},
				Act:        topologies.Act{After: topologies.CutOff},
			})
			cl := client(t, top.Brokers(topologies.Drive), kgo.TransactionalID("tx-1"), kgo.DefaultProduceTopic("out"))
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			var ended []time.Time
			for n := range 5 {
				ok(t, cl.BeginTransaction())
				ok(t, cl.ProduceSync(ctx, kgo.StringRecord(fmt.Sprint("record ", n+1))).FirstErr())
				ok(t, cl.EndTransaction(ctx, kgo.TryCommit))
				ended = append(ended, time.Now())
			}
			d := did()
			if d.Acted != 1 || len(d.Frames) != 1 {
				t.Fatalf("it acted on %d commits, want 1: %+v", d.Acted, d.Frames)
			}
			f := d.Frames[0]
			if f.API != "EndTxn" || f.Nth != nth || f.Answer != "NONE" || f.TransactionalID != "tx-1" || f.Did != "answer lost, connection cut" {
				t.Errorf("evidence %+v", f)
			}
			// The client has asked again, and for no other.
			if d.Matched != 6 {
				t.Errorf("%d commits were asked for, want the 5 and one again", d.Matched)
			}
			if nth > 1 && !f.At.After(ended[nth-2]) || !f.At.Before(ended[nth-1]) {
				t.Errorf("it acted at %s, outside of transaction %d", f.At, nth)
			}
			if n, seen := stored(t, top, "out"); n != 5 || len(seen) != 5 {
				t.Errorf("%d records are committed, %d different ones, want 5", n, len(seen))
			}
			if !t.Failed() {
				hit++
			}
		})
	}
	t.Logf("exactly the n-th commit was hit in %d of %d runs", hit, runs)
}

// Each answer that is lost makes the client send its batch again: without idempotence
// the broker appends it twice. SURETY_WINDOW_ANSWERS says how many are lost.
func TestLostProduceAnswersDuplicateWhatWasSentAgainUnlessIdempotent(t *testing.T) {
	losses := int64(times(t, "SURETY_WINDOW_ANSWERS", 20))
	for _, tt := range []struct {
		why        string
		idempotent bool
	}{
		{"with idempotence the broker knows the batch", true},
		{"without it what was sent again is there again", false},
	} {
		t.Run(tt.why, func(t *testing.T) {
			top, _ := up(t)
			createTopic(t, top, "out", 1, nil)
			did := intercept(t, top, "lost", topologies.Rule{
				Match:      topologies.Match{API: []string{"Produce"}, Topic: "out"},
				Occurrence: topologies.Occurrence{Every: 4, Most: losses},
				Act:        topologies.Act{After: topologies.CutOff},
			})
			// One request at a time: whatever else waits on a connection that is cut is sent
			// again too.
			opts := []kgo.Opt{kgo.DefaultProduceTopic("out"), kgo.MaxProduceRequestsInflightPerBroker(1), kgo.ProducerLinger(0), kgo.RecordRetries(1 << 20),
				kgo.RetryBackoffFn(func(int) time.Duration { return time.Millisecond })}
			if !tt.idempotent {
				opts = append(opts, kgo.DisableIdempotentWrite())
			}
			cl := client(t, top.Brokers(topologies.Drive), opts...)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
			defer cancel()
			sent := 0
			for did().Acted < losses {
				ok(t, ctx.Err())
				var batch []*kgo.Record
				for range 3 {
					sent++
					batch = append(batch, kgo.StringRecord(fmt.Sprint("record ", sent)))
				}
				ok(t, cl.ProduceSync(ctx, batch...).FirstErr())
			}
			d := did()
			if d.Acted != losses {
				t.Fatalf("%d answers were lost, want %d", d.Acted, losses)
			}
			records, seen := stored(t, top, "out")
			duplicated := records - len(seen)
			want := int(d.Records)
			if tt.idempotent {
				want = 0
			}
			t.Logf("%d answers lost, for %d records; %d records sent, %d stored, %d duplicated", d.Acted, d.Records, sent, records, duplicated)
			if len(seen) != sent || duplicated != want {
				t.Errorf("%d of %d records are there, %d duplicated, want %d", len(seen), sent, duplicated, want)
			}
		})
	}
}
