package processors

import "context"

var windowCounterAtLeastOnce = Processor{
	Name:     "window-counter-at-least-once",
	About:    "Counts by windows of event time as counter-at-least-once counts: what was counted and not committed counts twice.",
	Declares: "exactly-once",
	Order:    "none",
	Oracle:   "window",
	Window:   ownWindow,
	Lateness: ownLateness,
	Broken:   true,
	Twin:     "window-counter",
	Breaks:   "wrong-state",
	Under:    "kill",
	How:      counterAtLeastOnce.How,
	Run: func(ctx context.Context, cfg Config) error {
		return countingAtLeastOnce(ctx, cfg, func() *counts { return newCounts(ownWindows(cfg, ownWindow, ownLateness)) })
	},
}
