package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"surety/scenarios/runner"
)

// redraw is how often the live display is drawn.
const redraw = 100 * time.Millisecond

// live draws the scene at the bottom of a terminal, again and again in the same place;
// what is written meanwhile scrolls by above it.
type live struct {
	color bool
	keep  bool // the runs are what was asked for, and no means
	scene func() scene
	area  *mpb.Progress
	bar   *mpb.Bar

	mu    sync.Mutex
	lines []string // of the frame that is being drawn, but for its first
}

func newLive(out io.Writer, color, keep bool, scene func() scene) *live {
	l := &live{color: color, keep: keep, scene: scene}
	l.area = mpb.New(mpb.WithOutput(out), mpb.WithRefreshRate(redraw))
	// One bar without a bar: a line, and the others below it.
	l.bar = l.area.MustAdd(1, mpb.BarFillerFunc(l.first), mpb.BarFillerTrim(), mpb.BarExtender(mpb.BarFillerFunc(l.rest), false))
	return l
}

func (l *live) first(w io.Writer, s decor.Statistics) error {
	lines := l.scene().lines(s.AvailableWidth, l.color)
	l.mu.Lock()
	l.lines = lines[1:]
	l.mu.Unlock()
	_, err := io.WriteString(w, lines[0])
	return err
}

func (l *live) rest(w io.Writer, _ decor.Statistics) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var b strings.Builder
	for _, text := range l.lines {
		b.WriteString(text + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Write implements io.Writer.
func (l *live) Write(b []byte) (int, error) { return l.area.Write(b) }

// changed is seen in the next frame.
func (l *live) changed(*runner.Status) {}

// done keeps what a person has to look at; all else is in the summary.
func (l *live) done(s *runner.Status, o outcome) {
	if !l.keep || o.asItShould() {
		return
	}
	var text line
	text.add("", "  ")
	text.add(o.color, o.String())
	text.add("", "  "+title(s.Scenario, s.Trial))
	fmt.Fprintln(l, text.fit(text.columns(), line{}, l.color))
}

func (l *live) say(format string, args ...any) { fmt.Fprintf(l, "  "+format+"\n", args...) }

// end leaves nothing of what was drawn.
func (l *live) end() {
	l.bar.Abort(true)
	l.area.Wait()
}
