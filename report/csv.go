package report

import (
	"encoding/csv"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"surety/checker"
	"surety/checker/history"
)

// CSV writes one long table for other tools: figures, counts of each class, faults,
// anomalies, and samples over time. The column kind says which; times are seconds
// on the run's clock.
type CSV struct{}

// Name implements Format.
func (CSV) Name() string { return "csv" }

func (CSV) wantsRecords() bool { return true }

var csvHeader = []string{
	"scenario", "verdict", "kind", "name", "of", "at_s", "value", "unit",
	"key", "seq", "place", "origin", "in_fault", "partition", "offset", "note", "trial",
}

// csvRow is one line of the table; fields that a kind has not are empty.
type csvRow struct {
	kind, name, of, at, value, unit                        string
	key, seq, place, origin, inFault, partition, pos, note string
}

// Write implements Format.
func (CSV) Write(w io.Writer, m *Model) error {
	out := csv.NewWriter(w)
	_ = out.Write(csvHeader) // its error stays for out.Error
	write := func(scenario, outcome, trial string, rows []csvRow) {
		for _, row := range rows {
			_ = out.Write([]string{
				scenario, outcome, row.kind, row.name, row.of, row.at, row.value, row.unit,
				row.key, row.seq, row.place, row.origin, row.inFault, row.partition, row.pos, row.note, trial,
			})
		}
	}
	for _, t := range m.Tried() {
		write(t.Scenario, "", "", t.csv())
		write(t.Scenario, "", "", m.Replay.csv())
	}
	for _, r := range m.Runs {
		trial := ""
		if r.Trial > 0 {
			trial = strconv.Itoa(r.Trial)
		}
		write(r.Scenario, r.Outcome(), trial, csvRows(r))
	}
	out.Flush()
	return out.Error()
}

// csv are the sums of the trials of a scenario.
func (t Tried) csv() (rows []csvRow) {
	add := func(name string, value float64, unit string) {
		rows = append(rows, csvRow{kind: "trials", name: name, value: strconv.FormatFloat(value, 'g', -1, 64), unit: unit, note: t.Expect})
	}
	for _, n := range []struct {
		name  string
		value int64
	}{
		{"asked", int64(t.Asked)}, {"judged", t.Violated.Trials}, {"violated", t.Violated.Hits}, {"as-expected", t.AsExpected},
		{"inconclusive", t.Inconclusive}, {"without-verdict", t.Broken}, {"interrupted", t.Interrupted}, {"not-begun", t.NotBegun},
	} {
		add(n.name, float64(n.value), "trials")
	}
	if t.Bounded && t.Violated.Trials > 0 {
		add("low-95", t.Violated.Low, "of trials")
		add("high-95", t.Violated.High, "of trials")
	}
	return rows
}

func csvRows(r Run) (rows []csvRow) {
	for _, f := range r.Figures() {
		rows = append(rows, csvRow{kind: "figure", name: f.Name, value: f.Plain(), unit: f.Unit})
	}
	if r.Verdict == nil {
		return append(rows, csvRow{kind: "outcome", name: r.Outcome(), note: r.Environment})
	}
	counts := func(of string, counts, breaks map[checker.Class]int64) {
		for _, c := range slices.Sorted(maps.Keys(counts)) {
			rows = append(rows, csvRow{kind: "count", name: string(c), of: of, value: strconv.FormatInt(counts[c], 10), unit: "records"})
		}
		for _, c := range slices.Sorted(maps.Keys(breaks)) {
			rows = append(rows, csvRow{kind: "break", name: string(c), of: of, value: strconv.FormatInt(breaks[c], 10), unit: "records"})
		}
	}
	for _, s := range r.Verdict.Sinks {
		counts(s.Sink, s.Counts, s.Breaks)
	}
	for _, l := range r.Verdict.Logs {
		counts("log of "+l.Log, l.Counts, l.Breaks)
	}
	for _, f := range r.Verdict.Faults {
		row := csvRow{kind: "fault", name: f.Label, at: csvTime(f.From), note: "until " + csvTime(f.To) + " s"}
		if !f.Shown {
			row.note += ", " + unshown(f)
		}
		if f.Recovery > 0 {
			row.value, row.unit = csvTime(f.Recovery), "s to recovery"
		}
		row.note += moved(f)
		rows = append(rows, row)
	}
	for _, s := range r.Verdict.Sinks {
		rows = append(rows, anomalies(s.Findings, s.Sink)...)
	}
	for _, l := range r.Verdict.Logs {
		rows = append(rows, anomalies(l.Findings, "log of "+l.Log)...)
	}
	return append(rows, samples(r.Records)...)
}

// anomalies are one row for each sighting of a finding; of none, one row.
func anomalies(list []checker.Finding, of string) (rows []csvRow) {
	for _, f := range list {
		row := csvRow{
			kind: "anomaly", name: string(f.Class), of: of, at: csvTime(f.At), key: f.Key, seq: strconv.FormatInt(f.Seq, 10),
			place: string(f.Place), origin: string(f.Origin), inFault: strconv.FormatBool(f.InFault), note: f.Note,
		}
		if f.Class.Keyless() {
			row.seq = ""
		}
		if len(f.Sightings) == 0 {
			rows = append(rows, row)
		}
		for _, s := range f.Sightings {
			row.at = csvTime(s.At)
			row.partition, row.pos = strconv.Itoa(int(s.Partition)), strconv.FormatInt(s.Offset, 10)
			rows = append(rows, row)
		}
	}
	return rows
}

// csvTime prints seconds with all digits that a clock of microseconds has.
func csvTime(n history.Nanos) string {
	return strconv.FormatFloat(float64(time.Duration(n).Microseconds())/1e6, 'f', -1, 64)
}

// samples are what was measured while the run went on, and the steps of its
// timeline.
func samples(r *Records) (rows []csvRow) {
	if r == nil {
		return nil
	}
	for _, s := range r.Samples {
		name, unit := s.Name, ""
		if i := strings.LastIndexByte(name, '_'); i > 0 {
			name, unit = name[:i], name[i+1:]
		}
		rows = append(rows, csvRow{
			kind: "sample", name: name, of: s.Of, at: csvTime(s.At), value: strconv.FormatFloat(s.Value, 'f', -1, 64), unit: unit,
		})
	}
	t := r.Timeline
	if t == nil {
		return rows
	}
	for i, s := range t.Steps {
		at := csvTime(t.At(i + 1))
		add := func(name, value, unit string) {
			rows = append(rows, csvRow{kind: "step", name: name, of: t.Sink, at: at, value: value, unit: unit})
		}
		count := func(name string, n int64) { add(name, strconv.FormatInt(n, 10), "records") }
		count("offered", s.Offered)
		count("ok", s.OK)
		count("seen", s.Seen)
		count("lag", s.Lag)
		if s.P99 > 0 {
			add("latency-p50", csvTime(s.P50), "s")
			add("latency-p99", csvTime(s.P99), "s")
		}
		if t.Counted {
			count("lost", s.Lost)
			count("duplicated", s.Duplicated)
		}
	}
	return rows
}
