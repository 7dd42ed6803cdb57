package processors

import (
	"context"
	"hash/fnv"

	"github.com/twmb/franz-go/pkg/kgo"
)

var forgetfulDedup = Processor{
	Name:     "forgetful-dedup",
	About:    "Commits after the output and drops what it has already written, by a set in memory that a restart empties.",
	Declares: "exactly-once",
	Order:    "key",
	Broken:   true,
	Twin:     "remembering-dedup",
	Breaks:   "duplicated",
	Under:    "kill",
	How:      "SIGKILL of one instance under load, restart 0.5 s later: written records, whose offsets were to follow an interval later, come again and nobody knows them",
	Run: func(ctx context.Context, cfg Config) error {
		return restarting(ctx, cfg, func(ctx context.Context) error { return runForgetfulDedup(ctx, cfg) })
	},
}

func runForgetfulDedup(ctx context.Context, cfg Config) error {
	offsets := newCheckpoint(cfg)
	cl, err := newClient(cfg, offsets.options()...)
	if err != nil {
		return err
	}
	defer leave(cl)
	written := identities{}
	for ctx.Err() == nil {
		records := poll(ctx, cfg, cl, offsets.every)
		fresh := written.fresh(records)
		if err := produceInHand(ctx, cfg, cl, fresh); err != nil {
			return err
		}
		written.add(fresh)
		offsets.reach(records)
		offsets.tick(ctx, cl)
		cl.AllowRebalance()
	}
	offsets.settle(ctx, cl)
	return nil
}

// identities is a set of records by key and value, which are unique.
type identities map[uint64]struct{}

func identity(r *kgo.Record) uint64 {
	h := fnv.New64a()
	h.Write(r.Key)
	h.Write([]byte{0})
	h.Write(r.Value)
	return h.Sum64()
}

func (s identities) add(records []*kgo.Record) {
	for _, r := range records {
		s[identity(r)] = struct{}{}
	}
}

// fresh are the records that are not in the set, each once.
func (s identities) fresh(records []*kgo.Record) []*kgo.Record {
	var fresh []*kgo.Record
	here := identities{}
	for _, r := range records {
		id := identity(r)
		_, old := s[id]
		_, twice := here[id]
		if old || twice {
			continue
		}
		here[id] = struct{}{}
		fresh = append(fresh, r)
	}
	return fresh
}
