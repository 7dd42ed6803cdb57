package processors

import (
	"context"

	"github.com/twmb/franz-go/pkg/kgo"
)

var poisonDropping = Processor{
	Name:     "poison-dropping",
	About:    "Logs what it cannot decode, goes on, and commits past it.",
	Declares: "at-least-once",
	Order:    "key",
	Broken:   true,
	Twin:     "dead-lettering",
	Breaks:   "lost",
	Under:    "poison",
	How:      "every record that cannot be decoded is gone, whatever else happens",
	Run: func(ctx context.Context, cfg Config) error {
		cfg.outputs = func(r *kgo.Record) []*kgo.Record {
			if decodes(r) {
				return []*kgo.Record{same(cfg, r, r.Value)}
			}
			cfg.note("partition %d offset %d cannot be decoded: skipped", r.Partition, r.Offset)
			return nil
		}
		return atLeastOnce.Run(ctx, cfg)
	},
}
