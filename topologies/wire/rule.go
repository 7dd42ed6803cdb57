package wire

import (
	"strings"
	"sync"
	"time"

	"surety/topologies"
)

// ring is how many of the latest frames a rule keeps on each link.
const ring = 256

// count is what links share that were given a rule under one id.
type count struct {
	mu    sync.Mutex
	links int
	seen  int64
	picks int64
}

// next counts a request that matches and tells whether the rule acts on it.
func (c *count) next(o topologies.Occurrence) (nth int64, acts bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen++
	n := c.seen
	acts = (o.Nth == 0 || n == o.Nth) && (o.Every == 0 || n%o.Every == 0) && n > o.After && (o.Most == 0 || c.picks < o.Most)
	if acts {
		c.picks++
	}
	return n, acts
}

// rule is a rule in force on one link.
type rule struct {
	topologies.Rule
	Compiled
	id    string
	count *count
	over  chan struct{} // closed when it is taken away
	start int64         // requests of the link before it

	mu      sync.Mutex
	matched int64
	acted   int64
	records int64
	holding int64
	frames  []*topologies.Frame // the latest; grows to ring
	oldest  int
}

// fits tells from its head alone whether a request may match.
func (r *rule) fits(h Head) bool {
	m := r.Match
	return (r.Kinds == nil || r.Kinds[h.Kind]) && h.Version >= m.From && (m.To == 0 || h.Version <= m.To) && matches(m.Client, h.Client)
}

// decodes tells whether the body says more of whether it matches.
func (r *rule) decodes() bool {
	return r.Match.Topic != "" || r.Match.TransactionalID != "" || r.Match.End != "" || r.Act.After != ""
}

// fitsBody tells whether the body of a request matches too.
func (r *rule) fitsBody(f Facts) bool {
	m := r.Match
	if r.Act.After != "" && f.Unanswered || m.End != "" && m.End != f.End || !matches(m.TransactionalID, f.TransactionalID) {
		return false
	}
	if m.Topic == "" {
		return true
	}
	for _, t := range f.Topics {
		if matches(m.Topic, t) {
			return true
		}
	}
	return false
}

// match counts a request that matches.
func (r *rule) match() (nth int64, acts bool) {
	r.mu.Lock()
	r.matched++
	r.mu.Unlock()
	return r.count.next(r.Occurrence)
}

// note keeps a frame on which the rule acts.
func (r *rule) note(f topologies.Frame) *topologies.Frame {
	r.mu.Lock()
	defer r.mu.Unlock()
	f.At = time.Now()
	r.acted++
	r.records += f.Records
	if len(r.frames) < ring {
		r.frames = append(r.frames, &f)
	} else {
		r.frames[r.oldest] = &f
		r.oldest = (r.oldest + 1) % ring
	}
	return &f
}

// add changes what is known of a frame that was noted.
func (r *rule) add(change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
}

// hold waits for the time, 0 = without end, until the rule is taken away or gone is
// closed, and tells how long that was.
func (r *rule) hold(d time.Duration, gone <-chan struct{}) time.Duration {
	r.add(func() { r.holding++ })
	defer r.add(func() { r.holding-- })
	start := time.Now()
	var due <-chan time.Time
	if d > 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		due = t.C
	}
	select {
	case <-due:
	case <-r.over:
	case <-gone:
	}
	return time.Since(start)
}

func (r *rule) report(requests int64) topologies.Interception {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := topologies.Interception{
		Requests: requests - r.start, Matched: r.matched, Acted: r.acted, Records: r.records, Holding: r.holding,
	}
	for i := range r.frames {
		out.Frames = append(out.Frames, *r.frames[(r.oldest+i)%len(r.frames)])
	}
	return out
}

// matches tells whether a name fits a pattern, in which each * stands for any
// letters; the empty pattern fits all.
func matches(pattern, name string) bool {
	if pattern == "" {
		return true
	}
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == name
	}
	rest, ok := strings.CutPrefix(name, parts[0])
	if !ok {
		return false
	}
	last := len(parts) - 1
	for _, p := range parts[1:last] {
		_, after, found := strings.Cut(rest, p)
		if !found {
			return false
		}
		rest = after
	}
	return strings.HasSuffix(rest, parts[last])
}
