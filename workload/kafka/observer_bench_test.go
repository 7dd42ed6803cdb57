package kafka

import (
	"fmt"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"surety/checker/history"
	"surety/workload"
)

// BenchmarkObserver is what a tail does with a record that the client has fetched:
// read, checked, tracked and recorded.
func BenchmarkObserver(b *testing.B) {
	for _, size := range []int{100, 1024} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			const keys, poll, polls = 1000, 2000, 10 // more than a cache holds
			records := make([]*kgo.Record, poll*polls)
			seqs := make([]int64, keys)
			for i := range records {
				k := i * 7919 % keys
				key := workload.Key(k)
				records[i] = &kgo.Record{Key: []byte(key), Offset: int64(i), Value: workload.AppendValue(nil, workload.Value{
					Run: "run-1", Key: []byte(key), Seq: seqs[k], Event: 1_700_000_000_000 + int64(i/200),
				}, size)}
				seqs[k]++
			}
			w, err := history.Create(history.Dir(b.TempDir()), history.Header{})
			if err != nil {
				b.Fatal(err)
			}
			r := &Reader{Run: "run-1", Recorder: w, Clock: history.NewClock(), Tracker: workload.NewTracker(1 << 20), Progress: &workload.Progress{}}
			o := r.observer(history.Session{Session: 1})
			o.live = true
			b.ReportAllocs()
			b.ResetTimer()
			for n := 0; n < b.N; n += poll {
				from := n % len(records)
				o.observe(records[from : from+poll])
			}
			b.StopTimer()
			if err := w.Close(); err != nil {
				b.Fatal(err)
			}
			if seen := r.Tracker.Distinct(); b.N > len(records) && seen != int64(len(records)) {
				b.Errorf("saw %d of %d records", seen, len(records))
			}
		})
	}
}
