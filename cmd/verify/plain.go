package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"surety/scenarios/runner"
	"surety/topologies"
)

const (
	// lookEvery is how often plain lines are looked at.
	lookEvery = time.Second
	// silentFor is after how long a run that goes on says so.
	silentFor = 10 * time.Second
)

// plain writes a line for each change, and one now and then while nothing changes.
type plain struct {
	of   *progress
	quit chan struct{}
	gone chan struct{} // closed when nothing is written any more

	mu   sync.Mutex
	out  io.Writer
	last map[*runner.Status]told
}

// told is the last line of a run.
type told struct {
	text string
	at   time.Time
}

func newPlain(out io.Writer, of *progress) *plain {
	p := &plain{of: of, out: out, quit: make(chan struct{}), gone: make(chan struct{}), last: map[*runner.Status]told{}}
	go p.remind()
	return p
}

// remind writes a line for each run that has been silent for long, until end.
func (p *plain) remind() {
	defer close(p.gone)
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-p.quit:
			return
		case <-tick.C:
		}
		p.mu.Lock()
		for _, s := range p.of.now() {
			if last, began := p.last[s]; began && time.Since(last.at) >= silentFor {
				p.tell(s, last.text)
			}
		}
		p.mu.Unlock()
	}
}

// Write implements io.Writer.
func (p *plain) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.Write(b)
}

func (p *plain) changed(s *runner.Status) {
	look := s.Look()
	text := look.Phase
	if len(look.Faults) > 0 {
		text += "   fault on: " + strings.Join(look.Faults, ", ")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.last[s].text != text {
		p.tell(s, text)
	}
}

// tell writes the line of a run.
func (p *plain) tell(s *runner.Status, text string) {
	p.last[s] = told{text, time.Now()}
	v := viewOf(s)
	parts := append([]string{text}, v.counts()...)
	if slices.ContainsFunc(v.look.Nodes, func(n runner.NodeLook) bool { return n.Status != topologies.Running }) {
		nodes := nodeSum(v.look.Nodes)
		parts = append(parts, nodes.fit(nodes.columns(), line{}, false))
	}
	p.write(title(s.Scenario, s.Trial), strings.Join(parts, "   "))
}

func (p *plain) write(title, text string) {
	fmt.Fprintf(p.out, "%6.1f s  %-42s %s\n", time.Since(p.of.began).Seconds(), title, text)
}

func (p *plain) done(s *runner.Status, o outcome) {
	text := o.String()
	if now := p.of.scene(); now.total > 0 { // else nobody knows how many there will be
		text += fmt.Sprintf("   (%d of %d)", now.ended, now.total)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.last, s)
	p.write(title(s.Scenario, s.Trial), text)
}

func (p *plain) say(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(p.out, "%6.1f s  %s\n", time.Since(p.of.began).Seconds(), fmt.Sprintf(format, args...))
}

func (p *plain) end() {
	close(p.quit)
	<-p.gone
	fmt.Fprintln(p.out)
}
