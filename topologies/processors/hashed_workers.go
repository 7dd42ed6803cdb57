package processors

import "context"

var hashedWorkers = Processor{
	Name:     "hashed-workers",
	About:    "Writes by several workers, each key always by the same one, and commits up to the first record that is not done.",
	Declares: "at-least-once",
	Order:    "key",
	Run: func(ctx context.Context, cfg Config) error {
		return restarting(ctx, cfg, func(ctx context.Context) error {
			p := &pool{cfg: cfg}
			return p.run(ctx)
		})
	},
}
