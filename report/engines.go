package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/olekukonko/tablewriter/tw"

	"surety/checker"
	"surety/checker/history"
)

// Engines compares what stream processing engines did under each fault, from the JSON
// reports of suites that have engines under test. Runs of one scenario, as with several
// seeds, are one row.
type Engines struct {
	Rows []EngineRow `json:"rows"`
}

// EngineRow is one scenario. What was counted in its runs stands in their order.
type EngineRow struct {
	Scenario   string    `json:"scenario"`
	Engine     Engine    `json:"engine"`
	Declared   string    `json:"declared"`
	Fault      string    `json:"fault"` // labels without targets; "none"
	Expect     string    `json:"expect"`
	Verdicts   []string  `json:"verdicts"`
	Met        int       `json:"met"`
	Records    []int64   `json:"records"` // acknowledged
	Lost       []int64   `json:"lost"`
	Duplicated []int64   `json:"duplicated"`
	Reordered  []int64   `json:"reordered"`
	WrongState []int64   `json:"wrong_state"` // results
	Recovery   []float64 `json:"recovery_s"`  // of the slowest partition; nothing where none was seen
	Quickest   []float64 `json:"quickest_s"`  // of the quickest partition
	LagBack    []float64 `json:"lag_back_s"`
	P50        []float64 `json:"latency_p50_ms"` // from the intended time to the first sighting
	P99        []float64 `json:"latency_p99_ms"`
	Signals    []string  `json:"signals"`
}

// Add takes the JSON report of runs in.
func (e *Engines) Add(r io.Reader) error {
	var doc document
	if err := json.NewDecoder(r).Decode(&doc); err != nil {
		return fmt.Errorf("it is no JSON report: %w", err)
	}
	any := false
	for _, s := range doc.Scenarios {
		if s.Engine != nil {
			any = true
			e.row(s).add(s)
		}
	}
	if !any {
		return errors.New("no engine is under test in it")
	}
	return nil
}

func (e *Engines) row(s scenarioJSON) *EngineRow {
	declared := declared(s.Guarantee)
	i := slices.IndexFunc(e.Rows, func(r EngineRow) bool {
		return r.Scenario == s.Name && r.Engine == s.Engine.Engine && r.Declared == declared
	})
	if i < 0 {
		i = len(e.Rows)
		e.Rows = append(e.Rows, EngineRow{Scenario: s.Name, Engine: s.Engine.Engine, Declared: declared, Fault: broke(s.Faults), Expect: s.Expect})
	}
	return &e.Rows[i]
}

// broke names the kinds of the faults.
func broke(faults []checker.FaultResult) string {
	var kinds []string
	for _, f := range faults {
		kind, _, _ := strings.Cut(f.Label, " ")
		kinds = append(kinds, kind)
	}
	if len(kinds) == 0 {
		return "none"
	}
	return strings.Join(kinds, ", ")
}

func (r *EngineRow) add(s scenarioJSON) {
	r.Verdicts = append(r.Verdicts, s.Verdict)
	if s.Met {
		r.Met++
	}
	if s.Examined == nil {
		return // without a verdict nothing was counted
	}
	r.Records = append(r.Records, s.Examined.OK)
	r.Lost = append(r.Lost, Run{Verdict: &checker.Verdict{Sinks: s.Sinks}}.lost())
	r.Duplicated = append(r.Duplicated, s.Counts[checker.Duplicated])
	r.Reordered = append(r.Reordered, s.Counts[checker.Reordered])
	r.WrongState = append(r.WrongState, s.Counts[checker.WrongState])
	for _, f := range s.Faults {
		if f.Recovery == 0 {
			continue
		}
		r.Recovery = append(r.Recovery, inSeconds(f.Recovery))
		r.Quickest = append(r.Quickest, inSeconds(quickest(f)))
	}
	if s.Engine.LagBack > 0 {
		r.LagBack = append(r.LagBack, s.Engine.LagBack)
	}
	if s.Engine.P99 > 0 {
		r.P50, r.P99 = append(r.P50, s.Engine.P50), append(r.P99, s.Engine.P99)
	}
	r.Signals = append(r.Signals, counted(s.Engine.Signals))
}

// quickest is the recovery of the partition that was back first: one that the fault
// did not touch.
func quickest(f checker.FaultResult) history.Nanos {
	least := f.Recovery
	for _, took := range f.Recoveries {
		least = min(least, took)
	}
	return least
}

func inSeconds(n history.Nanos) float64 { return float64(n/1e6) / 1e3 }

// eachRun prints what was counted in each run, once where it was always the same.
func eachRun(list []int64) string {
	if len(list) == 0 {
		return "–"
	}
	if len(slices.Compact(slices.Clone(list))) == 1 {
		return grouped(list[0])
	}
	var parts []string
	for _, n := range list {
		parts = append(parts, grouped(n))
	}
	return strings.Join(parts, ", ")
}

// eachMeasured prints what was measured in each run.
func eachMeasured(format string, list []float64) string {
	if len(list) == 0 {
		return "–"
	}
	var parts []string
	for _, s := range list {
		parts = append(parts, fmt.Sprintf(format, s))
	}
	return strings.Join(parts, ", ")
}

// outcome says how the runs ended: "3 upheld", "2 violated, 1 inconclusive".
func (r EngineRow) outcome() string {
	var parts []string
	for _, v := range slices.Compact(slices.Sorted(slices.Values(r.Verdicts))) {
		n := 0
		for _, o := range r.Verdicts {
			if o == v {
				n++
			}
		}
		parts = append(parts, fmt.Sprintf("%d %s", n, v))
	}
	text := strings.Join(parts, ", ")
	if r.Met < len(r.Verdicts) {
		text += fmt.Sprintf(" (%d of %d as expected: %s)", r.Met, len(r.Verdicts), r.Expect)
	}
	return text
}

var enginesHeader = []string{
	"scenario", "engine", "job", "guarantee", "declared", "fault", "verdict", "lost", "duplicated", "reordered", "wrong state",
	"recovery s", "quickest partition s", "lag back s", "latency p50 ms", "p99 ms",
}

func (r EngineRow) cells() []string {
	return []string{
		r.Scenario, r.Engine.Kind + " " + r.Engine.Version, r.Engine.Job, r.Engine.Guarantee, r.Declared, r.Fault, r.outcome(),
		eachRun(r.Lost), eachRun(r.Duplicated), eachRun(r.Reordered), eachRun(r.WrongState),
		eachMeasured("%.1f", r.Recovery), eachMeasured("%.1f", r.Quickest), eachMeasured("%.1f", r.LagBack), eachMeasured("%.0f", r.P50), eachMeasured("%.0f", r.P99),
	}
}

// Text writes the table for a terminal.
func (e *Engines) Text(w io.Writer) error {
	var rows [][]string
	for _, r := range e.Rows {
		rows = append(rows, r.cells())
	}
	return table(w, slices.Repeat([]tw.Align{tw.AlignLeft}, len(enginesHeader)), enginesHeader, rows)
}

// Markdown writes the table for a page.
func (e *Engines) Markdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "| %s |\n|%s\n", strings.Join(enginesHeader, " | "), strings.Repeat("---|", len(enginesHeader)))
	for _, r := range e.Rows {
		cells := r.cells()
		for i := range cells {
			cells[i] = markdownText(cells[i])
		}
		fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// JSON writes one document.
func (e *Engines) JSON(w io.Writer) error { return indented(w, e) }
