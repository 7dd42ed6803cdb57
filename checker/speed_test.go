package checker

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/metrics"
	"syscall"

	"testing"
	"time"

	"surety/checker/history"
)

// flood tells a run of any size without holding it: every attempt with its
// outcome, then the final read.
type flood struct {
	attempts int64 // records that are tried
	keys     int64
	looks    int64 // observations of the final read
	// look is what observation i saw: a record by its number, or -1 for nothing.
	look func(f *flood, i int64) int64

	step, i int64
	queue   []history.Record
	wanted  *history.Wanted // nil: everything

	number, row, column int64 // of the record that was asked for last
}

// The steps of a flood.
const (
	floodAttempts = iota
	floodOpen
	floodLooks
	floodEnd
	floodOver
)

func (f *flood) open() *flood {
	own := *f
	own.step, own.i, own.queue = 0, 0, nil
	return &own
}

// Narrow lets a pass tell what is wanted alone, as a reader of a stored history does.
func (f *flood) Narrow(wanted *history.Wanted, _ *history.Index) { f.wanted = wanted }
func (f *flood) Index() *history.Index                           { return nil }

func (f *flood) Name(n history.Name) string { return fmt.Sprintf("key-%d", n) }
func (f *flood) CutOff() bool               { return false }
func (f *flood) Close() error               { return nil }

func (f *flood) rare(k history.Kind, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		body = []byte(err.Error()) // which no judge can read
	}
	f.queue = append(f.queue, history.Record{Kind: k, Body: body})
}

// Read fills in what changes from record to record: the records that it is given
// are its own, pass after pass.
func (f *flood) Read(recs []history.Record) (n int, err error) {
	for n == 0 {
		if len(f.queue) > 0 {
			recs[0].Kind, recs[0].Body = f.queue[0].Kind, f.queue[0].Body
			f.queue = f.queue[1:]
			return 1, nil
		}
		switch f.step {
		case floodAttempts:
			n = f.tries(recs)
		case floodOpen:
			f.rare(history.KindDrain, history.Drain{Drained: true, Complete: true})
			f.rare(history.KindSession, history.Session{Session: 1, Sink: "out", Topic: "out", View: history.Committed, Purpose: history.Final})
		case floodLooks:
			n = f.sights(recs)
		case floodEnd:
			f.rare(history.KindSessionEnd, history.SessionEnd{Session: 1})
			f.rare(history.KindEnd, history.End{})
		default:
			return 0, io.EOF
		}
		if n == 0 {
			f.step, f.i = f.step+1, 0
		}
	}
	return n, nil
}

// tries tells attempts, each followed by its outcome.
func (f *flood) tries(recs []history.Record) (n int) {
	for ; n+1 < len(recs) && f.i < f.attempts; f.i++ {
		key, seq := f.name(f.i)
		if f.wanted != nil && !f.wanted.Has(key, seq) {
			continue
		}
		at := history.Nanos(f.i * 1000)
		in, out := &recs[n], &recs[n+1]
		in.Kind, out.Kind = history.KindIntent, history.KindOutcome
		in.Intent.Attempt, out.Outcome.Attempt = uint64(f.i), uint64(f.i)
		in.Intent.Key, in.Intent.Seq = key, seq
		in.Intent.At, in.Intent.Intended, out.Outcome.At = at, at, at
		out.Outcome.Class, out.Outcome.Partition, out.Outcome.Offset = history.OK, -1, -1
		n += 2
	}
	return n
}

// sights tells what a final read saw.
func (f *flood) sights(recs []history.Record) (n int) {
	for ; n < len(recs) && f.i < f.looks; f.i++ {
		i := f.look(f, f.i)
		if i < 0 {
			continue
		}
		key, seq := f.name(i)
		if f.wanted != nil && !f.wanted.Has(key, seq) {
			continue
		}
		recs[n].Kind = history.KindObservation
		o := &recs[n].Observation
		o.Key, o.Seq = key, seq
		o.Session, o.Partition, o.Offset, o.Append = 1, int32(f.column%12), f.i+1, f.i+1
		o.At = history.Nanos(f.i*1000 + 1000)
		n++
	}
	return n
}

// name is the key and the sequence of record n. Records mostly come one after the
// other: divisions would cost as much as what is measured.
func (f *flood) name(n int64) (history.Name, int64) {
	f.column, f.number = f.column+n-f.number, n
	switch {
	case f.column < 0 && f.column >= -f.keys:
		f.row, f.column = f.row-1, f.column+f.keys
	case f.column >= f.keys && f.column < 2*f.keys:
		f.row, f.column = f.row+1, f.column-f.keys
	case f.column < 0 || f.column >= f.keys:
		f.row, f.column = n/f.keys, n%f.keys
	}
	return history.Name(f.column + 1), f.row
}

// disturbed loses one record of 1,000, doubles one of 100, and lets one of 200
// stand behind a later one of its key.
func disturbed(f *flood, i int64) int64 {
	n := i/98*97 + min(i%98, 96) // of 98 looks the last repeats the one before
	if n%1009 == 500 {
		return -1
	}
	f.name(n)
	switch swapped := (f.column+f.row/2)%100 == 3; {
	case swapped && f.row%2 == 0:
		return n + f.keys
	case swapped:
		return n - f.keys
	}
	return n
}

