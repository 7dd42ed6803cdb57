package processors

import (
	"context"
	"errors"

	"github.com/twmb/franz-go/pkg/kgo"

	"surety/checker/predicate"
	"surety/workload"
)

var filter = Processor{
	Name:     "filter",
	About:    "Lets through the records that a predicate on their sequence number or key holds for, as exactly-once does.",
	Declares: "exactly-once",
	Order:    "key",
	Oracle:   "filter",
	Keep:     mostly,
	Run: func(ctx context.Context, cfg Config) error {
		cfg.outputs = keeping(cfg)
		return exactlyOnce.Run(ctx, cfg)
	},
}

// keeping lets through what the predicate holds for, and what is not the workload's.
func keeping(cfg Config) func(*kgo.Record) []*kgo.Record {
	keep := cfg.Keep
	if keep.IsZero() {
		keep = mostly
	}
	return func(r *kgo.Record) []*kgo.Record {
		v, ours := valueOf(r)
		if ours && !keep.Holds(string(v.Key), v.Seq) {
			return nil
		}
		return []*kgo.Record{same(cfg, r, r.Value)}
	}
}

// mostly drops every third record of a key.
var mostly, _ = predicate.Parse("seq % 3 != 0")

// valueOf reads what the workload wrote, of whichever run.
func valueOf(r *kgo.Record) (v workload.Value, ours bool) {
	v, err := workload.ParseValue(r.Value, "")
	return v, errors.Is(err, workload.ErrWrongRun)
}
