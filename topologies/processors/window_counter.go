package processors

import (
	"context"
	"time"
)

// The windows that are counted unless something else is asked for.
const (
	ownWindow   = 500 * time.Millisecond
	ownLateness = 2 * time.Second
)

var windowCounter = Processor{
	Name:     "window-counter",
	About:    "Counts the records of each key in tumbling windows of event time, as the counter counts; what comes when its window is closed is dropped.",
	Declares: "exactly-once",
	Order:    "none",
	Oracle:   "window",
	Window:   ownWindow,
	Lateness: ownLateness,
	Run: func(ctx context.Context, cfg Config) error {
		return counting(ctx, cfg, func() *counts { return newCounts(ownWindows(cfg, ownWindow, ownLateness)) })
	},
}
