package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"surety/checker"
	"surety/scenarios/runner"
)

// progress knows what runs and what has ended, and has a display show it. Safe for
// concurrent use.
type progress struct {
	total int // runs that there will be; 0 where nobody knows
	began time.Time
	show  display

	mu      sync.Mutex
	running []*runner.Status // in the order in which they began
	ended   int
	tally   []outcomes // in the order in which they were first seen
}

// display is where progress is shown.
type display interface {
	io.Writer                         // messages of the harness that are no part of the report
	changed(s *runner.Status)         // it entered a phase, or a fault went on or off
	done(s *runner.Status, o outcome) // a run has a result
	say(format string, args ...any)   // a line between the others
	end()                             // nothing more is shown
}

// outcomes counts runs that ended in the same way.
type outcomes struct {
	outcome
	n int
}

// outcome is how a run ended, with the sign and the colour that the report has for it.
type outcome struct{ sign, word, color string }

func (o outcome) String() string { return strings.TrimSpace(o.sign + " " + o.word) }

// asItShould tells whether nobody needs to look.
func (o outcome) asItShould() bool { return o.color == green }

func outcomeOfResult(r runner.Result) outcome {
	switch {
	case r.Interrupted:
		return outcome{"!", "interrupted", magenta}
	case len(r.Unsupported) > 0:
		return outcome{"!", "unsupported", magenta}
	case r.Verdict == nil:
		return outcome{"!", "environment", magenta}
	}
	met := r.Plan.Expect.Met(r.Verdict, len(r.Plan.Steps) > 0)
	switch r.Verdict.Answer {
	case checker.Upheld:
		if met {
			return outcome{"✔", "upheld", green}
		}
		return outcome{"✘", "not caught", red}
	case checker.Violated:
		if met {
			return outcome{"✔", "caught", green}
		}
		return outcome{"✘", "violated", red}
	}
	if met {
		return outcome{"?", "inconclusive", green}
	}
	return outcome{"?", "inconclusive", amber}
}

func newProgress(c console, total int) *progress {
	p := &progress{total: total, began: time.Now()}
	if terminal(c.stderr, c.getenv) {
		p.show = newLive(c.stderr, colored(c.stderr, c.getenv), total > 0, p.scene)
	} else {
		p.show = newPlain(c.stderr, p)
	}
	return p
}

func (p *progress) changed(s *runner.Status) {
	p.mu.Lock()
	if !slices.Contains(p.running, s) {
		p.running = append(p.running, s)
	}
	p.mu.Unlock()
	p.show.changed(s)
}

func (p *progress) done(s *runner.Status, r runner.Result) {
	o := outcomeOfResult(r)
	p.mu.Lock()
	p.running = slices.DeleteFunc(p.running, func(of *runner.Status) bool { return of == s })
	p.ended++
	if i := slices.IndexFunc(p.tally, func(t outcomes) bool { return t.outcome == o }); i >= 0 {
		p.tally[i].n++
	} else {
		p.tally = append(p.tally, outcomes{o, 1})
	}
	p.mu.Unlock()
	p.show.done(s, o)
}

// writer takes messages of the harness that are no part of the report.
func (p *progress) writer() io.Writer { return p.show }

// say shows a line between the others.
func (p *progress) say(format string, args ...any) { p.show.say(format, args...) }

// stop takes what moves off the terminal.
func (p *progress) stop() { p.show.end() }

// now gives what runs.
func (p *progress) now() []*runner.Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.running)
}

// scene is this moment of all runs.
func (p *progress) scene() scene {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := scene{ended: p.ended, total: p.total, tally: slices.Clone(p.tally), took: time.Since(p.began)}
	for _, r := range p.running {
		s.runs = append(s.runs, viewOf(r))
	}
	return s
}

// title names one run among others.
func title(scenario string, trial int) string {
	if trial == 0 {
		return scenario
	}
	return fmt.Sprintf("%s, trial %d", scenario, trial)
}
