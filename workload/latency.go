package workload

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Latencies collects times from the intended start of a record to its answer.
// Taken from the intended time, a stall is felt by every record that it held
// up and not only by the one in flight. Safe for concurrent use.
type Latencies struct {
	mu sync.Mutex
	h  *hdrhistogram.Histogram // microseconds, two significant digits
}

const maxLatency = time.Hour

// NewLatencies makes an empty collection.
func NewLatencies() *Latencies {
	return &Latencies{h: hdrhistogram.New(1, maxLatency.Microseconds(), 2)}
}

// Add records one latency; those over an hour count as an hour.
func (l *Latencies) Add(d time.Duration) { l.addAll([]time.Duration{d}) }

func (l *Latencies) addAll(ds []time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, d := range ds {
		us := min(max(d, time.Microsecond), maxLatency).Microseconds()
		_ = l.h.RecordValue(us) // in range by construction
	}
}

// LatencySummary is a collection in four numbers. All are 0 where Count is 0.
type LatencySummary struct {
	Count         int64
	P50, P99, Max time.Duration
}

// Summary reads the collection so far.
func (l *Latencies) Summary() LatencySummary {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.h.TotalCount() == 0 {
		return LatencySummary{}
	}
	us := func(v int64) time.Duration { return time.Duration(v) * time.Microsecond }
	return LatencySummary{
		Count: l.h.TotalCount(),
		P50:   us(l.h.ValueAtQuantile(50)),
		P99:   us(l.h.ValueAtQuantile(99)),
		Max:   us(l.h.Max()),
	}
}
