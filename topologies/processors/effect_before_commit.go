package processors

import "context"

var effectBeforeCommit = Processor{
	Name:     "effect-before-commit",
	About:    "Applies each record as an effect over HTTP, tries again until it is answered, and commits what is done: no effect is missed, some are applied again.",
	Declares: "at-least-once",
	Order:    "none", // what is applied again comes late
	Effects:  true,
	Run:      func(ctx context.Context, cfg Config) error { return runEffects(ctx, applying{cfg: cfg}) },
}
