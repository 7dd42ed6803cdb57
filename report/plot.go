package report

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
	"time"

	"surety/checker"
	"surety/checker/history"
)

// Plots are drawn 360 units wide, which is what a phone shows at full size.
const (
	plotWidth  = 360.0
	plotHeight = 150.0
	plotLeft   = 40.0 // room for the numbers of the axis
	plotRight  = 8.0
	plotTop    = 8.0
	plotBottom = 20.0
)

// plot is one picture over the time of a run, with its faults as bands behind.
type plot struct {
	Title string
	Unit  string
	Note  string
	Lines []plotLine
	SVG   template.HTML
}

// plotLine is one line; lines differ by their dashes as well as by colour.
type plotLine struct {
	Name   string
	Style  string // class of the style sheet: a, b or c
	Last   string // what it came to, for those that run up
	values []float64
}

// smooth is over how many steps before and after itself a rate is taken: what comes
// at once after an outage would dwarf all else.
const smooth = 4

// timeAxis places moments of a run.
type timeAxis struct{ from, to history.Nanos }

func (a timeAxis) x(at history.Nanos) float64 {
	at = min(max(at, a.from), a.to)
	return plotLeft + (plotWidth-plotLeft-plotRight)*float64(at-a.from)/float64(max(1, a.to-a.from))
}

// plots are those of a timeline: throughput, lag, latency, and what was lost or
// duplicated so far.
func plots(t *Timeline, faults []checker.FaultResult) []plot {
	if t == nil || len(t.Steps) == 0 {
		return nil
	}
	n := len(t.Steps)
	series := func(value func(s Step) float64) []float64 {
		out := make([]float64, n)
		for i, s := range t.Steps {
			out[i] = value(s)
		}
		return out
	}
	perSecond := func(count func(s Step) int64) []float64 {
		out := make([]float64, n)
		for i := range t.Steps {
			from, to := max(0, i-smooth), min(n, i+smooth+1)
			for _, s := range t.Steps[from:to] {
				out[i] += float64(count(s))
			}
			out[i] /= float64(to-from) * time.Duration(t.Width).Seconds()
		}
		return out
	}
	ms := func(d history.Nanos) float64 {
		if d == 0 {
			return math.NaN() // none was seen: a hole in the line
		}
		return float64(d) / 1e6
	}
	last := t.Steps[n-1]
	out := []plot{
		{Title: "Throughput", Unit: "records/s", Note: fmt.Sprintf("mean of %d steps of %s", 2*smooth+1, time.Duration(t.Width)), Lines: []plotLine{
			{Name: "offered", Style: "a", values: perSecond(func(s Step) int64 { return s.Offered })},
			{Name: "acknowledged", Style: "b", values: perSecond(func(s Step) int64 { return s.OK })},
			{Name: "seen in " + t.Sink, Style: "c", values: perSecond(func(s Step) int64 { return s.Seen })},
		}},
		{Title: "Lag", Unit: "records", Note: "acknowledged and not yet seen", Lines: []plotLine{
			{Name: "lag", Style: "b", Last: grouped(last.Lag), values: series(func(s Step) float64 { return float64(s.Lag) })},
		}},
		{Title: "Latency", Unit: "ms", Note: "from the intended time to the first sighting, by the intended time; at most 12.5 % too high", Lines: []plotLine{
			{Name: "median", Style: "a", values: series(func(s Step) float64 { return ms(s.P50) })},
			{Name: "99th percentile", Style: "c", values: series(func(s Step) float64 { return ms(s.P99) })},
		}},
	}
	if t.Counted {
		out = append(out, plot{Title: "Lost and duplicated so far", Unit: "records", Note: "lost by when it was offered, duplicated by when it came again", Lines: []plotLine{
			{Name: "lost", Style: "c", Last: grouped(last.Lost), values: series(func(s Step) float64 { return float64(s.Lost) })},
			{Name: "duplicated", Style: "b", Last: grouped(last.Duplicated), values: series(func(s Step) float64 { return float64(s.Duplicated) })},
		}})
	}
	axis := timeAxis{t.From, t.At(n)}
	for i := range out {
		out[i].SVG = out[i].draw(t, axis, faults)
	}
	return out
}