var floods = []struct {
	name string
	flood
	want map[Class]bool
}{
	{"disturbed, 10k keys", flood{attempts: 10_000_000, keys: 10_000, looks: 10_000_000 / 97 * 98, look: disturbed}, map[Class]bool{Lost: true, Duplicated: true, Reordered: true}},
	{"plain, 10k keys", flood{attempts: 10_000_000, keys: 10_000, looks: 10_000_000, look: func(_ *flood, i int64) int64 { return i }}, nil},
	{"disturbed, 1M keys", flood{attempts: 10_000_000, keys: 1_000_000, looks: 10_000_000 / 97 * 98, look: disturbed}, map[Class]bool{Lost: true, Duplicated: true, Reordered: true}},
	{"one key", flood{attempts: 10_000_000, keys: 1, looks: 10_000_000, look: func(_ *flood, i int64) int64 { return i }}, nil},
	{"one key in reverse", flood{attempts: 10_000_000, keys: 1, looks: 10_000_000, look: func(_ *flood, i int64) int64 { return 10_000_000 - 1 - i }}, map[Class]bool{Reordered: true}},
	{"one key, evens before odds", flood{attempts: 10_000_000, keys: 1, looks: 10_000_000, look: func(_ *flood, i int64) int64 { return i*2%10_000_000 + i*2/10_000_000 }}, map[Class]bool{Reordered: true}},
	{"everything 100 times", flood{attempts: 100_000, keys: 100, looks: 10_000_000, look: func(_ *flood, i int64) int64 { return i / 100 }}, map[Class]bool{Duplicated: true}},
	{"everything 100 times over", flood{attempts: 100_000, keys: 100, looks: 10_000_000, look: func(_ *flood, i int64) int64 { return i % 100_000 }}, map[Class]bool{Duplicated: true}},
	{"100M records", flood{attempts: 50_000_000, keys: 10_000, looks: 50_000_000 / 97 * 98, look: disturbed}, map[Class]bool{Lost: true, Duplicated: true, Reordered: true}},
}

// BenchmarkJudgeFlood measures records a second, an attempt with its outcome and an
// observation counting as one each: telling them, pass after pass, takes its part of
// the two cores and of the time. Beside it stand the CPU time of a record and what of
// it telling alone takes, measured at once by the same passes without a judge, and the
// live heap at its peak.
func BenchmarkJudgeFlood(b *testing.B) {
	for _, bb := range floods {
		b.Run(bb.name, func(b *testing.B) {
			var all, telling time.Duration
			var peak uint64
			for b.Loop() {
				heap, passes := watchHeap(), []*flood(nil)
				j := judge{spec: specOf(ExactlyOnce, OrderKey), shards: 2, budget: caseEvents}
				j.open = func() (source, error) {
					f := bb.open()
					passes = append(passes, f)
					return f, nil
				}
				began := cpuTime()
				v, err := j.verdict()
				all += cpuTime() - began
				peak = max(peak, heap())
				if err != nil {
					b.Fatal(err)
				}
				for _, c := range []Class{Lost, Duplicated, Reordered} {
					if (v.Sinks[0].Counts[c] > 0) != bb.want[c] {
						b.Fatalf("%s: %d", c, v.Sinks[0].Counts[c])
					}
				}
				b.StopTimer()
				began = cpuTime()
				for _, f := range passes {
					f.tell(b)
				}
				telling += cpuTime() - began
				b.StartTimer()
			}
			records := float64(bb.attempts+bb.looks) * float64(b.N)
			b.ReportMetric(records/b.Elapsed().Seconds()/1e6, "Mrecords/s")
			b.ReportMetric(float64(all)/records, "cpu-ns/record")
			b.ReportMetric(float64(telling)/records, "telling-ns/record")
			b.ReportMetric(float64(peak)/(1<<20), "MiB-live")
			b.ReportMetric(float64(peak)/float64(bb.keys), "B/key")
		})
	}
}

// tell tells the flood again, to nobody, and as it was wanted.
func (f *flood) tell(b *testing.B) {
	b.Helper()
	src := f.open()
	recs := make([]history.Record, aheadBatch)
	var err error
	for err == nil {
		_, err = src.Read(recs)
	}
	if !errors.Is(err, io.EOF) {
		b.Fatal(err)
	}
}

func perRecord(b *testing.B, records int64, began time.Duration) {
	b.Helper()
	n := float64(records) * float64(b.N)
	b.ReportMetric(n/b.Elapsed().Seconds()/1e6, "Mrecords/s")
	b.ReportMetric(float64(cpuTime()-began)/n, "cpu-ns/record")
}

// cpuTime is what this process has used of all cores.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// watchHeap samples what the last garbage collection found alive, until the
// returned function is called, which gives the highest sample beyond what was
// there before.
func watchHeap() func() uint64 {
	live := func() uint64 {
		s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(s)
		return s[0].Value.Uint64()
	}
	runtime.GC()
	base, peak := live(), uint64(0)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				peak = max(peak, live())
			}
		}
	}()
	return func() uint64 {
		close(stop)
		<-done
		return max(peak, live(), base) - base
	}
}
