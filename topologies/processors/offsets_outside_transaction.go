package processors

import (
	"context"
)

var offsetsOutsideTransaction = Processor{
	Name:     "offsets-outside-transaction",
	About:    "Writes its output in transactions and commits the offsets apart from them, by the clock.",
	Declares: "exactly-once",
	Order:    "key",
	Broken:   true,
	Twin:     "exactly-once",
	Breaks:   "duplicated",
	Under:    "kill",
	How:      "SIGKILL of one instance under load, restart 0.5 s later: committed output, whose offsets were to follow an interval later, is made again",
	Run: func(ctx context.Context, cfg Config) error {
		return restarting(ctx, cfg, func(ctx context.Context) error { return runOffsetsOutside(ctx, cfg) })
	},
}

func runOffsetsOutside(ctx context.Context, cfg Config) error {
	offsets := newCheckpoint(cfg)
	cl, err := newClient(cfg, append(offsets.options(), transactional(cfg)...)...)
	if err != nil {
		return err
	}
	defer leave(cl)
	for ctx.Err() == nil {
		if records := poll(ctx, cfg, cl, offsets.every); len(records) > 0 {
			finish, cancel := finishing(ctx)
			_, err := transact(finish, cfg, cl, records, nil)
			cancel()
			if err != nil {
				return err
			}
			offsets.reach(records)
		}
		offsets.tick(ctx, cl)
		cl.AllowRebalance()
	}
	offsets.settle(ctx, cl)
	return nil
}
