package processors

import (
	"context"
	"time"
)

const (
	// boundedRecords is what fits: what comes in several seconds of a usual load, so that
	// a stall alone drops nothing.
	boundedRecords = 2048
	// boundedPace makes an instance do about 1600 records a second.
	boundedPace = 20 * time.Millisecond
)

var boundedBuffer = Processor{
	Name:     "bounded-buffer",
	About:    "Takes records into a bounded buffer as fast as they come, and drops what does not fit instead of waiting.",
	Declares: "at-least-once",
	Order:    "key",
	Broken:   true,
	Twin:     "hashed-workers",
	Breaks:   "lost",
	Under:    "surge",
	How:      "5 times a usual 200 records a second for each instance, for 5 s, where the work on 8 of them takes 70 ms (SURETY_WORK): 450 a second are done, 2048 fit into the buffer, and the offsets of those that were dropped are committed with the others",
	Run: func(ctx context.Context, cfg Config) error {
		return restarting(ctx, cfg, func(ctx context.Context) error {
			p := &pool{cfg: cfg, bound: boundedRecords, sheds: true, pace: boundedPace}
			return p.run(ctx)
		})
	},
}
