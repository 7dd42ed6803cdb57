package flink

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// watchEvery is how often a job is looked at while a run goes on.
const watchEvery = time.Second

// The names of the samples of a job, with their units.
const (
	restarts          = "flink_restarts"             // failures so far, each followed by a restart
	tasksRunning      = "flink_all_tasks_running"    // 1 or 0
	checkpoints       = "flink_checkpoints"          // completed so far
	failedCheckpoints = "flink_failed_checkpoints"   // so far
	checkpointBytes   = "flink_checkpoint_bytes"     // of the last completed one
	checkpointMS      = "flink_checkpoint_ms"        // of the last completed one, from end to end
	restored          = "flink_restored_checkpoints" // how often the job began from one
)

// Watch looks at the job every second until ctx ends. sample gets its numbers, and say
// each failure, which no later answer of the API may have any more. A question that
// fails is asked again: while faults are on, many do.
func (c *Cluster) Watch(ctx context.Context, sample func(name, of string, value float64), say func(of, name, text string)) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	told := 0
	for {
		if l, err := c.Look(ctx); err == nil {
			l.sample(sample)
			if l.Restarts > told {
				say(c.manager.ID(), "exception", l.failure())
			}
			told = l.Restarts
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (l Look) sample(sample func(name, of string, value float64)) {
	sample(restarts, "", float64(l.Restarts))
	running := 0.0
	if l.Running {
		running = 1
	}
	sample(tasksRunning, l.State, running)
	sample(checkpoints, "", float64(l.Checkpoints.Counts.Completed))
	sample(failedCheckpoints, "", float64(l.Checkpoints.Counts.Failed))
	sample(restored, "", float64(l.Checkpoints.Counts.Restored))
	if done := l.Checkpoints.Latest.Completed; done != nil {
		sample(checkpointBytes, "", float64(done.Bytes))
		sample(checkpointMS, "", float64(done.Duration))
	}
}

// failure is the last one in one line.
func (l Look) failure() string {
	where := ""
	if l.Where != "" {
		where = " on " + l.Where
	}
	return fmt.Sprintf("failure %d%s: %s", l.Restarts, where, l.Cause)
}

// Explain says what the job does that nothing comes out of; empty where it seems to
// work.
func (c *Cluster) Explain(ctx context.Context) string {
	l, err := c.Look(ctx)
	if err != nil {
		return err.Error()
	}
	text := l.Broken()
	if text == "" {
		if err := l.notYet(); err != nil {
			text = "the job of Flink does not work: " + err.Error()
		}
	}
	if try := l.try(""); text != "" && try != "" {
		text = strings.TrimRight(text, ".") + "; " + try
	}
	return text
}
