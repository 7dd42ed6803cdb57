package processors

import (
	"context"
	"time"
)

var effectWithoutKey = Processor{
	Name:     "effect-without-key",
	About:    "Does as effect-before-commit, and claims that no effect is applied twice.",
	Declares: "exactly-once",
	Order:    "key",
	Effects:  true,
	Broken:   true,
	Twin:     "effect-with-key",
	Breaks:   "duplicated",
	Under:    "kill",
	How:      "SIGKILL of one instance under load, restart 0.5 s later: the effects of a batch are done 300 ms before its commit, and done again from the last commit on",
	Run: func(ctx context.Context, cfg Config) error {
		cfg.Work = cfg.work(300 * time.Millisecond)
		return runEffects(ctx, applying{cfg: cfg})
	},
}
