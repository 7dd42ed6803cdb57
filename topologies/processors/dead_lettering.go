package processors

import (
	"context"
	"encoding/json"

	"github.com/twmb/franz-go/pkg/kgo"
)

var deadLettering = Processor{
	Name:     "dead-lettering",
	About:    "Copies what it can decode as at-least-once does, and sends what it cannot to the topic for dead letters before it commits past it.",
	Declares: "at-least-once",
	Order:    "key",
	Run: func(ctx context.Context, cfg Config) error {
		cfg.outputs = func(r *kgo.Record) []*kgo.Record {
			if decodes(r) {
				return []*kgo.Record{same(cfg, r, r.Value)}
			}
			if cfg.DeadLetters == "" {
				cfg.note("partition %d offset %d cannot be decoded, and there is no topic for dead letters", r.Partition, r.Offset)
				return []*kgo.Record{same(cfg, r, r.Value)}
			}
			dead := same(cfg, r, r.Value)
			dead.Topic = cfg.DeadLetters
			return []*kgo.Record{dead}
		}
		return atLeastOnce.Run(ctx, cfg)
	},
}

// decodes tells whether a value is one of the workload's own or JSON.
func decodes(r *kgo.Record) bool {
	_, ours := valueOf(r)
	return ours || json.Valid(r.Value)
}
