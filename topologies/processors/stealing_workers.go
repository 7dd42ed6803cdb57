package processors

import (
	"context"
	"time"
)

// stealPatience lies well above the few milliseconds that records wait for their
// worker without a fault.
const stealPatience = time.Second

var stealingWorkers = Processor{
	Name:     "stealing-workers",
	About:    "Writes by several workers, and lets newer records pass the queue of a worker whose slow keys hold it up.",
	Declares: "at-least-once",
	Order:    "key",
	Broken:   true,
	Twin:     "hashed-workers",
	Breaks:   "reordered",
	Under:    "lag",
	How:      "200 ms or more of lag on the links to all brokers for 3 s or more, at 400 or more records a second for each instance: the workers wait for each answer, five times in a row more than 150 ms, fall behind by more than their patience (1 s, SURETY_PATIENCE), and newer records of a key are written while older ones wait",
	Run: func(ctx context.Context, cfg Config) error {
		return restarting(ctx, cfg, func(ctx context.Context) error {
			p := &pool{cfg: cfg, steal: cfg.patience(stealPatience)}
			return p.run(ctx)
		})
	},
}
