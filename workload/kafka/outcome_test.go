package kafka

import (
	"context"
	"errors"
	"fmt"
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

// The states of a client between the hand-over of a record and its failure.
var (
	idle       = &sendState{begun: 7, ended: 7}
	answered   = &sendState{begun: 8, ended: 8}              // one request since, answered
	overtaken  = &sendState{begun: 8, ended: 8, other: true} // and then an answer to something else
	inFlight   = &sendState{begun: 8, ended: 7}
	unanswered = &sendState{begun: 8, ended: 8, lost: 1}
	resent     = &sendState{begun: 9, ended: 9}
)

func TestErrorsAreDefiniteOnlyWithProof(t *testing.T) {
	for _, row := range []struct {
		reason         string
		handed, failed *sendState
		failedFor      map[proof]bool
	}{
		{"never sent", idle, idle, map[proof]bool{isUnsent: true, isSentOnce: true, byContent: true}},
		{"sent once and answered", idle, answered, map[proof]bool{isSentOnce: true, byContent: true}},
		{"sent once, answered, and the error came with a later answer", idle, overtaken, map[proof]bool{byContent: true}},
		{"still in flight", idle, inFlight, map[proof]bool{byContent: true}},
		{"the answer was lost", idle, unanswered, map[proof]bool{byContent: true}},
		{"sent again", idle, resent, map[proof]bool{byContent: true}},
		{"others were in flight when it was handed over", inFlight, inFlight, map[proof]bool{byContent: true}},
	} {
		for _, r := range rulings {
			want := history.Unknown
			if row.failedFor[r.needs] {
				want = history.Failed
			}
			for _, err := range []error{r.err, fmt.Errorf("wrapped: %w", r.err)} {
				if got := classify(err, row.handed, row.failed); got != want {
					t.Errorf("%s, %v: class %d, want %d", row.reason, err, got, want)
				}
			}
		}
	}
	if classify(nil, idle, inFlight) != history.OK {
		t.Error("no error is ok")
	}
	if classify(errors.New("never heard of"), idle, idle) != history.Unknown {
		t.Error("an error that is not in the table is unknown")
	}
	both := fmt.Errorf("%w, last err: %w", kgo.ErrRecordTimeout, kerr.NotLeaderForPartition)
	if classify(both, idle, idle) != history.Unknown {
		t.Error("of two errors the more doubtful decides")
	}
}

func TestEveryRulingHasAReasonAndOneRow(t *testing.T) {
	seen := map[error]bool{}
	for _, r := range rulings {
		if r.reason == "" || seen[r.err] {
			t.Errorf("row %v: reason %q, there before: %v", r.err, r.reason, seen[r.err])
		}
		seen[r.err] = true
	}
}

// send drives one record and returns its outcome.
func send(ctx context.Context, p *Producer) (workload.Answer, error) {
	got := make(chan workload.Answer, 1)
	r := &workload.Record{Attempt: 1, Key: []byte("k"), Value: value("k", 1)}
	p.Send(ctx, r, func(_ *workload.Record, a workload.Answer) { got <- a })
	select {
	case a := <-got:
		return a, nil
	case <-time.After(testTimeout):
		return workload.Answer{}, errors.New("no answer")
	}
}

func TestOutcomesUnderFaults(t *testing.T) {
	produce := func(err *kerr.Error, count int) kfake.Fault {
		return kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: err, Count: count}
	}
	for _, row := range []struct {
		reason string
		faults []kfake.Fault
		want   history.OutcomeClass
		text   string
		stored int64
	}{
		{"nothing wrong", nil, history.OK, "", 1},
		{"a leader that moved is retried by the client", []kfake.Fault{produce(kerr.NotLeaderForPartition, 2)}, history.OK, "", 1},
		{
			"written, answered with a timeout, recognized at the next send",
			[]kfake.Fault{produce(kerr.RequestTimedOut, 1)}, history.OK, "", 1,
		},
		{
			"denied at the first send", []kfake.Fault{produce(kerr.TopicAuthorizationFailed, 1)},
			history.Failed, "TOPIC_AUTHORIZATION_FAILED", 0,
		},
		{
			"written, answered with a timeout, denied at the second send",
			[]kfake.Fault{produce(kerr.RequestTimedOut, 1), produce(kerr.TopicAuthorizationFailed, -1)},
			history.Unknown, "TOPIC_AUTHORIZATION_FAILED", 1,
		},
		{
			"not the leader, then denied: this time nothing was written, but nobody can know",
			[]kfake.Fault{produce(kerr.NotLeaderForPartition, 1), produce(kerr.TopicAuthorizationFailed, -1)},
			history.Unknown, "TOPIC_AUTHORIZATION_FAILED", 0,
		},
		{"too large", []kfake.Fault{produce(kerr.MessageTooLarge, 1)}, history.Failed, "MESSAGE_TOO_LARGE", 0},
		{
			"denied before anything was sent",
			[]kfake.Fault{{Keys: []kmsg.Key{kmsg.Metadata}, Topic: "log", Err: kerr.TopicAuthorizationFailed, Count: -1}},
			history.Failed, "TOPIC_AUTHORIZATION_FAILED", 0,
		},
		{"an error that says nothing", []kfake.Fault{produce(kerr.UnknownServerError, 1)}, history.Unknown, "UNKNOWN_SERVER_ERROR", 0},
	} {
		t.Run(row.reason, func(t *testing.T) {
			c, e := cluster(t)
			create(t, e, "log", 1)
			handle := c.Fault(row.faults...)
			p, err := NewProducer(ProducerConfig{Endpoint: e, Topic: "log"})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			a, err := send(bounded(t), p)
			if err != nil {
				t.Fatal(err)
			}
			handle.Remove()
			if a.Class != row.want || (row.text == "") != (a.Reason == "") || len(row.text) > 0 && a.Reason[:len(row.text)] != row.text {
				t.Errorf("got class %d because of %q, want %d because of %q", a.Class, a.Reason, row.want, row.text)
			}
			if a.Class != history.OK && (a.Partition != -1 || a.Offset != -1) {
				t.Errorf("a record that was not acknowledged has position %d@%d", a.Partition, a.Offset)
			}
			m := newMemory()
			r := &Reader{Endpoint: e, Topic: "log", Run: "run", Recorder: m, Clock: history.NewClock()}
			if err := r.Observe(bounded(t), history.Session{Session: 1, View: history.Input, Purpose: history.Final}); err != nil {
				t.Fatal(err)
			}
			if n := int64(len(m.observations[1])); n != row.stored {
				t.Errorf("%d records in the log, want %d", n, row.stored)
			}
		})
	}
}

