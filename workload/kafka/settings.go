package kafka

import (
	"cmp"

	"github.com/twmb/franz-go/pkg/kgo"

	"surety/workload"
)

// usualInFlight is the default of Kafka's own producer, idempotent or not.
const usualInFlight = 5

// settings are what an application has set over the safe client of ProducerOptions.
func settings(c workload.Client) []kgo.Opt {
	var opts []kgo.Opt
	switch c.Acks {
	case workload.AcksLeader:
		opts = append(opts, kgo.RequiredAcks(kgo.LeaderAck()))
	case workload.AcksNone:
		opts = append(opts, kgo.RequiredAcks(kgo.NoAck()))
	}
	if c.NotIdempotent {
		opts = append(opts, kgo.DisableIdempotentWrite(),
			kgo.MaxProduceRequestsInflightPerBroker(cmp.Or(c.MaxInFlight, usualInFlight)))
	}
	if c.DeliveryTimeout > 0 {
		opts = append(opts, kgo.RecordDeliveryTimeout(c.DeliveryTimeout))
		if !c.NotIdempotent {
			// As Kafka's own producer, which also gives up what is in flight.
			opts = append(opts, kgo.AllowIdempotentProduceCancellation())
		}
	}
	return opts
}
