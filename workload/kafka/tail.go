package kafka

import (
	"context"

	"github.com/twmb/franz-go/pkg/kgo"

	"surety/checker/history"
)

// follow observes until ctx ends. An error does not end it, because what it sees
// later is evidence still; the first one is returned at the end.
func (r *Reader) follow(ctx context.Context, s history.Session, opts ...kgo.Opt) error {
	cl, err := r.client(s, opts...)
	if err != nil {
		return err
	}
	defer cl.Close()
	o := r.observer(s)
	o.live = true
	var first error
	for ctx.Err() == nil {
		fetches := cl.PollFetches(ctx)
		if fetches.IsClientClosed() {
			break
		}
		if err := fetchError(fetches); err != nil && first == nil {
			first = err
		}
		fetches.EachPartition(func(p kgo.FetchTopicPartition) { o.observe(p.Records) })
	}
	return first
}
