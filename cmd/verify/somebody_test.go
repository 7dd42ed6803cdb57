package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// somebodyElse is a program that knows nothing of this module but the variables
// that it is given. It forwards records at least once; how names its mistake.
func somebodyElse(ctx context.Context, how string) int {
	fail := func(err error) int {
		fmt.Fprintln(os.Stderr, "somebody else:", err)
		return 1
	}
	switch how {
	case "quits":
		fmt.Fprintln(os.Stderr, "configuration: no route to production")
		return 7
	case "idles":
		fmt.Fprintln(os.Stderr, "waiting for a configuration that never comes")
		<-ctx.Done()
		return 0
	}
	session, err := time.ParseDuration(os.Getenv("SURETY_SESSION_TIMEOUT"))
	if err != nil {
		return fail(err)
	}
	cl, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(os.Getenv("SURETY_BOOTSTRAP"), ",")...),
		kgo.ConsumeTopics(os.Getenv("SURETY_INPUT")), kgo.ConsumerGroup(os.Getenv("SURETY_GROUP")),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.DisableAutoCommit(),
		kgo.SessionTimeout(session), kgo.HeartbeatInterval(session/5),
		kgo.DefaultProduceTopic(os.Getenv("SURETY_OUTPUT")), kgo.ProducerLinger(0),
	)
	if err != nil {
		return fail(err)
	}
	defer cl.Close()
	for n := 0; ; {
		fetches := cl.PollFetches(ctx)
		if ctx.Err() != nil {
			return 0
		}
		var out []*kgo.Record
		fetches.EachRecord(func(r *kgo.Record) {
			if n++; how == "forgets" && n%50 == 0 {
				return
			}
			out = append(out, &kgo.Record{Key: r.Key, Value: r.Value, Headers: r.Headers})
		})
		if err := cl.ProduceSync(ctx, out...).FirstErr(); err != nil {
			return fail(err)
		}
		if err := cl.CommitUncommittedOffsets(ctx); err != nil {
			return fail(err)
		}
	}
}
