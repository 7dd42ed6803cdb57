package flink

import (
	"context"
	"fmt"
	"strings"
)

// Look is what the job does at one moment.
type Look struct {
	State       string // of the job, as the API says it
	Running     bool   // every task does
	Restarts    int    // failures so far, each followed by a restart
	Since       int    // of them since the last completed checkpoint
	Cause       string // of the last failure, in one line
	Where       string // it happened: the task manager, where that is known
	Checkpoints Checkpoints
}

// Look asks for all of it.
func (c *Cluster) Look(ctx context.Context) (Look, error) {
	j, err := c.ask.Job(ctx, c.job)
	if err != nil {
		return Look{}, err
	}
	l := Look{State: j.State, Running: j.Running()}
	if l.Checkpoints, err = c.ask.Checkpoints(ctx, c.job); err != nil {
		return l, err
	}
	failures, err := c.ask.Exceptions(ctx, c.job)
	if err != nil {
		return l, err
	}
	last := int64(0)
	if done := l.Checkpoints.Latest.Completed; done != nil {
		last = done.At
	}
	l.Restarts = len(failures)
	for _, f := range failures {
		if f.At > last {
			l.Since++
		}
	}
	if len(failures) > 0 {
		l.Cause, l.Where = Cause(failures[0].Trace), failures[0].Where
	}
	return l, nil
}

// manyRestarts without a checkpoint between them are a loop, unless all tasks run.
const manyRestarts = 3

// Loop says that the job is restarted again and again and makes no progress between;
// empty where it is not so. The API calls such a job RUNNING much of the time.
func (l Look) Loop() string {
	if l.Since < manyRestarts || l.Running {
		return ""
	}
	return fmt.Sprintf("the job of Flink restarts in a loop, though its REST API says %s: it failed %d times without a checkpoint between, the last time with %s", l.State, l.Since, l.Cause)
}

// Broken says why the job will not run as it stands; empty where it may.
func (l Look) Broken() string {
	if over[l.State] {
		return fmt.Sprintf("the job of Flink is %s: %s", l.State, l.Cause)
	}
	return l.Loop()
}

// try says what to do about a failure.
func (l Look) try(otherwise string) string {
	for _, a := range advice {
		if strings.Contains(l.Cause, a.says) {
			return a.try
		}
	}
	return otherwise
}

// notYet is nil once the job works.
func (l Look) notYet() error {
	switch {
	case l.Running:
		return nil
	case l.Cause != "":
		return fmt.Errorf("it is %s, and not all its tasks run; they failed with %s", l.State, l.Cause)
	}
	return fmt.Errorf("it is %s, and not all its tasks run", l.State)
}
