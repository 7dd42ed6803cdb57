package kafka

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"surety/checker/history"
	"surety/workload"
)

// batchProducerID is where a record batch of format 2 has its producer's id, -1
// where its producer is not idempotent (KIP-98).
const batchProducerID = 43

func TestSettingsReachTheBrokers(t *testing.T) {
	for _, row := range []struct {
		reason     string
		client     workload.Client
		acks       int16
		idempotent bool
	}{
		{"nothing is set", workload.Client{}, -1, true},
		{"the leader alone acknowledges", workload.Client{Acks: workload.AcksLeader, NotIdempotent: true}, 1, false},
		{"nobody acknowledges", workload.Client{Acks: workload.AcksNone, NotIdempotent: true}, 0, false},
		{"all acknowledge and nothing is recognized", workload.Client{NotIdempotent: true, MaxInFlight: 1}, -1, false},
	} {
		t.Run(row.reason, func(t *testing.T) {
			c, e := cluster(t)
			create(t, e, "log", 1)
			seen := make(chan *kmsg.ProduceRequest, 10)
			c.ControlKey(int16(kmsg.Produce), func(r kmsg.Request) (kmsg.Response, error, bool) {
				c.KeepControl()
				if p, ok := r.(*kmsg.ProduceRequest); ok {
					seen <- p
				}
				return nil, nil, false
			})
			p, err := NewProducer(ProducerConfig{Endpoint: e, Topic: "log", Client: row.client})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			a, err := send(bounded(t), p)
			if err != nil {
				t.Fatal(err)
			}
			if a.Class != history.OK || a.Reason != "" || (a.Offset == 0) != (row.acks != 0) {
				t.Errorf("the answer is %+v", a)
			}
			req := <-seen
			id := int64(binary.BigEndian.Uint64(req.Topics[0].Partitions[0].Records[batchProducerID:]))
			if req.Acks != row.acks || (id >= 0) != row.idempotent {
				t.Errorf("the broker got acks %d from producer id %d", req.Acks, id)
			}
		})
	}
}

// What an application does not look at is done for it, and the record says why it
// was not.
func TestIgnoredErrorsCountAsDone(t *testing.T) {
	for _, row := range []struct {
		reason string
		client workload.Client
		want   history.OutcomeClass
	}{
		{"the application looks at the result", workload.Client{}, history.Failed},
		{"the application ignores it", workload.Client{IgnoreErrors: true}, history.OK},
	} {
		c, e := cluster(t)
		create(t, e, "log", 1)
		c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: kerr.MessageTooLarge, Count: 1})
		p, err := NewProducer(ProducerConfig{Endpoint: e, Topic: "log", Client: row.client})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		a, err := send(bounded(t), p)
		if err != nil {
			t.Fatal(err)
		}
		if a.Class != row.want || !strings.Contains(a.Reason, "MESSAGE_TOO_LARGE") || a.Offset != -1 {
			t.Errorf("%s: the answer is %+v", row.reason, a)
		}
	}
}

func TestSettingsThatNoClientTakesAreRefused(t *testing.T) {
	for _, row := range []struct {
		reason string
		client workload.Client
	}{
		{"no such number of acknowledgements", workload.Client{Acks: "2", NotIdempotent: true}},
		{"idempotence needs all acknowledgements", workload.Client{Acks: workload.AcksLeader}},
		{"an idempotent client has its own number of requests", workload.Client{MaxInFlight: 1}},
		{"too many requests", workload.Client{NotIdempotent: true, MaxInFlight: 101}},
		{"a delivery timeout below a second", workload.Client{DeliveryTimeout: time.Millisecond}},
	} {
		if _, err := NewProducer(ProducerConfig{Topic: "log", Client: row.client}); err == nil {
			t.Errorf("%s: it was taken", row.reason)
		}
	}
}
