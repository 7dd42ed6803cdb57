package report

import (
	"io"

	"github.com/olekukonko/tablewriter/tw"
)

// Costs is what guarantees cost, measured in rounds.
type Costs struct {
	Measured
	Rows []CostRow `json:"guarantees"`
}

// CostRow are the rounds of one guarantee. The i-th entries of all rows are of the
// same round.
type CostRow struct {
	Name         string    `json:"name"`
	Rate         []float64 `json:"records_per_second"`
	P50          []float64 `json:"latency_p50_ms"`
	P99          []float64 `json:"latency_p99_ms"`
	Max          []float64 `json:"latency_max_ms"`
	Late         []int64   `json:"late_records"`
	ProcessorCPU []float64 `json:"processor_cpu_us_per_record"`
	BrokerCPU    []float64 `json:"broker_cpu_us_per_record,omitempty"` // none where it is unknown
}

// against is the throughput of a row over that of the first, round by round.
func (c Costs) against(r CostRow) Median {
	first := c.Rows[0]
	ratios := make([]float64, min(len(r.Rate), len(first.Rate)))
	for i := range ratios {
		ratios[i] = ratio(r.Rate[i], first.Rate[i])
	}
	return MedianOf(ratios)
}

var costAlign = []tw.Align{
	tw.AlignLeft, tw.AlignRight, tw.AlignRight, tw.AlignRight, tw.AlignRight, tw.AlignRight, tw.AlignRight,
}

// Text writes the table for people.
func (c Costs) Text(w io.Writer) error {
	var rows [][]string
	for i, r := range c.Rows {
		of := ""
		if i > 0 {
			of = bounds(c.against(r))
		}
		rows = append(rows, []string{
			r.Name, bounds(scaled(MedianOf(r.Rate), 1e-3)), of, bounds(MedianOf(r.P50)), bounds(MedianOf(r.P99)),
			bounds(MedianOf(r.ProcessorCPU)), bounds(MedianOf(r.BrokerCPU)),
		})
	}
	first := ""
	if len(c.Rows) > 0 {
		first = "of " + c.Rows[0].Name
	}
	header := []string{"", "1,000 records/s", first, "p50 ms", "p99 ms", "processor µs/record", "broker µs/record"}
	return c.text(w, "cost of guarantees", costAlign, header, rows)
}

// CostsSchema is the version of the JSON document.
const CostsSchema = 1

// JSON writes one document with the figures of every round and their medians.
func (c Costs) JSON(w io.Writer) error {
	type medians struct {
		Rate      Median  `json:"records_per_second"`
		Ratio     *Median `json:"ratio,omitempty"` // to the first
		P50       Median  `json:"latency_p50_ms"`
		P99       Median  `json:"latency_p99_ms"`
		Processor Median  `json:"processor_cpu_us_per_record"`
	}
	type row struct {
		CostRow
		Median medians `json:"median"`
	}
	doc := struct {
		Schema int `json:"schema"`
		Costs
		Rows []row `json:"guarantees"`
	}{Schema: CostsSchema, Costs: c}
	for i, r := range c.Rows {
		m := medians{Rate: MedianOf(r.Rate), P50: MedianOf(r.P50), P99: MedianOf(r.P99), Processor: MedianOf(r.ProcessorCPU)}
		if i > 0 {
			of := c.against(r)
			m.Ratio = &of
		}
		doc.Rows = append(doc.Rows, row{r, m})
	}
	return indented(w, doc)
}
