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
)

// Detection tells how often each planted mistake was caught under each schedule of
// faults, from the JSON reports of suites that were tried several times.
type Detection struct {
	Schedules []string       `json:"schedules"` // the suites, in the order of the reports
	Rows      []DetectionRow `json:"rows"`
}

// DetectionRow is one planted mistake.
type DetectionRow struct {
	Processor string          `json:"processor"`
	Expect    string          `json:"expect"`
	Cells     []DetectionCell `json:"cells"` // one for each schedule
}

// DetectionCell is one planted mistake under one schedule. Caught counts the trials
// with an answer that violated as expected.
type DetectionCell struct {
	Caught    Rate  `json:"caught"`
	Otherwise int64 `json:"violated_otherwise"` // violated, but not as expected; not caught
	Open      int64 `json:"without_answer"`     // inconclusive, or ended by the environment; no trials
}

// Add takes the JSON report of one suite in.
func (d *Detection) Add(r io.Reader) error {
	var doc document
	if err := json.NewDecoder(r).Decode(&doc); err != nil {
		return fmt.Errorf("it is no JSON report: %w", err)
	}
	switch {
	case doc.Suite == "" || doc.Trials == nil:
		return errors.New("it is not the report of a suite that was run with --trials")
	case doc.Trials.UntilViolated:
		return errors.New("its trials ended with the first violation, which bounds no rate")
	case slices.Contains(d.Schedules, doc.Suite):
		return fmt.Errorf("the suite %s is there already", doc.Suite)
	}
	column := len(d.Schedules)
	d.Schedules = append(d.Schedules, doc.Suite)
	for i := range d.Rows {
		d.Rows[i].Cells = append(d.Rows[i].Cells, DetectionCell{})
	}
	for _, s := range doc.Scenarios {
		d.cell(s, column).add(s)
	}
	for _, r := range d.Rows {
		c := &r.Cells[column]
		c.Caught = RateOf(c.Caught.Hits, c.Caught.Trials)
	}
	return nil
}

func (d *Detection) cell(s scenarioJSON, column int) *DetectionCell {
	i := slices.IndexFunc(d.Rows, func(r DetectionRow) bool { return r.Processor == s.Processor && r.Expect == s.Expect })
	if i < 0 {
		i = len(d.Rows)
		d.Rows = append(d.Rows, DetectionRow{Processor: s.Processor, Expect: s.Expect, Cells: make([]DetectionCell, column+1)})
	}
	return &d.Rows[i].Cells[column]
}

func (c *DetectionCell) add(s scenarioJSON) {
	switch checker.Answer(s.Verdict) {
	case checker.Violated:
		c.Caught.Trials++
		if s.Met {
			c.Caught.Hits++
		} else {
			c.Otherwise++
		}
	case checker.Upheld:
		c.Caught.Trials++
	default:
		c.Open++
	}
}

// text is the cell for people: 19 of 20 [75.12 %, 99.88 %].
func (c DetectionCell) text() string {
	if c.Caught.Trials+c.Open == 0 {
		return "not tried"
	}
	s := fmt.Sprintf("%d of %d %s", c.Caught.Hits, c.Caught.Trials, c.Caught)
	if c.Caught.Trials == 0 {
		s = "none judged"
	}
	if c.Otherwise > 0 {
		s += fmt.Sprintf(", %d otherwise", c.Otherwise)
	}
	if c.Open > 0 {
		s += fmt.Sprintf(", %d open", c.Open)
	}
	return s
}

func (d *Detection) cells() (header []string, rows [][]string) {
	header = append([]string{"planted mistake", "shows as"}, d.Schedules...)
	for _, r := range d.Rows {
		row := []string{r.Processor, strings.TrimPrefix(r.Expect, string(checker.Violated)+": ")}
		for _, c := range r.Cells {
			row = append(row, c.text())
		}
		rows = append(rows, row)
	}
	return header, rows
}

// Text writes the table for a terminal.
func (d *Detection) Text(w io.Writer) error {
	header, rows := d.cells()
	align := slices.Repeat([]tw.Align{tw.AlignLeft}, len(header))
	return table(w, align, header, rows)
}

// Markdown writes the table for a page.
func (d *Detection) Markdown(w io.Writer) error {
	header, rows := d.cells()
	var b strings.Builder
	fmt.Fprintf(&b, "| %s |\n|%s\n", strings.Join(header, " | "), strings.Repeat("---|", len(header)))
	for _, row := range rows {
		for i := range row {
			row[i] = markdownText(row[i])
		}
		fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// JSON writes one document.
func (d *Detection) JSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(d)
}
