package processors

import (
	"context"
	"encoding/json"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
)

var counter = Processor{
	Name:     "counter",
	About:    "Counts the records of each key: each update says up to which input offset it counts and is one transaction with others of its partition, and the output is read back behind a fence before a partition is gone on with.",
	Declares: "exactly-once",
	Order:    "none",
	Oracle:   "count",
	Run: func(ctx context.Context, cfg Config) error {
		return counting(ctx, cfg, func() *counts { return newCounts(ones) })
	},
}

// counting counts exactly once: the output is the state.
func counting(ctx context.Context, cfg Config, from func() *counts) error {
	return restarting(ctx, cfg, func(ctx context.Context) error {
		c := from()
		cfg := cfg
		cfg.outputs = func(r *kgo.Record) []*kgo.Record { return c.update(cfg, r) }
		return remember(ctx, cfg, c)
	})
}

// update is one value of a counter. The output is its changelog.
type update struct {
	Key       string `json:"key"`
	Window    int64  `json:"window,omitempty"` // its start in milliseconds since the epoch
	Count     int64  `json:"count"`
	Sum       int64  `json:"sum"`
	Last      string `json:"last"`      // the record that was counted last, as it came
	Partition int32  `json:"partition"` // of the input, where that was
	Offset    int64  `json:"offset"`
}

// counts is the state of a counter, with how far it has come in each partition.
type counts struct {
	windows

	mu   sync.Mutex
	of   map[counted]total
	next map[int32]int64
}

// counted is what has a count of its own.
type counted struct {
	key    string
	window int64
}

type total struct{ count, sum int64 }

var _ memory = (*counts)(nil)

func newCounts(w windows) *counts {
	w.marks = map[int32]int64{}
	return &counts{windows: w, of: map[counted]total{}, next: map[int32]int64{}}
}

// update counts a record, unless it comes too late.
func (c *counts) update(cfg Config, r *kgo.Record) []*kgo.Record {
	c.mu.Lock()
	defer c.mu.Unlock()
	v, _ := valueOf(r)
	window, open := c.take(r.Partition, v.Event)
	if !open {
		return nil
	}
	at := counted{string(r.Key), window}
	now := c.of[at]
	now.count, now.sum = now.count+1, now.sum+v.Term()
	c.of[at] = now
	text, err := json.Marshal(update{at.key, window, now.count, now.sum, string(r.Value), r.Partition, r.Offset})
	if err != nil { // texts and numbers only
		cfg.note("update of %q: %v", at.key, err)
		return nil
	}
	return []*kgo.Record{same(cfg, r, text)}
}

// fresh are the records that are not counted yet.
func (c *counts) fresh(records []*kgo.Record) (fresh []*kgo.Record) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range records {
		if r.Offset >= c.next[r.Partition] {
			fresh = append(fresh, r)
		}
	}
	return fresh
}

func (c *counts) add(records []*kgo.Record) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range records {
		c.next[r.Partition] = max(c.next[r.Partition], r.Offset+1)
	}
}

// restore takes the state from updates in the order of the output. What is no
// update is none of ours.
func (c *counts) restore(outputs []*kgo.Record) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range outputs {
		var u update
		if json.Unmarshal(r.Value, &u) != nil {
			continue
		}
		c.of[counted{u.Key, u.Window}] = total{u.Count, u.Sum}
		v, _ := valueOf(&kgo.Record{Value: []byte(u.Last)})
		c.take(u.Partition, v.Event)
		c.next[u.Partition] = max(c.next[u.Partition], u.Offset+1)
	}
}
