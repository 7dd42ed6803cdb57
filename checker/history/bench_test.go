package history

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"
)

// discard is a file that costs nothing.
type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) Sync() error                 { return nil }
func (discard) Close() error                { return nil }

// benchWriter has the names of the simulated run.
func benchWriter(b *testing.B) *Writer {
	b.Helper()
	w, err := newWriter("bench", discard{}, Header{Format: Format})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := w.Close(); err != nil {
			b.Error(err)
		}
	})
	for i := range 10_000 {
		w.Name(fmt.Sprintf("key-%06d", i))
	}
	return w
}

func perSecond(b *testing.B, records int) {
	b.Helper()
	b.ReportMetric(float64(records)/b.Elapsed().Seconds()/1e6, "Mrecords/s")
}

// BenchmarkWriterRecords is the mix of a run, one record a call.
func BenchmarkWriterRecords(b *testing.B) {
	var intents []Intent
	var outcomes []Outcome
	var observations []Observation
	for _, e := range simulate(20_000, 10_000) {
		switch v := e.record.(type) {
		case Intent:
			intents = append(intents, v)
		case Outcome:
			outcomes = append(outcomes, v)
		case Observation:
			observations = append(observations, v)
		}
	}
	w := benchWriter(b)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		n := i % len(intents)
		w.Intent(intents[n])
		w.Outcome(outcomes[n])
		w.Observation(observations[n])
	}
	perSecond(b, 3*b.N)
}

func BenchmarkWriterObservationBatches(b *testing.B) {
	var batch []Observation
	for _, e := range simulate(500, 10_000) {
		if v, ok := e.record.(Observation); ok && v.Session == 2 {
			batch = append(batch, v)
		}
	}
	w := benchWriter(b)
	b.ReportAllocs()
	for b.Loop() {
		w.Observations(batch)
	}
	perSecond(b, b.N*len(batch))
}

// BenchmarkWriterDriverBatches is what the driver does: the intents of a batch,
// then its outcomes.
func BenchmarkWriterDriverBatches(b *testing.B) {
	const batch = 256
	var intents [batch]Intent
	var outcomes [batch]Outcome
	w := benchWriter(b)
	var n uint64
	b.ReportAllocs()
	for b.Loop() {
		at := Nanos(n * 700)
		for i := range intents {
			n++
			key := n * 0x9e3779b97f4a7c15 >> 54
			intents[i] = Intent{Attempt: n, Key: Name(key + 1), Seq: int64(n / 1024), At: at, Intended: at}
			outcomes[i] = Outcome{Attempt: n, Class: OK, Partition: int32(key % 6), Offset: int64(n / 6), At: at + 3e6}
		}
		w.Intents(intents[:])
		w.Outcomes(outcomes[:])
	}
	perSecond(b, b.N*2*batch)
}

func BenchmarkWriterName(b *testing.B) {
	w := benchWriter(b)
	b.ReportAllocs()
	for b.Loop() {
		w.Name("key-000123")
	}
}

func BenchmarkReader(b *testing.B) {
	var records int
	file := written(b, func(w *Writer) { records = writeRun(b, w, 100_000, 10_000) })
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		r, err := newReader("bench", bytes.NewReader(file))
		if err != nil {
			b.Fatal(err)
		}
		var rec Record
		for err = r.Next(&rec); err == nil; err = r.Next(&rec) {
		}
		if !errors.Is(err, io.EOF) {
			b.Fatal(err)
		}
	}
	perSecond(b, b.N*records)
}

func BenchmarkExport(b *testing.B) {
	var records int
	file := written(b, func(w *Writer) { records = writeRun(b, w, 20_000, 10_000) })
	b.ReportAllocs()
	for b.Loop() {
		if err := ExportJSONL(io.Discard, open(b, file)); err != nil {
			b.Fatal(err)
		}
	}
	perSecond(b, b.N*records)
}
