package report

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/mattn/go-runewidth"
	"github.com/olekukonko/tablewriter/tw"
)

// rows writes a table or, where that is wider than the terminal, each row as a few
// lines: the terminal itself would break the table anywhere.
func (t Terminal) rows(w io.Writer, align []tw.Align, header []string, rows [][]string) error {
	var wide bytes.Buffer
	if err := table(&wide, align, header, rows); err != nil {
		return err
	}
	for line := range strings.Lines(wide.String()) {
		if t.Width > 0 && columns(strings.TrimRight(line, "\n")) > t.Width {
			return t.stacked(w, header, rows)
		}
	}
	_, err := w.Write(wide.Bytes())
	return err
}

// stacked writes the first cell of each row with its verdict, and below it the others
// under their names.
func (t Terminal) stacked(w io.Writer, header []string, rows [][]string) error {
	lead := slices.Index(header, "verdict")
	names := 0
	for _, row := range rows {
		names = max(names, columns(row[0]))
	}
	var b strings.Builder
	for _, row := range rows {
		name := row[0]
		if lead > 0 {
			name = runewidth.FillRight(name, names) + "  " + row[lead]
		}
		fmt.Fprintf(&b, " %s\n", strings.TrimRight(name, " "))
		var cells []string
		for i, cell := range row {
			if i > 0 && i != lead && cell != "" {
				cells = append(cells, strings.TrimSpace(header[i]+" "+cell))
			}
		}
		for _, line := range folded(cells, t.Width-3) {
			fmt.Fprintf(&b, "   %s\n", line)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// folded joins cells to lines no wider than width, where a cell itself is not.
func folded(cells []string, width int) (lines []string) {
	const between = " · "
	for _, cell := range cells {
		if last := len(lines) - 1; last >= 0 && columns(lines[last]+between+cell) <= width {
			lines[last] += between + cell
			continue
		}
		lines = append(lines, cell)
	}
	return lines
}

var escapes = regexp.MustCompile("\x1b\\[[0-9;]*m")

// columns is how wide a text is on a terminal; colours take no room.
func columns(text string) int { return runewidth.StringWidth(escapes.ReplaceAllString(text, "")) }
