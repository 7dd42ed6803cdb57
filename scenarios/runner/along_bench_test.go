package runner_test

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"surety/checker"
	"surety/checker/history"
	"surety/report"
	"surety/scenarios"
	"surety/scenarios/catalogue"
	"surety/scenarios/runner"
	"surety/topologies"
)

// alongLoads are the loads of one run: a steady one of many times what a scenario
// offers unless it says otherwise, and one that leaves no core unused.
var alongLoads = []struct {
	name, rate string
	records    int
}{
	{"steady", "20000/s", 40_000},
	{"as fast as it goes", "max", 1_000_000},
}

// alongPairs bounds a median with 95 % confidence by its second lowest and second
// highest ratio.
const alongPairs = 9

// BenchmarkJudgingAlong measures what judging a run while it goes on costs: pairs of
// runs on embedded brokers, one judged along and one afterwards, in turn. It prints the
// ratio of their throughputs, and of the CPU time that all of the run took with the
// verdict, as medians with their intervals.
func BenchmarkJudgingAlong(b *testing.B) {
	for _, load := range alongLoads {
		b.Run(load.name, func(b *testing.B) {
			plan := alongPlan(b, load.rate, load.records)
			for b.Loop() {
				alongInPairs(b, plan, load.records)
			}
		})
	}
}

func alongPlan(b *testing.B, rate string, records int) *scenarios.Plan {
	b.Helper()
	s, err := scenarios.Parse("along", fmt.Appendf(nil, `scenario: along
topology: {provider: embedded}
workload: {records: %d, rate: %s, keys: 1000}
guarantee: {delivery: exactly-once}
`, records, rate), catalogue.Vocabulary())
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Complete(catalogue.Vocabulary()); err != nil {
		b.Fatal(err)
	}
	plan, err := scenarios.Resolve(s, "1")
	if err != nil {
		b.Fatal(err)
	}
	return plan
}

func alongInPairs(b *testing.B, plan *scenarios.Plan, records int) {
	b.Helper()
	var rates, cpu []float64
	for i := range alongPairs {
		opt := runner.Options{Log: io.Discard, Vocabulary: catalogue.Vocabulary(), Provider: embeddedProvider}
		along, after := opt, opt.Afterwards()
		along.Dir, after.Dir = filepath.Join(b.TempDir(), "along"), filepath.Join(b.TempDir(), "after")
		var got [2]ran
		for k := range got { // each comes first as often
			which := (i + k) % 2
			got[which] = runOnce(b, plan, records, [...]runner.Options{along, after}[which])
		}
		rates = append(rates, got[0].rate/got[1].rate)
		cpu = append(cpu, got[0].cpu.Seconds()/got[1].cpu.Seconds())
		b.Logf("pair %d: %.0f and %.0f records/s, %v and %v CPU", i+1, got[0].rate, got[1].rate, got[0].cpu, got[1].cpu)
	}
	r, c := report.MedianOf(rates), report.MedianOf(cpu)
	b.Logf("throughput along / afterwards: median %.4f [%.4f, %.4f] of %d pairs", r.Value, r.Low, r.High, r.N)
	b.Logf("CPU time along / afterwards: median %.3f [%.3f, %.3f]", c.Value, c.Low, c.High)
	b.ReportMetric(r.Value, "throughput-ratio")
	b.ReportMetric(r.Low, "throughput-ratio-low")
	b.ReportMetric(c.Value, "cpu-ratio")
}

func embeddedProvider(name string) (topologies.Provider, error) {
	for _, p := range catalogue.Providers {
		if p.Name() == name {
			return p, nil
		}
	}
	return nil, fmt.Errorf("no provider %s", name)
}

// ran is one run: records a second from the first intent to the last record that a
// tail saw, and the CPU time of everything.
type ran struct {
	rate float64
	cpu  time.Duration
}

func runOnce(b *testing.B, plan *scenarios.Plan, records int, opt runner.Options) ran {
	b.Helper()
	before := processTime(b)
	r := runner.Run(b.Context(), runner.Job{Plan: plan}, opt)
	took := processTime(b) - before
	if r.Err != nil || r.Verdict == nil || r.Verdict.Answer != checker.Upheld {
		b.Fatalf("%v: %+v", r.Err, r.Verdict)
	}
	h, err := history.Open(r.Dir)
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := h.Close(); err != nil {
			b.Error(err)
		}
	}()
	tails := map[uint32]bool{}
	var first, last history.Nanos
	var n int
	var rec history.Record
	for err = h.Next(&rec); err == nil; err = h.Next(&rec) {
		switch rec.Kind {
		case history.KindIntent:
			if first == 0 {
				first = rec.Intent.At
			}
		case history.KindSession:
			var s history.Session
			if err := rec.As(&s); err != nil {
				b.Fatal(err)
			}
			tails[s.Session] = s.Purpose == history.Tail
		case history.KindObservation:
			if o := &rec.Observation; tails[o.Session] && !o.Fence {
				n, last = n+1, max(last, o.At)
			}
		}
	}
	if !errors.Is(err, io.EOF) || n < records {
		b.Fatalf("%d records were seen: %v", n, err)
	}
	return ran{float64(n) / time.Duration(last-first).Seconds(), took}
}

// processTime is what this process has used of all cores.
func processTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
