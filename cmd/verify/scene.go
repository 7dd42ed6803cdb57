package main

import (
	"fmt"
	"strings"
	"time"

	"surety/report"
	"surety/scenarios/runner"
	"surety/topologies"
)

// scene is one moment of everything that runs, and how it is laid out on a terminal.
type scene struct {
	runs         []view
	ended, total int // total is 0 where nobody knows
	tally        []outcomes
	took         time.Duration
}

// view is one run as a person sees it.
type view struct {
	title         string
	records       int64 // that the load offers
	sent, arrived int64 // of records: handed to the client; of these acknowledged and seen
	seen          int64 // sightings in the first sink
	look          runner.Look
}

func viewOf(s *runner.Status) view {
	look := s.Look()
	return view{
		title: title(s.Scenario, s.Trial), records: s.Records, look: look,
		sent: s.Progress.Sent.Load(), arrived: max(0, s.Progress.OK.Load()-look.Awaited), seen: s.Progress.Seen.Load(),
	}
}

// mostShown bounds the runs that are drawn; the others are counted.
const mostShown = 8

// lines lays the scene out: two lines for each run, one for all. None is wider than
// width.
func (s scene) lines(width int, color bool) []string {
	var out []string
	names := 0
	for _, v := range s.runs {
		names = max(names, columns(v.title))
	}
	names = min(names, width/3)
	for _, v := range s.runs[:min(len(s.runs), mostShown)] {
		out = append(out, v.above(names, width, color), v.below(width, color))
	}
	return append(out, s.summary(width, color))
}

// summary is the line for all runs.
func (s scene) summary(width int, color bool) string {
	var l, r line
	l.add("", "  ")
	if s.total > 0 {
		l.add("", fmt.Sprintf("%d of %d done", s.ended, s.total))
	} else {
		l.add("", fmt.Sprintf("%d done", s.ended))
	}
	for i, t := range s.tally {
		l.add("", []string{": ", " · "}[min(i, 1)])
		l.add(t.color, fmt.Sprintf("%d %s", t.n, t.word))
	}
	if more := len(s.runs) - mostShown; more > 0 {
		l.add("", fmt.Sprintf(" · %d more running", more))
	}
	r.add(faint, seconds(s.took))
	if left := s.left(); left > 0 {
		r.add(faint, ", about "+seconds(left)+" left")
	}
	return l.fit(width, r, color)
}

// left is how much longer all of it takes if what is to come takes as long as what was;
// 0 where that cannot be told.
func (s scene) left() time.Duration {
	if s.ended == 0 || s.total <= s.ended {
		return 0
	}
	return max(time.Second, time.Duration(float64(s.took)/float64(s.ended)*float64(s.total-s.ended))).Round(time.Second)
}

// above says what a run is, how far it is, and what is on.
func (v view) above(names, width int, color bool) string {
	var l, r line
	l.add("", "  ")
	l.add(bold, padded(v.title, names))
	l.add("", "  ")
	l.add(cyan, v.bar(min(20, max(8, width/7))))
	l.add("", "  "+v.look.Phase)
	if len(v.look.Faults) > 0 {
		l.add("", "  ")
		l.add(amber, "fault: "+strings.Join(v.look.Faults, ", "))
	}
	r.add("", v.time())
	return l.fit(width, r, color)
}

// bar is full when everything that is to come has come: what was seen, what is under
// way, what is not sent yet.
func (v view) bar(width int) string {
	share := func(n int64) int {
		if v.records <= 0 {
			return 0
		}
		return int(float64(min(n, v.records)) / float64(v.records) * float64(width))
	}
	seen := share(v.arrived)
	under := max(0, share(v.sent)-seen)
	return strings.Repeat("█", seen) + strings.Repeat("▒", under) + strings.Repeat("░", width-seen-under)
}

// time is what a person waits for.
func (v view) time() string {
	l := v.look
	switch {
	case l.Quiet > 0:
		return fmt.Sprintf("silent for %s of %s", seconds(min(l.Silence, l.Quiet)), seconds(l.Quiet))
	case l.Phase == "load" && l.LoadLeft > 0:
		return seconds(l.LoadLeft) + " left"
	}
	return seconds(l.For)
}

// below counts what came, and says how the nodes are.
func (v view) below(width int, color bool) string {
	var l line
	l.add("", "    "+strings.Join(v.counts(), "   "))
	r := nodeLine(v.look.Nodes)
	if l.columns()+r.columns()+gap > width {
		r = nodeSum(v.look.Nodes)
	}
	return l.fit(width, r, color)
}

// counts are what came so far, in the words of the report. What is repeated or behind
// is shown where there is any: the verdict rests on the final read.
func (v view) counts() []string {
	if v.sent == 0 {
		return nil
	}
	out := []string{"sent " + grouped(v.sent), "seen " + grouped(v.seen), "lag " + grouped(v.look.Awaited)}
	if v.look.Again > 0 {
		out = append(out, "dup "+grouped(v.look.Again))
	}
	if v.look.Behind > 0 {
		out = append(out, "reord. "+grouped(v.look.Behind))
	}
	return out
}

// nodeLine shows every node.
func nodeLine(nodes []runner.NodeLook) (l line) {
	for i, n := range nodes {
		if i > 0 {
			l.add("", "  ")
		}
		sign, hue := signOf(n.Status)
		l.add(hue, sign)
		l.add("", " "+n.ID)
		if n.Status != topologies.Running {
			l.add(hue, " "+string(n.Status))
		}
	}
	return l
}

// nodeSum names the nodes that do not run, and counts the others.
func nodeSum(nodes []runner.NodeLook) (l line) {
	up := 0
	for _, n := range nodes {
		if n.Status == topologies.Running {
			up++
			continue
		}
		sign, hue := signOf(n.Status)
		l.add(hue, sign+" "+n.ID+" "+string(n.Status)+"  ")
	}
	if len(nodes) > 0 {
		sign, hue := signOf(topologies.Running)
		l.add(hue, sign)
		l.add("", fmt.Sprintf(" %d up", up))
	}
	return l
}

// signOf gives the sign and the colour of a state.
func signOf(s topologies.Status) (sign, color string) {
	switch s {
	case topologies.Running:
		return "●", green
	case topologies.Paused:
		return "‖", amber
	case topologies.Exited:
		return "✘", red
	}
	return "?", amber
}

// grouped writes a count as the report does.
func grouped(n int64) string { return report.Figure{Value: float64(n)}.Text() }

// seconds writes a time as the report does.
func seconds(d time.Duration) string { return report.Figure{Value: d.Seconds(), Unit: "s"}.Text() }
