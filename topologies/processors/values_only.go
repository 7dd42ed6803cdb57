package processors

import (
	"context"

	"github.com/twmb/franz-go/pkg/kgo"
)

var valuesOnly = Processor{
	Name:     "values-only",
	About:    "Writes keys and values as exactly-once does, and drops the headers: right, unless headers are to be preserved.",
	Declares: "exactly-once",
	Order:    "key",
	Run: func(ctx context.Context, cfg Config) error {
		cfg.outputs = func(r *kgo.Record) []*kgo.Record {
			out := same(cfg, r, r.Value)
			out.Headers = nil
			return []*kgo.Record{out}
		}
		return exactlyOnce.Run(ctx, cfg)
	},
}
