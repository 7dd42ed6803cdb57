package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestCostsCompareWithinARound(t *testing.T) {
	c := Costs{Measured: Measured{Title: "values of 100 bytes", On: "a broker", Rounds: 9}, Rows: []CostRow{{Name: "at-most-once"}, {Name: "exactly-once"}}}
	for i := range 9 {
		speed := 1000 * float64(1+i*5%9)
		for n := range c.Rows {
			r := &c.Rows[n]
			r.Rate = append(r.Rate, speed/float64(1+n))
			r.P50, r.P99 = append(r.P50, 2), append(r.P99, 7)
			r.ProcessorCPU = append(r.ProcessorCPU, 5)
		}
	}
	var text, doc bytes.Buffer
	if err := c.Text(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"of at-most-once", "0.50 [0.50, 0.50]", "5.00 [2.00, 8.00]", "–"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, text.String())
		}
	}
	if err := c.JSON(&doc); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Schema     int
		Guarantees []struct {
			Rate   []float64 `json:"records_per_second"`
			Median struct{ Ratio *Median }
		}
	}
	if err := json.Unmarshal(doc.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Schema != 1 || len(got.Guarantees) != 2 || len(got.Guarantees[1].Rate) != 9 ||
		got.Guarantees[0].Median.Ratio != nil || got.Guarantees[1].Median.Ratio.Value != 0.5 {
		t.Errorf("got %s", doc.String())
	}
}
