package report

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"surety/checker/history"
)

// sides are runs of which B recovers later, and a scenario that A alone has.
func sides(n int) (a, b []Run) {
	for i := range n {
		x, y := upheld(), upheld()
		x.Verdict.Faults[0].Recovery = 900*ms + history.Nanos(i)*ms
		y.Verdict.Faults[0].Recovery = 1200*ms + history.Nanos(i)*ms
		y.Records = &Records{Samples: []history.Sample{{Name: "latency_p99_ms", Value: 5}}}
		a, b = append(a, x), append(b, y)
	}
	return append(a, control(), inconclusive()), append(b, inconclusive())
}

func TestAComparisonFindsWhatDiffers(t *testing.T) {
	for _, tt := range []struct {
		n    int
		says string
	}{{2, "? too few"}, {3, "? too few"}, {4, "differs"}, {30, "differs"}} {
		a, b := sides(tt.n)
		c := Compare(a, b)
		if len(c.Rows) != 2 || len(c.Only) != 2 {
			t.Fatalf("%d runs: %+v", tt.n, c)
		}
		if r := c.Rows[1]; r.Figure != "recovery s" || r.says() != tt.says || r.Greater != 1 {
			t.Errorf("%d runs: %s, %+v", tt.n, r.says(), r)
		}
		r := c.Rows[0]
		if r.Figure != "violated" || r.RateA.Hits != 0 || r.RateA.Trials != int64(tt.n) || r.Shown() || r.MoreTrials == nil || r.MoreTrials.A+int64(tt.n) != 72 {
			t.Errorf("%d runs: %+v", tt.n, r)
		}
	}
}

func TestAComparisonOfNothingSaysSo(t *testing.T) {
	for _, c := range []*Comparison{Compare(nil, nil), Compare([]Run{environment()}, []Run{environment()})} {
		var text, doc bytes.Buffer
		if err := c.Text(&text); err != nil || !bytes.Contains(text.Bytes(), []byte("no scenario was judged on both sides")) {
			t.Errorf("%v\n%s", err, &text)
		}
		if err := c.JSON(&doc); err != nil || !json.Valid(doc.Bytes()) || bytes.Contains(doc.Bytes(), []byte(`"tests": null`)) {
			t.Errorf("%v\n%s", err, &doc)
		}
	}
}

func TestComparisonsWriteTheirGoldenFiles(t *testing.T) {
	a, b := sides(5)
	c := Compare(a, b)
	c.A, c.B = "before", "after"
	for ending, write := range map[string]func(*bytes.Buffer) error{
		".txt":  func(w *bytes.Buffer) error { return c.Text(w) },
		".json": func(w *bytes.Buffer) error { return c.JSON(w) },
	} {
		var got bytes.Buffer
		if err := write(&got); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", "comparison"+ending)
		if *update {
			if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want) {
			t.Errorf("another than %s (see it with -update):\n%s", file, &got)
		}
	}
	if err := c.Text(full{}); err == nil {
		t.Error("a comparison that cannot be written says nothing")
	}
}
