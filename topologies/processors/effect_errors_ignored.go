package processors

import "context"

var effectErrorsIgnored = Processor{
	Name:     "effect-errors-ignored",
	About:    "Applies each record as an effect over HTTP once, whatever is answered, and commits.",
	Declares: "at-least-once",
	Order:    "none",
	Effects:  true,
	Broken:   true,
	Twin:     "effect-before-commit",
	Breaks:   "lost",
	Under:    "cut",
	How:      "the way to the service refuses connections for two seconds: the effects of that time are never applied, and committed past",
	Run: func(ctx context.Context, cfg Config) error {
		return runEffects(ctx, applying{cfg: cfg, careless: true})
	},
}
