package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"surety/scenarios/runner"
)

// terminal tells whether w is a terminal that can be drawn on.
func terminal(w io.Writer, getenv func(string) string) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd()) && getenv("TERM") != "dumb" && getenv("CI") == ""
}

// colored tells whether colours are wanted (https://no-color.org).
func colored(w io.Writer, getenv func(string) string) bool {
	return terminal(w, getenv) && getenv("NO_COLOR") == ""
}

// progress shows what runs are doing: a bar for each that runs on a terminal,
// plain lines elsewhere.
type progress struct {
	out   io.Writer
	total int
	began time.Time
	bars  *mpb.Progress // nil for plain lines

	quit  chan struct{} // ends the goroutine that moves the bars
	moved chan struct{} // closed when it has ended

	mu    sync.Mutex
	ended int
	last  map[*runner.Status]string
	byRun map[*runner.Status]*mpb.Bar
}

func newProgress(c console, total int) *progress {
	p := &progress{
		out: c.stderr, total: total, began: time.Now(),
		last: map[*runner.Status]string{}, byRun: map[*runner.Status]*mpb.Bar{},
	}
	if terminal(c.stderr, c.getenv) {
		p.bars = mpb.New(mpb.WithOutput(c.stderr), mpb.WithRefreshRate(100*time.Millisecond))
		p.quit, p.moved = make(chan struct{}), make(chan struct{})
		go p.move()
	}
	return p
}

// move brings the bars to what was seen, until stop.
func (p *progress) move() {
	defer close(p.moved)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-p.quit:
			return
		case <-tick.C:
		}
		p.mu.Lock()
		bars := maps.Clone(p.byRun)
		p.mu.Unlock()
		for s, b := range bars {
			// Below the total until the result is there: a full bar would vanish.
			b.SetCurrent(min(s.Progress.Seen.Load(), s.Records-1))
		}
	}
}

// writer takes messages of the harness that are no part of the report.
func (p *progress) writer() io.Writer {
	if p.bars != nil {
		return p.bars
	}
	return p.out
}

// changed is told when a run enters a phase or a fault goes on or off.
func (p *progress) changed(s *runner.Status) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bars != nil {
		if p.byRun[s] == nil {
			p.byRun[s] = p.bar(s)
		}
		return
	}
	look := s.Look()
	text := look.Phase
	if len(look.Faults) > 0 {
		text += "   fault on: " + strings.Join(look.Faults, ", ")
	}
	if p.last[s] == text {
		return
	}
	p.last[s] = text
	fmt.Fprintf(p.out, "%6.1f s  %-42s %s%s\n", time.Since(p.began).Seconds(), title(s.Scenario, s.Trial), text, counts(s))
}

// done is told when a run has a result.
func (p *progress) done(s *runner.Status, r runner.Result) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended++
	word := "no verdict"
	switch {
	case r.Verdict != nil:
		word = string(r.Verdict.Answer)
	case r.Interrupted:
		word = "interrupted"
	case len(r.Unsupported) > 0:
		word = "unsupported"
	}
	if b := p.byRun[s]; b != nil {
		b.SetTotal(s.Records, true)
	}
	if p.bars == nil {
		of := ""
		if p.total > 0 { // else nobody knows how many there will be
			of = fmt.Sprintf("   (%d of %d)", p.ended, p.total)
		}
		fmt.Fprintf(p.out, "%6.1f s  %-42s %s%s\n", time.Since(p.began).Seconds(), title(r.Plan.Scenario, r.Trial), word, of)
	}
}

// say writes a line between the others.
func (p *progress) say(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(p.writer(), "%6.1f s  %s\n", time.Since(p.began).Seconds(), fmt.Sprintf(format, args...))
}

// stop leaves the lines as they are.
func (p *progress) stop() {
	if p.bars != nil {
		close(p.quit)
		<-p.moved
	}
	p.mu.Lock()
	for _, b := range p.byRun {
		b.Abort(true)
	}
	p.mu.Unlock()
	if p.bars != nil {
		p.bars.Wait()
	}
	fmt.Fprintln(p.out)
}

func (p *progress) bar(s *runner.Status) *mpb.Bar {
	return p.bars.New(s.Records, mpb.BarStyle().Lbound(" ").Filler("█").Tip("█").Padding("░").Rbound(" "),
		mpb.BarRemoveOnComplete(), mpb.BarWidth(18),
		mpb.PrependDecorators(decor.Name(title(s.Scenario, s.Trial), decor.WC{W: 36, C: decor.DindentRight})),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string {
			look := s.Look()
			text := look.Phase
			if len(look.Faults) > 0 {
				text += "  " + strings.Join(look.Faults, ", ")
			}
			text += counts(s)
			if look.LoadLeft > 0 {
				text += fmt.Sprintf("  %.0f s of load left", look.LoadLeft.Seconds())
			}
			return text
		})),
	)
}

// title names one run among others.
func title(scenario string, trial int) string {
	if trial == 0 {
		return scenario
	}
	return fmt.Sprintf("%s, trial %d", scenario, trial)
}

func counts(s *runner.Status) string {
	sent, seen := s.Progress.Sent.Load(), s.Progress.Seen.Load()
	if sent == 0 {
		return ""
	}
	return fmt.Sprintf("   sent %d  seen %d", sent, seen)
}
