package checker

import "surety/checker/history"

// content is what a stored record says. Of a corrupted one nothing else is known.
type content struct {
	seq     int64
	key     history.Name
	index   int32
	corrupt bool
	valued  bool
	value   int64
	event   int64
}

func contentOf(o *history.Observation) content {
	if o.Corrupt {
		return content{corrupt: true}
	}
	return content{seq: o.Seq, key: o.Key, index: o.Index, valued: o.Valued, value: o.Value, event: o.Event}
}

// position is one (topic, partition, offset) of a sink that is looked at closely.
type position struct {
	content  content
	at       history.Nanos // first seen with this content
	tailed   bool
	judged   bool
	conflict bool // seen with two contents; counted once
}

// sight is what an observation is, told by its position alone.
type sight uint8

const (
	fresh sight = iota
	again       // the same stored record
	other       // another content than before
)

// tail notes a look at a position that is not judged by it. It reports whether
// the position now shows a second content for the first time.
func (p *position) tail(o *history.Observation) (conflict bool) {
	c := contentOf(o)
	if !p.tailed && !p.judged {
		p.content, p.at, p.tailed = c, o.At, true
		return false
	}
	return p.content != c && p.clash()
}

// judge notes an observation that the sink is judged by. Only the first content
// of a position is a sighting; its time is that of the tail where that came first.
func (p *position) judge(o *history.Observation) (s sight, at history.Nanos, conflict bool) {
	c := contentOf(o)
	switch {
	case p.judged && p.content == c:
		return again, p.at, false
	case p.judged:
		return other, o.At, p.clash()
	case p.tailed && p.content != c:
		conflict = p.clash()
		p.content, p.at = c, o.At
	case !p.tailed:
		p.content, p.at = c, o.At
	}
	p.judged = true
	return fresh, p.at, conflict
}

func (p *position) clash() bool {
	first := !p.conflict
	p.conflict = true
	return first
}
