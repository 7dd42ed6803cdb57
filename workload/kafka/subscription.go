package kafka

import (
	"github.com/twmb/franz-go/pkg/kgo"
)

// subscription are the settings of a consumer under test over those of the harness's
// readers.
func (r *Reader) subscription() []kgo.Opt {
	s := r.Subscriber
	opts := []kgo.Opt{kgo.ConsumerGroup(s.Group), kgo.ConsumeTopics(r.Topic)}
	if s.Latest {
		opts = append(opts, kgo.ConsumeStartOffset(kgo.NewOffset().AtEnd()), kgo.ConsumeResetOffset(kgo.NewOffset().AtEnd()))
	}
	if s.Uncommitted {
		opts = append(opts, kgo.FetchIsolationLevel(kgo.ReadUncommitted()))
	}
	return opts
}
