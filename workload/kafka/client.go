// Package kafka drives and observes Kafka: a recording producer, readers for the
// tail and the final read, the admin calls of a run and the roles that only the
// brokers can tell. Its clients reach the brokers through a topologies.Endpoint
// and nothing else.
package kafka

import (
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"surety/topologies"
)

// metadataMinAge lets a client follow a moved leader within this time; the
// client's own default of seconds would add to every measured outage.
const metadataMinAge = 250 * time.Millisecond

// NewClient makes a client of an endpoint, with what all clients of the harness
// share. It does not connect yet.
func NewClient(e topologies.Endpoint, id string, opts ...kgo.Opt) (*kgo.Client, error) {
	common := []kgo.Opt{
		kgo.SeedBrokers(e.Seeds...),
		kgo.ClientID("surety-" + id),
		kgo.MetadataMinAge(metadataMinAge),
		// In front of a broker that is down the proxy of its link accepts and
		// hangs up; the client would take that for a TLS mistake and give up.
		kgo.AlwaysRetryEOF(),
		kgo.DisableClientMetrics(), // nothing of ours shall count as traffic
	}
	if e.Dial != nil {
		common = append(common, kgo.Dialer(e.Dial))
	}
	cl, err := kgo.NewClient(append(common, opts...)...)
	if err != nil {
		return nil, fmt.Errorf("make the Kafka client %s: %w", id, err)
	}
	return cl, nil
}
