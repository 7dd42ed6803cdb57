package kafka

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"surety/checker/history"
	"surety/topologies"
	"surety/workload"
)

// ended is how a transaction ended and what its records were answered.
type ended struct {
	class history.OutcomeClass
	why   error
	early int // answered before the end
	all   []workload.Answer
}

// ending sends records and ends their transaction.
func ending(ctx context.Context, t *testing.T, tx *Transactional, commit bool, meanwhile func(), keys ...string) (e ended) {
	t.Helper()
	answers := make(chan workload.Answer, len(keys))
	for i, k := range keys {
		tx.Send(ctx, &workload.Record{Attempt: uint64(i + 1), Key: []byte(k), Value: value(k, 1), Seq: 1},
			func(_ *workload.Record, a workload.Answer) { answers <- a })
	}
	if tx.p != nil {
		if err := tx.p.Flush(ctx); err != nil {
			t.Log(err)
		}
	}
	e.early = len(answers)
	if meanwhile != nil {
		meanwhile()
	}
	e.class, e.why = tx.End(ctx, commit)
	if len(answers) != len(keys) {
		t.Fatalf("%d of %d records are answered after the end", len(answers), len(keys))
	}
	close(answers)
	for a := range answers {
		e.all = append(e.all, a)
	}
	return e
}

// visible counts the records of the topic log in a committed view.
func visible(t *testing.T, e topologies.Endpoint) int {
	t.Helper()
	m := newMemory()
	r := &Reader{Endpoint: e, Topic: "log", Run: "run", Recorder: m, Clock: history.NewClock(), Stall: 10 * time.Second}
	if err := r.Observe(bounded(t), history.Session{Session: 1, View: history.Committed, Purpose: history.Final}); err != nil {
		t.Fatal(err)
	}
	return len(m.observations[1])
}

func TestRecordsAreNoSurerThanTheirTransaction(t *testing.T) {
	refused := func(err *kerr.Error) kfake.Fault {
		return kfake.Fault{Keys: []kmsg.Key{kmsg.EndTxn}, Err: err, Count: 1}
	}
	for _, row := range []struct {
		reason    string
		set       workload.Transactions
		abort     bool
		fault     func(c *kfake.Cluster)
		meanwhile func(t *testing.T, e topologies.Endpoint)
		class     history.OutcomeClass
		records   history.OutcomeClass
		early     int
		visible   int
		says      string
	}{
		{reason: "committed", class: history.OK, records: history.OK, visible: 3},
		{reason: "aborted by the application", abort: true, class: history.Failed, records: history.Failed, says: "aborted by the application"},
		{
			reason: "done at send, and aborted",
			set:    workload.Transactions{DoneAtSend: true}, abort: true,
			class: history.Failed, records: history.OK, early: 3, says: "aborted by the application",
		},
		{
			reason: "a record is not written",
			fault: func(c *kfake.Cluster) {
				c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: kerr.MessageTooLarge, Count: 1})
			},
			class: history.Failed, records: history.Failed, says: "not all was written",
		},
		{
			reason: "fenced by another producer of its id",
			meanwhile: func(t *testing.T, e topologies.Endpoint) {
				cl := transactional(t, e, "mine")
				if _, _, err := cl.ProducerID(bounded(t)); err != nil {
					t.Fatal(err)
				}
			},
			class: history.Failed, records: history.Failed, says: "commit: ",
		},
		{
			reason: "the brokers refuse the commit",
			fault:  func(c *kfake.Cluster) { c.Fault(refused(kerr.InvalidTxnState)) },
			class:  history.Failed, records: history.Failed, says: "INVALID_TXN_STATE",
		},
		{
			reason: "the answer to the commit never comes",
			fault: func(c *kfake.Cluster) {
				c.ControlKey(int16(kmsg.EndTxn), func(kmsg.Request) (kmsg.Response, error, bool) {
					c.KeepControl()
					return nil, errors.New("the connection is cut"), true
				})
			},
			class: history.Unknown, records: history.Unknown, says: "commit: ",
		},
	} {
		t.Run(row.reason, func(t *testing.T) {
			t.Parallel()
			c, e := cluster(t)
			create(t, e, "log", 1)
			row.set.Records, row.set.Timeout = 100, 3*time.Second
			tx, err := NewTransactional(ProducerConfig{
				Endpoint: e, Topic: "log", Client: workload.Client{Transactions: row.set}, Opts: []kgo.Opt{kgo.RetryTimeout(2 * time.Second)},
			}, "mine")
			if err != nil {
				t.Fatal(err)
			}
			defer tx.Close()
			if err := tx.Begin(bounded(t)); err != nil {
				t.Fatal(err)
			}
			if row.fault != nil {
				row.fault(c)
			}
			meanwhile := func() {
				if row.meanwhile != nil {
					row.meanwhile(t, e)
				}
			}
			end := ending(bounded(t), t, tx, !row.abort, meanwhile, "a", "b", "c")
			if end.class != row.class || end.early != row.early || (end.why == nil) != (end.class == history.OK) {
				t.Errorf("it ended with class %d, %v, %d answered before", end.class, end.why, end.early)
			}
			if !strings.Contains(fmt.Sprint(end.why), row.says) {
				t.Errorf("it says %v, which lacks %q", end.why, row.says)
			}
			for _, a := range end.all {
				if a.Class != row.records || a.Class != history.OK && a.Reason == "" {
					t.Errorf("a record is answered %+v", a)
				}
			}
			if row.class == history.Unknown {
				return // and so is what readers see
			}
			if n := visible(t, e); n != row.visible {
				t.Errorf("%d records are visible, want %d", n, row.visible)
			}
			// Whatever happened, the application goes on.
			if err := tx.Begin(bounded(t)); err != nil {
				t.Fatal(err)
			}
			end = ending(bounded(t), t, tx, true, nil, "d")
			if n := visible(t, e); end.class != history.OK || n != row.visible+1 {
				t.Errorf("the next transaction ended with class %d, %v, and %d records are visible", end.class, end.why, n)
			}
		})
	}
}

func TestWithoutBrokersNoTransactionBegins(t *testing.T) {
	c, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	e := topologies.Endpoint{Seeds: c.ListenAddrs()}
	c.Close()
	tx, err := NewTransactional(ProducerConfig{
		Endpoint: e, Topic: "log", Client: workload.Client{Transactions: workload.Transactions{Records: 10, Timeout: time.Second}},
	}, "mine")
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Close()
	short, cancel := context.WithTimeout(bounded(t), 500*time.Millisecond)
	defer cancel()
	if err := tx.Begin(short); err == nil {
		t.Error("it was begun")
	}
	end := ending(bounded(t), t, tx, true, nil, "a", "b")
	if end.class != history.Failed || end.why == nil || end.all[0].Class != history.Failed || end.all[1].Class != history.Failed {
		t.Errorf("it ended with %+v", end)
	}
}
