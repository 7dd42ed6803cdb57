package report

import (
	"fmt"
	"html/template"
	"math"
	"strings"

	"surety/checker"
	"surety/checker/history"
)

const laneHeight = 130.0

// lanePicture is the surroundings of one finding: attempts above, sightings below, a
// line from each attempt to the sightings of its record, the record that was found
// in a heavier line.
type lanePicture struct {
	Title string
	Text  string // what the terminal says of the finding
	Look  string
	SVG   template.HTML
}

func lanePictures(r Run) (out []lanePicture) {
	if r.Records == nil || r.Verdict == nil {
		return nil
	}
	for _, l := range r.Records.Lanes {
		var text strings.Builder
		finding(&text, r, l.Finding)
		out = append(out, lanePicture{
			Title: fmt.Sprintf("%s: key %s seq %d", l.Finding.Class, keyText(l.Finding.Key), l.Finding.Seq),
			Text:  outdented(text.String()), Look: lookAt(l.Finding.Class, l.Finding.Origin), SVG: l.draw(r.Verdict.Faults),
		})
	}
	return out
}

// outdented takes the room off that the terminal leaves before a finding.
func outdented(s string) string {
	return strings.TrimSpace(strings.ReplaceAll("\n"+s, "\n     ", "\n"))
}

func (l Lane) draw(faults []checker.FaultResult) template.HTML {
	axis, any := l.axis()
	if !any {
		return ""
	}
	const above, below = 34.0, 92.0
	var b strings.Builder
	openSVG(&b, fmt.Sprintf("attempts and sightings around sequence %d", l.Finding.Seq), laneHeight)
	bands(&b, axis, faults, laneHeight)
	timeTicks(&b, axis, laneHeight)
	fmt.Fprintf(&b, `<path class="grid" d="M%[1]s %[2]sH%[4]sM%[1]s %[3]sH%[4]s"/>`, short(plotLeft), short(above), short(below), short(plotWidth-plotRight))
	fmt.Fprintf(&b, `<text class="end" x="%[1]s" y="%[2]s">tried</text><text class="end" x="%[1]s" y="%[3]s">seen</text>`,
		short(plotLeft-4), short(above+3), short(below+3))
	for _, a := range l.Attempts {
		for _, s := range l.Seen {
			if s.Seq == a.Seq {
				fmt.Fprintf(&b, `<path class="%s" d="M%s %sL%s %s"/>`, l.class("link", a.Seq), short(axis.x(a.At)), short(above), short(axis.x(s.At)), short(below))
			}
		}
	}
	mark := func(e LaneEvent, y float64, class string) {
		fmt.Fprintf(&b, `<circle class="%s" cx="%s" cy="%s" r="%s"><title>sequence %d at %s</title></circle>`,
			l.class(class, e.Seq), short(axis.x(e.At)), short(y), map[bool]string{true: "4.5", false: "3"}[e.Seq == l.Finding.Seq], e.Seq, stamp(e.At))
	}
	for _, a := range l.Attempts {
		mark(a, above, "try "+a.Outcome.String())
	}
	found := 0
	for _, s := range l.Seen {
		mark(s, below, "sight")
		if s.Seq == l.Finding.Seq {
			found++
		}
	}
	for _, a := range l.Attempts {
		if a.Seq != l.Finding.Seq {
			continue
		}
		fmt.Fprintf(&b, `<text class="mid strong" x="%s" y="%s">seq %d %s</text>`, short(clampText(axis.x(a.At))), short(above-9), a.Seq, a.Outcome)
		if found == 0 {
			fmt.Fprintf(&b, `<text class="mid strong" x="%s" y="%s">✘ never seen</text>`, short(clampText(axis.x(a.At))), short(below+4))
		}
		break
	}
	if found > 1 {
		e := l.Seen[lastOf(l.Seen, l.Finding.Seq)]
		fmt.Fprintf(&b, `<text class="mid strong" x="%s" y="%s">seen %d times</text>`, short(clampText(axis.x(e.At))), short(below+15), found)
	}
	b.WriteString("</svg>")
	return template.HTML(b.String()) //nolint:gosec // numbers, and labels that were escaped
}

// class marks what belongs to the record that was found.
func (l Lane) class(name string, seq int64) string {
	if seq == l.Finding.Seq {
		return name + " found"
	}
	return name
}

// clampText keeps a text of some length within the picture.
func clampText(x float64) float64 { return min(max(x, plotLeft+34), plotWidth-plotRight-34) }

func lastOf(list []LaneEvent, seq int64) (at int) {
	for i, e := range list {
		if e.Seq == seq {
			at = i
		}
	}
	return at
}

// axis spans all events, with a little room.
func (l Lane) axis() (timeAxis, bool) {
	a := timeAxis{history.Nanos(math.MaxInt64), math.MinInt64}
	for _, list := range [][]LaneEvent{l.Attempts, l.Seen} {
		for _, e := range list {
			a.from, a.to = min(a.from, e.At), max(a.to, e.At)
		}
	}
	if a.from > a.to {
		return a, false
	}
	room := max((a.to-a.from)/20, history.Nanos(1e6))
	a.from, a.to = max(0, a.from-room), a.to+room
	return a, true
}
