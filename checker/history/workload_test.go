package history

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// event is one packed record of a simulated run.
type event struct {
	at     Nanos
	record any
}

// simulate is a run as the driver sees it: attempts of eight writers at 5,000 a
// second on a jittery clock, answers some milliseconds later and out of order,
// then the tail of a sink and a final read of input and sink.
func simulate(attempts, keys int) []event {
	const partitions, gap, epoch = 6, 200_000, 1_790_000_000_000
	rng := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a fixed seed
	events := make([]event, 0, 5*attempts)
	seqs := make([]int64, keys)
	var offsets [partitions]int64
	for i := range attempts {
		intended := Nanos(i * gap)
		sent := intended + Nanos(rng.IntN(300_000))
		answered := sent + 2_000_000 + Nanos(rng.IntN(20_000_000))
		seen := answered + 1_000_000 + Nanos(rng.IntN(9_000_000))
		reread := Nanos(attempts*gap) + 1e9 + Nanos(i*1000)
		key := rng.IntN(keys)
		partition := int32(key % partitions)
		offset := offsets[partition]
		seq := seqs[key]
		offsets[partition]++
		seqs[key]++
		name := Name(key + 1)
		see := func(session uint32, at Nanos) event {
			return event{at, Observation{
				Session: session, Partition: partition, Offset: offset, Key: name, Seq: seq,
				Append: epoch + int64(answered/1e6), At: at,
			}}
		}
		events = append(events,
			event{sent, Intent{Attempt: uint64(i + 1), Writer: uint32(key % 8), Key: name, Seq: seq, At: sent, Intended: intended}},
			event{answered, Outcome{Attempt: uint64(i + 1), Class: OK, Partition: partition, Offset: offset, At: answered}},
			see(1, seen), see(2, reread), see(3, reread+500))
	}
	slices.SortStableFunc(events, func(a, b event) int { return cmp.Compare(a.at, b.at) })
	return events
}

// writeRun writes a simulated run with its names and a block at least every 100
// milliseconds, and returns the number of packed records.
func writeRun(t testing.TB, w *Writer, attempts, keys int) int {
	t.Helper()
	for i := range keys {
		w.Name(fmt.Sprintf("key-%06d", i))
	}
	events := simulate(attempts, keys)
	var flushed Nanos
	for _, e := range events {
		if e.at-flushed >= Nanos(flushEvery) {
			flushed = e.at
			flush(t, w)
		}
		switch v := e.record.(type) {
		case Intent:
			w.Intent(v)
		case Outcome:
			w.Outcome(v)
		case Observation:
			w.Observation(v)
		}
	}
	return len(events)
}
