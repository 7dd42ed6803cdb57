package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/olekukonko/tablewriter/tw"
)

// Measured is what a report of something measured in rounds says besides its figures.
type Measured struct {
	Title   string   `json:"title"` // what was measured
	On      string   `json:"on"`    // broker and machine
	Rounds  int      `json:"rounds"`
	Notes   []string `json:"notes,omitempty"`
	Caveats []string `json:"caveats,omitempty"` // why the figures may mean little
}

// text writes a table of medians for people: below it come the legend, the notes and
// the caveats.
func (m Measured) text(w io.Writer, of string, align []tw.Align, header []string, rows [][]string, legend ...string) error {
	var out strings.Builder
	fmt.Fprintf(&out, "surety  %s · %s\n %s · %s, in turn\n\n", of, m.Title, m.On, plural(int64(m.Rounds), "round"))
	if err := table(&out, align, header, rows); err != nil {
		return err
	}
	fmt.Fprintf(&out, "\n median [interval of %.0f %% from order statistics] · µs of processor time, user and system\n", 100*Confidence)
	for _, lines := range [][]string{legend, m.Notes} {
		for _, l := range lines {
			fmt.Fprintf(&out, " %s\n", l)
		}
	}
	for _, c := range m.Caveats {
		fmt.Fprintf(&out, " %s %s\n", signInconclusive, c)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// indented writes one JSON document.
func indented(w io.Writer, doc any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(doc)
}

// bounds prints a median with its interval. One that is not bounded is marked.
func bounds(m Median) string {
	if m.N == 0 {
		return "–"
	}
	mark := ""
	if !m.Bounded {
		mark = "?"
	}
	return fmt.Sprintf("%.2f [%.2f, %.2f]%s", m.Value, m.Low, m.High, mark)
}

func scaled(m Median, by float64) Median {
	m.Value, m.Low, m.High = m.Value*by, m.Low*by, m.High*by
	return m
}
