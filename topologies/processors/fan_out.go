package processors

import (
	"context"

	"github.com/twmb/franz-go/pkg/kgo"

	"surety/workload"
)

// fanOutOwn is the number of outputs unless something else is asked for.
const fanOutOwn = 2

var fanOut = Processor{
	Name:     "fan-out",
	About:    "Writes every record several times with an index of its own, in one transaction with its offset.",
	Declares: "exactly-once",
	Order:    "key",
	Oracle:   "fan-out",
	Outputs:  fanOutOwn,
	Run: func(ctx context.Context, cfg Config) error {
		cfg.outputs = multiplying(cfg)
		return exactlyOnce.Run(ctx, cfg)
	},
}

// multiplying writes each record of the workload as often as it is asked to.
func multiplying(cfg Config) func(*kgo.Record) []*kgo.Record {
	outputs := cfg.Outputs
	if outputs == 0 {
		outputs = fanOutOwn
	}
	return func(r *kgo.Record) (out []*kgo.Record) {
		v, ours := valueOf(r)
		if !ours {
			return nil
		}
		for i := range outputs {
			v.Index = i
			out = append(out, same(cfg, r, workload.AppendValue(nil, v, len(r.Value))))
		}
		return out
	}
}
