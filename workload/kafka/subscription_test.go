package kafka

import (
	"context"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"surety/checker/history"
	"surety/workload"
)

// What a consumer under test is given depends on how it is set, and its one session
// lasts until it is ended.
func TestASubscriberIsGivenWhatItIsSetFor(t *testing.T) {
	for _, row := range []struct {
		reason string
		set    workload.Subscriber
		before bool // the record that was there before it is given
		abort  bool // so is one that was aborted
	}{
		{"it is safe", workload.Subscriber{Group: "g"}, true, false},
		{"it begins at the end", workload.Subscriber{Group: "g", Latest: true}, false, false},
		{"it reads what was not committed", workload.Subscriber{Group: "g", Uncommitted: true}, true, true},
	} {
		t.Run(row.reason, func(t *testing.T) {
			t.Parallel()
			_, e := cluster(t)
			create(t, e, "log", 1)
			cl := transactional(t, e, "writer")
			transact(t, cl, kgo.TryCommit, 1)
			transact(t, cl, kgo.TryAbort, 2)

			m := newMemory()
			r := &Reader{Endpoint: e, Topic: "log", Run: "run", Recorder: m, Clock: history.NewClock(), Subscriber: &row.set}
			ctx, cancel := context.WithCancel(bounded(t))
			defer cancel()
			over := make(chan error, 1)
			go func() {
				over <- r.Observe(ctx, history.Session{Session: 1, View: history.Committed, Purpose: history.Final})
			}()

			given := func(seq int64) bool {
				m.mu.Lock()
				defer m.mu.Unlock()
				for _, o := range m.observations[1] {
					if o.Seq == seq {
						return true
					}
				}
				return false
			}
			// One that begins at the end is given nothing until it has subscribed.
			deadline, last := bounded(t), int64(100)
			transact(t, cl, kgo.TryCommit, last)
			for polls := 1; !given(last); polls++ {
				if !sleep(deadline) {
					t.Fatal("it is given nothing")
				}
				if polls%20 == 0 {
					last++
					transact(t, cl, kgo.TryCommit, last)
				}
			}
			if given(1) != row.before || given(2) != row.abort {
				t.Errorf("given the one before: %v, the aborted one: %v", given(1), given(2))
			}
			cancel()
			select {
			case err := <-over:
				if err != nil || m.ends[1].Error != "" {
					t.Errorf("it ended with %v, %+v", err, m.ends[1])
				}
			case <-time.After(testTimeout):
				t.Error("it did not end")
			}
		})
	}
}
