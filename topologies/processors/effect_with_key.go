package processors

import "context"

var effectWithKey = Processor{
	Name:     "effect-with-key",
	About:    "Does as effect-before-commit, and sends with each effect an idempotency key that is the same at every try.",
	Declares: "exactly-once",
	Order:    "key",
	Effects:  true,
	Run:      func(ctx context.Context, cfg Config) error { return runEffects(ctx, applying{cfg: cfg, keyed: true}) },
}