func TestARecordThatWasNeverSentIsDefinite(t *testing.T) {
	c, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	addrs := c.ListenAddrs()
	c.Close() // nobody listens now
	for _, row := range []struct {
		reason string
		end    func(cancel context.CancelFunc, p *Producer)
	}{
		{"the delivery time passes", func(context.CancelFunc, *Producer) {}},
		{"the run is ended", func(cancel context.CancelFunc, _ *Producer) { cancel() }},
		{"the client is closed", func(_ context.CancelFunc, p *Producer) { p.Close() }},
	} {
		t.Run(row.reason, func(t *testing.T) {
			p, err := NewProducer(ProducerConfig{
				Endpoint: topologies.Endpoint{Seeds: addrs}, Topic: "log", Client: workload.Client{DeliveryTimeout: time.Second},
			})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			ctx, cancel := context.WithCancel(bounded(t))
			defer cancel()
			got := make(chan workload.Answer, 1)
			p.Send(ctx, &workload.Record{Key: []byte("k"), Value: value("k", 1)},
				func(_ *workload.Record, a workload.Answer) { got <- a })
			row.end(cancel, p)
			select {
			case a := <-got:
				if a.Class != history.Failed {
					t.Errorf("got class %d because of %q", a.Class, a.Reason)
				}
			case <-bounded(t).Done():
				t.Error("no answer")
			}
		})
	}
}

func TestARecordWhoseAnswerIsLostIsUnknown(t *testing.T) {
	c, e := cluster(t)
	create(t, e, "log", 1)
	cut := make(chan struct{}, 100)
	c.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		cut <- struct{}{}
		return nil, errors.New("the connection is cut"), true
	})
	p, err := NewProducer(ProducerConfig{Endpoint: e, Topic: "log"})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	got := make(chan workload.Answer, 1)
	p.Send(bounded(t), &workload.Record{Key: []byte("k"), Value: value("k", 1)},
		func(_ *workload.Record, a workload.Answer) { got <- a })
	select {
	case <-cut:
	case <-bounded(t).Done():
		t.Fatal("the record was not sent")
	}
	p.Close()
	if a := <-got; a.Class != history.Unknown {
		t.Errorf("got class %d because of %q", a.Class, a.Reason)
	}
}
