package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// somebodyElse is a program that knows nothing of this module but the variables
// that it is given. It forwards records at least once; how names its mistake, which with
// -later it makes only when it is started again.
func somebodyElse(ctx context.Context, how string) int {
	if mistake, later := strings.CutSuffix(how, "-later"); later {
		how = mistake
		mark := filepath.Join(os.Getenv("SURETY_DIR"), "started")
		if _, err := os.Stat(mark); err != nil {
			how = "forwards"
		}
		if err := os.WriteFile(mark, nil, 0o600); err != nil {
			return 1
		}
	}
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
	switch how {
	case "astray":
		fmt.Fprintln(os.Stderr, "output is set to", os.Getenv("SURETY_DEAD_LETTERS"))
	case "unnamed":
		fmt.Fprintln(os.Stderr, "writing short answers")
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
			to := &kgo.Record{Key: r.Key, Value: r.Value, Headers: r.Headers}
			switch how {
			case "astray":
				to.Topic = os.Getenv("SURETY_DEAD_LETTERS")
			case "unnamed":
				to.Value = []byte("done")
			}
			out = append(out, to)
		})
		if err := cl.ProduceSync(ctx, out...).FirstErr(); err != nil {
			return fail(err)
		}
		if err := cl.CommitUncommittedOffsets(ctx); err != nil {
			return fail(err)
		}
	}
}
