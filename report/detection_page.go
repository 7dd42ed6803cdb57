package report

import (
	"fmt"
	"html/template"
	"io"
	"strings"

	"surety/checker"
)

// detectionPage is what the template of the page sees.
type detectionPage struct {
	Confidence   string
	Trials, Open string
	Schedules    []string
	Rows         []detectionPageRow
}

type detectionPageRow struct {
	Processor, Shows string
	Cells            []detectionPageCell
}

type detectionPageCell struct {
	Text string
	SVG  template.HTML // the rate and its interval; empty where nothing was judged
}

// HTML writes one page that needs nothing besides.
func (d *Detection) HTML(w io.Writer) error {
	p := detectionPage{Confidence: fmt.Sprintf("%.0f %%", 100*Confidence), Schedules: d.Schedules}
	var trials, open int64
	for _, r := range d.Rows {
		row := detectionPageRow{Processor: r.Processor, Shows: strings.TrimPrefix(r.Expect, string(checker.Violated)+": ")}
		for _, c := range r.Cells {
			trials, open = trials+c.Caught.Trials, open+c.Open
			row.Cells = append(row.Cells, detectionPageCell{Text: c.text(), SVG: c.whisker()})
		}
		p.Rows = append(p.Rows, row)
	}
	p.Trials, p.Open = grouped(trials), grouped(open)
	var b strings.Builder
	if err := pages.ExecuteTemplate(&b, "detection.html", p); err != nil {
		return err
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// whisker draws the rate as a dot on a scale from none to all, and its interval as a
// line.
func (c DetectionCell) whisker() template.HTML {
	if c.Caught.Trials == 0 {
		return ""
	}
	const width, height, edge = 200.0, 14.0, 4.0
	x := func(rate float64) string { return short(edge + rate*(width-2*edge)) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %s %s" role="img" aria-label="%s">`, short(width), short(height), template.HTMLEscapeString(c.text()))
	fmt.Fprintf(&b, `<path class="grid" d="M%s 7H%sM%s 3V11M%s 3V11M%s 3V11"/>`, x(0), x(1), x(0), x(0.5), x(1))
	fmt.Fprintf(&b, `<path class="line b" d="M%s 7H%s"/>`, x(c.Caught.Low), x(c.Caught.High))
	fmt.Fprintf(&b, `<circle class="try" cx="%s" cy="7" r="3.5"/></svg>`, x(float64(c.Caught.Hits)/float64(c.Caught.Trials)))
	return template.HTML(b.String()) //nolint:gosec // numbers, and a text that is escaped
}