func (p plot) draw(t *Timeline, axis timeAxis, faults []checker.FaultResult) template.HTML {
	var b strings.Builder
	top := 0.0
	for _, l := range p.Lines {
		for _, v := range l.values {
			if v > top { // false for holes
				top = v
			}
		}
	}
	top = niceAbove(top)
	openSVG(&b, p.Title+" in "+p.Unit, plotHeight)
	bands(&b, axis, faults, plotHeight)
	base := plotHeight - plotBottom
	y := func(v float64) float64 { return base - (base-plotTop)*v/top }
	for _, v := range []float64{0, top / 2, top} {
		fmt.Fprintf(&b, `<path class="grid" d="M%s %sH%s"/><text class="end" x="%s" y="%s">%s</text>`,
			short(plotLeft), short(y(v)), short(plotWidth-plotRight), short(plotLeft-4), short(y(v)+3), tick(v))
	}
	timeTicks(&b, axis, plotHeight)
	for _, l := range p.Lines {
		fmt.Fprintf(&b, `<path class="line %s" d="%s"/>`, l.Style, l.path(func(i int) float64 { return axis.x(t.At(i)) }, y))
	}
	b.WriteString("</svg>")
	return template.HTML(b.String()) //nolint:gosec // numbers, and names that were escaped
}

// path joins the values; holes are left out, and so is what lies on a level line.
func (l plotLine) path(x func(i int) float64, y func(v float64) float64) string {
	var b strings.Builder
	level := func(i int) bool {
		return i > 0 && i < len(l.values)-1 && l.values[i] == l.values[i-1] && l.values[i] == l.values[i+1]
	}
	pen := "M"
	for i, v := range l.values {
		if math.IsNaN(v) {
			pen = "M"
			continue
		}
		if level(i) {
			continue
		}
		fmt.Fprintf(&b, "%s%s %s", pen, short(x(i)), short(y(v)))
		if pen == "M" && (i == len(l.values)-1 || math.IsNaN(l.values[i+1])) {
			b.WriteString("h1") // a value that stands alone
		}
		pen = "L"
	}
	return b.String()
}

// openSVG begins a picture that a screen reader can name.
func openSVG(b *strings.Builder, title string, height float64) {
	fmt.Fprintf(b, `<svg viewBox="0 0 %s %s" role="img" aria-label="%s">`, short(plotWidth), short(height), template.HTMLEscapeString(title))
}

// bands draws each fault behind what is plotted, with its number at the top.
func bands(b *strings.Builder, axis timeAxis, faults []checker.FaultResult, height float64) {
	for i, f := range faults {
		if f.To <= f.From && f.From == 0 || f.To < axis.from || f.From > axis.to {
			continue
		}
		x, end := axis.x(f.From), axis.x(f.To)
		fmt.Fprintf(b, `<rect class="fault" x="%s" y="%s" width="%s" height="%s"><title>%s</title></rect><text class="faultno" x="%s" y="%s">%d</text>`,
			short(x), short(plotTop), short(max(1.5, end-x)), short(height-plotTop-plotBottom), template.HTMLEscapeString(f.Label),
			short(x+2), short(plotTop+9), i+1)
	}
}

// timeTicks writes the time axis.
func timeTicks(b *strings.Builder, axis timeAxis, height float64) {
	span := time.Duration(axis.to - axis.from).Seconds()
	step := niceAbove(span / 5)
	for s := math.Ceil(time.Duration(axis.from).Seconds()/step) * step; s <= time.Duration(axis.to).Seconds()+step/1e6; s += step {
		x := axis.x(history.Nanos(s * 1e9))
		if x > plotWidth-plotRight-6 {
			break
		}
		fmt.Fprintf(b, `<text class="mid" x="%s" y="%s">%s s</text>`, short(x), short(height-6), strconv.FormatFloat(math.Round(s*1e6)/1e6, 'f', -1, 64))
	}
}

// niceAbove is 1, 2 or 5 times a power of ten, not below v; 1 for nothing.
func niceAbove(v float64) float64 {
	if !(v > 0) || math.IsInf(v, 0) {
		return 1
	}
	p := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if v <= m*p*(1+1e-9) {
			return m * p
		}
	}
	return 10 * p
}

// tick prints a number of an axis: 500, 20k, 1.5M.
func tick(v float64) string {
	unit := ""
	for _, larger := range []string{"k", "M", "G"} {
		if v < 10000 && unit == "" || v < 1000 {
			break
		}
		v, unit = v/1000, larger
	}
	return strconv.FormatFloat(v, 'g', 4, 64) + unit
}

// short prints a coordinate with one digit.
func short(v float64) string {
	s := strconv.FormatFloat(v, 'f', 1, 64)
	return strings.TrimSuffix(s, ".0")
}
