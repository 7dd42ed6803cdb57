package report

import (
	"fmt"
	"io"

	"github.com/olekukonko/tablewriter/tw"
)

// Benchmark is a comparison that was measured in rounds.
type Benchmark struct {
	Measured
	Series []Series `json:"series"`
}

// Series are the rounds of one of the things compared. The i-th entries of all
// series are of the same round.
type Series struct {
	Name      string    `json:"name"`
	About     string    `json:"about,omitempty"`
	Against   string    `json:"against,omitempty"` // series that it is compared with
	Records   int64     `json:"records"`           // in each round
	Seconds   []float64 `json:"seconds"`
	ToolCPU   []float64 `json:"tool_cpu_seconds"`
	BrokerCPU []float64 `json:"broker_cpu_seconds,omitempty"` // none where it is unknown
	// HistoryBytes is what was recorded in the last round.
	HistoryBytes  int64     `json:"history_bytes,omitempty"`
	HistoryWaited []float64 `json:"history_wait_seconds,omitempty"`
}

// Rate is the throughput in records a second.
func (s Series) Rate() Median {
	rates := make([]float64, len(s.Seconds))
	for i, sec := range s.Seconds {
		rates[i] = ratio(float64(s.Records), sec)
	}
	return MedianOf(rates)
}

// perRecord is processor time in microseconds a record.
func (s Series) perRecord(cpu []float64) Median {
	us := make([]float64, len(cpu))
	for i, sec := range cpu {
		us[i] = ratio(sec*1e6, float64(s.Records))
	}
	return MedianOf(us)
}

// Ratio is the throughput of a series over that of the one that it is compared
// with, round by round; false where there is none.
func (b Benchmark) Ratio(s Series) (Median, bool) {
	for _, base := range b.Series {
		if base.Name != s.Against || s.Against == "" {
			continue
		}
		ratios := make([]float64, min(len(s.Seconds), len(base.Seconds)))
		for i := range ratios {
			ratios[i] = ratio(float64(s.Records)*base.Seconds[i], float64(base.Records)*s.Seconds[i])
		}
		return MedianOf(ratios), true
	}
	return Median{}, false
}

// ratio of two measured amounts; of nothing it is zero.
func ratio(a, b float64) float64 {
	if b <= 0 {
		return 0
	}
	return a / b
}

var benchmarkAlign = []tw.Align{tw.AlignLeft, tw.AlignRight, tw.AlignLeft, tw.AlignRight, tw.AlignRight, tw.AlignRight}

// Text writes the table for people.
func (b Benchmark) Text(w io.Writer) error {
	var rows [][]string
	var legend []string
	for _, s := range b.Series {
		against := ""
		if r, ok := b.Ratio(s); ok {
			against = bounds(r) + " of " + s.Against
		}
		perRecord := ""
		if s.HistoryBytes > 0 {
			perRecord = fmt.Sprintf("%.1f", ratio(float64(s.HistoryBytes), float64(s.Records)))
		}
		rows = append(rows, []string{
			s.Name, bounds(scaled(s.Rate(), 1e-6)), against,
			bounds(s.perRecord(s.ToolCPU)), bounds(s.perRecord(s.BrokerCPU)), perRecord,
		})
		if s.About != "" {
			legend = append(legend, s.Name+": "+s.About)
		}
	}
	header := []string{"", "M records/s", "", "tool µs/record", "broker µs/record", "history B/record"}
	return b.text(w, "bench", benchmarkAlign, header, rows, legend...)
}

// BenchmarkSchema is the version of the JSON document.
const BenchmarkSchema = 1

// JSON writes one document with the figures of every round and what follows from
// them.
func (b Benchmark) JSON(w io.Writer) error {
	type derived struct {
		Series
		Rate         Median  `json:"records_per_second"`
		Ratio        *Median `json:"ratio,omitempty"`
		ToolMicros   Median  `json:"tool_cpu_us_per_record"`
		BrokerMicros *Median `json:"broker_cpu_us_per_record,omitempty"`
	}
	doc := struct {
		Schema int `json:"schema"`
		Benchmark
		Series []derived `json:"series"`
	}{Schema: BenchmarkSchema, Benchmark: b}
	for _, s := range b.Series {
		d := derived{Series: s, Rate: s.Rate(), ToolMicros: s.perRecord(s.ToolCPU)}
		if r, ok := b.Ratio(s); ok {
			d.Ratio = &r
		}
		if len(s.BrokerCPU) > 0 {
			m := s.perRecord(s.BrokerCPU)
			d.BrokerMicros = &m
		}
		doc.Series = append(doc.Series, d)
	}
	return indented(w, doc)
}
