package processors

import (
	"context"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"pgregory.net/rapid"
)

// Whatever the order in which records finish, the offset of a partition lies
// behind exactly the finished ones before its first open one.
func TestTrackerNeverPassesAnOpenRecord(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		track := newTracker()
		var open []*kgo.Record
		started := map[int32][]*kgo.Record{}
		finished := map[*kgo.Record]bool{}
		next := map[int32]int64{}
		t.Repeat(map[string]func(*rapid.T){
			"start": func(t *rapid.T) {
				p := rapid.Int32Range(0, 2).Draw(t, "partition")
				// Logs have gaps: markers of transactions, compaction.
				next[p] += int64(rapid.IntRange(1, 3).Draw(t, "step"))
				r := &kgo.Record{Partition: p, Offset: next[p]}
				track.start(r)
				open, started[p] = append(open, r), append(started[p], r)
			},
			"finish": func(t *rapid.T) {
				if len(open) == 0 {
					t.Skip("nothing is open")
				}
				i := rapid.IntRange(0, len(open)-1).Draw(t, "which")
				track.finish([]*kgo.Record{open[i]})
				finished[open[i]] = true
				open = append(open[:i:i], open[i+1:]...)
			},
			"": func(t *rapid.T) {
				at := track.offsets()
				for p, rs := range started {
					want := int64(0)
					for _, r := range rs {
						if !finished[r] {
							break
						}
						want = r.Offset + 1
					}
					if got := at[p].Offset; got != want {
						t.Fatalf("partition %d: offset %d, want %d", p, got, want)
					}
				}
				ended, cancel := context.WithCancel(context.Background())
				cancel()
				if idle := track.wait(ended) == nil; idle != (len(open) == 0) {
					t.Fatalf("idle is %v with %d open", idle, len(open))
				}
			},
		})
	})
}
