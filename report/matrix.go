package report

import (
	"fmt"
	"slices"
	"strings"

	"surety/checker"
)

// matrix shows a suite at a glance: what happened, by the guarantee that was kept.
type matrix struct {
	Columns []string
	Rows    []matrixRow
}

type matrixRow struct {
	Name  string
	Cells [][]matrixCell // for each column none, one or several runs
}

type matrixCell struct {
	ID, Scenario, Sign, Word, State string
}

// matrixOf puts runs whose names differ by their guarantee alone into one row.
func matrixOf(runs []Run) *matrix {
	m := &matrix{}
	for _, d := range checker.Deliveries {
		if slices.ContainsFunc(runs, func(r Run) bool { return r.Guarantee.Delivery == d }) {
			m.Columns = append(m.Columns, string(d))
		}
	}
	for i, r := range runs {
		column := slices.Index(m.Columns, string(r.Guarantee.Delivery))
		if column < 0 {
			continue
		}
		name := strings.TrimSuffix(r.Scenario, "-"+string(r.Guarantee.Delivery))
		at := slices.IndexFunc(m.Rows, func(row matrixRow) bool { return row.Name == name })
		if at < 0 {
			at = len(m.Rows)
			m.Rows = append(m.Rows, matrixRow{Name: name, Cells: make([][]matrixCell, len(m.Columns))})
		}
		cell := matrixCell{ID: fmt.Sprintf("run-%d", i+1), Scenario: r.Scenario, Sign: signOf(r), Word: word(r), State: stateOf(r)}
		m.Rows[at].Cells[column] = append(m.Rows[at].Cells[column], cell)
	}
	return m
}
