package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestBenchMeasuresEveryLegInEveryRound(t *testing.T) {
	const rounds, records = 2, 3000
	out := t.TempDir()
	got := verify(t, "bench", "--rounds", "2", "--records", "3000", "--force", "--json", "--out", out)
	if got.code != exitUpheld {
		t.Fatalf("exit code %d: %s", got.code, got.stderr)
	}
	var doc struct {
		Schema int
		Rounds int
		Series []struct {
			Name           string
			Against        string
			Records        int64
			Seconds        []float64
			ToolCPU        []float64 `json:"tool_cpu_seconds"`
			BrokerCPU      []float64 `json:"broker_cpu_seconds"`
			HistoryBytes   int64     `json:"history_bytes"`
			Ratio          *struct{ Median, Low, High float64 }
			RecordsASecond struct{ Median float64 } `json:"records_per_second"`
		}
	}
	if err := json.Unmarshal([]byte(got.stdout), &doc); err != nil {
		t.Fatalf("%v:\n%s", err, got.stdout)
	}
	if kept, err := os.ReadFile(filepath.Join(out, "bench.json")); err != nil || string(kept) != got.stdout {
		t.Errorf("kept %q, %v", kept, err)
	}
	if kept, err := os.ReadFile(filepath.Join(out, "bench.txt")); err != nil || !strings.Contains(string(kept), "read verified") {
		t.Errorf("kept %q, %v", kept, err)
	}
	if doc.Schema != 1 || doc.Rounds != rounds || len(doc.Series) != 4 {
		t.Fatalf("schema %d, %d rounds, %d series", doc.Schema, doc.Rounds, len(doc.Series))
	}
	for _, s := range doc.Series {
		if s.Records != records || len(s.Seconds) != rounds || len(s.ToolCPU) != rounds || len(s.BrokerCPU) != rounds || s.RecordsASecond.Median <= 0 {
			t.Errorf("%s: %+v", s.Name, s)
		}
		recorded := s.Against != ""
		if (s.Ratio != nil) != recorded || (s.HistoryBytes > 0) != recorded {
			t.Errorf("%s is compared with %q: ratio %v, history of %d bytes", s.Name, s.Against, s.Ratio, s.HistoryBytes)
		}
		// Intent and outcome, or an observation: a handful of bytes each.
		if recorded && s.HistoryBytes > 24*records {
			t.Errorf("%s: a history of %d bytes for %d records", s.Name, s.HistoryBytes, records)
		}
	}
}

func TestBenchRefusesWhatItCannotMeasure(t *testing.T) {
	for _, row := range []struct {
		args []string
		want string
	}{
		{[]string{"--rounds", "0"}, "--rounds is 0"},
		{[]string{"--size", "-1"}, "--size is -1"},
		{[]string{"--records", "-5"}, "--records is -5"},
		{[]string{"--broker", "here"}, "--broker is"},
		{[]string{"--seed", "xyz"}, "--seed"},
	} {
		got := verify(t, append([]string{"bench"}, row.args...)...)
		if got.code != exitUsage {
			t.Errorf("%v: exit code %d", row.args, got.code)
		}
		sentence(t, got.stderr, row.want)
	}
}

func TestBenchOfGuaranteesMeasuresAllOfThem(t *testing.T) {
	out := t.TempDir()
	got := verify(t, "bench", "guarantees", "--rounds", "1", "--records", "2000", "--rate", "500", "--seconds", "0.2", "--force", "--out", out)
	if got.code != exitUpheld {
		t.Fatalf("exit code %d: %s", got.code, got.stderr)
	}
	says(t, got.stdout, "at-most-once", "at-least-once", "exactly-once, a poll a transaction", "exactly-once, 100 ms", "exactly-once, 1 s")
	text, err := os.ReadFile(filepath.Join(out, "costs.json"))
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Guarantees []struct {
			Name string
			Rate []float64 `json:"records_per_second"`
			P50  []float64 `json:"latency_p50_ms"`
		}
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	for _, g := range doc.Guarantees {
		if len(g.Rate) != 1 || g.Rate[0] <= 0 || g.P50[0] <= 0 {
			t.Errorf("%+v", g)
		}
	}
	if len(doc.Guarantees) != 5 {
		t.Errorf("%d guarantees", len(doc.Guarantees))
	}
}
