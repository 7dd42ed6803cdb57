package report

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// compared is a comparison whose second series takes twice the time, in rounds that
// differ more from each other than the series do.
func compared() Benchmark {
	b := Benchmark{
		Measured: Measured{
			Title: "values of 100 bytes, 2000000 records a leg", On: "emulated broker · 2 processors", Rounds: 9,
			Notes:   []string{"memory of the driver at its highest: 84 MiB"},
			Caveats: []string{"measured on a busy machine: 60 % of 2 processors are in use before anything began"},
		},
		Series: []Series{
			{Name: "produce", About: "the bare client", Records: 2_000_000},
			{Name: "produce recorded", About: "every attempt on disk", Against: "produce", Records: 2_000_000, HistoryBytes: 36_000_000},
			{Name: "nothing", Against: "nobody", Records: 2_000_000},
		},
	}
	for i := range 9 {
		sec := 1 + 0.5*float64(i*5%9)
		b.Series[0].Seconds = append(b.Series[0].Seconds, sec)
		b.Series[0].ToolCPU = append(b.Series[0].ToolCPU, 0.8*sec)
		b.Series[0].BrokerCPU = append(b.Series[0].BrokerCPU, 0.4*sec)
		b.Series[1].Seconds = append(b.Series[1].Seconds, 2*sec)
		b.Series[1].ToolCPU = append(b.Series[1].ToolCPU, 1.6*sec)
		b.Series[1].BrokerCPU = append(b.Series[1].BrokerCPU, 0.4*sec)
	}
	return b
}

func TestRatiosAreThoseOfOneRound(t *testing.T) {
	b := compared()
	got, ok := b.Ratio(b.Series[1])
	if want := (Median{Value: 0.5, Low: 0.5, High: 0.5, Bounded: true, N: 9}); !ok || got != want {
		t.Errorf("%+v, want %+v: the rounds differ, the ratio does not", got, want)
	}
	for _, i := range []int{0, 2} {
		if _, ok := b.Ratio(b.Series[i]); ok {
			t.Errorf("%s is compared with something", b.Series[i].Name)
		}
	}
}

func TestBenchmarkAsText(t *testing.T) {
	var out bytes.Buffer
	if err := compared().Text(&out); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", "benchmark.txt")
	if *update {
		if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(out.Bytes(), want) {
		t.Errorf("it is another than %s (see it with -update):\n%s", file, out.String())
	}
}

func TestBenchmarkAsJSON(t *testing.T) {
	b := compared()
	b.Series[0].Seconds[3] = 0 // a clock that went wrong must not lose the rest
	var out bytes.Buffer
	if err := b.JSON(&out); err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if doc["schema"] != 1.0 || len(doc["series"].([]any)) != 3 {
		t.Errorf("got %s", out.String())
	}
}
