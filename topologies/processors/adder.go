package processors

import "context"

var adder = Processor{
	Name:     "adder",
	About:    "Sums the terms of each key, as the counter counts: the term of a record is its sequence number and one.",
	Declares: "exactly-once",
	Order:    "none",
	Oracle:   "sum",
	Run: func(ctx context.Context, cfg Config) error {
		return counting(ctx, cfg, func() *counts { return newCounts(ones) })
	},
}
