package gateway

import (
	"time"

	"github.com/Shopify/toxiproxy/v2/stream"
	"github.com/Shopify/toxiproxy/v2/toxics"
)

// limitToxic lets a stream through at the rate of its link, which all connections
// of one direction share. Toxiproxy's own bandwidth toxic limits each connection
// for itself, and a limit of a link would grow with the number of its connections.
type limitToxic struct {
	ID string `json:"id"`
}

// limitedFlow is what one connection's toxic has in hand. It outlives interrupts.
type limitedFlow struct {
	flow
	rest    []byte // not yet passed on
	arrived time.Time
	eof     bool
	n       int    // bytes of rest that are admitted under setting
	setting *limit // nil for none
	limited bool   // they wait until due
	due     time.Time
}

// NewState implements toxics.StatefulToxic.
func (l *limitToxic) NewState() any {
	f, ok := begin(l.ID)
	if !ok {
		return nil
	}
	return &limitedFlow{flow: f}
}

// Pipe implements toxics.Toxic.
func (l *limitToxic) Pipe(stub *toxics.ToxicStub) {
	f, ok := stub.State.(*limitedFlow)
	if !ok {
		new(toxics.NoopToxic).Pipe(stub)
		return
	}
	book := f.conn.proxy.limits
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		if f.eof {
			stub.Close()
			return
		}
		if len(f.rest) == 0 {
			select {
			case <-stub.Interrupt:
				return
			case c := <-stub.Input:
				f.take(c)
			}
			continue
		}
		s := book.setting.Load()
		f.admit(book, s)
		if wait := time.Until(f.due); f.limited && wait > 0 {
			timer.Reset(wait)
			select {
			case <-stub.Interrupt:
				return
			case <-s.changed:
			case <-f.conn.gone:
				f.setting = nil
			case <-timer.C:
			}
			continue
		}
		select {
		case <-stub.Interrupt:
			return
		case <-s.changed:
		case stub.Output <- f.head():
			if f.limited {
				book.measure(s, f.dir, f.n, f.arrived)
			}
			f.rest, f.setting = f.rest[f.n:], nil
		}
	}
}

// Cleanup passes on what is in hand when the toxic is removed.
func (l *limitToxic) Cleanup(stub *toxics.ToxicStub) {
	f, ok := stub.State.(*limitedFlow)
	if !ok {
		return
	}
	if len(f.rest) > 0 {
		stub.Output <- &stream.StreamChunk{Data: f.rest, Timestamp: f.arrived}
		f.rest = nil
	}
	if f.eof {
		stub.Close()
	}
}

func (f *limitedFlow) take(c *stream.StreamChunk) {
	if c == nil {
		f.eof = true
		return
	}
	f.rest, f.arrived = c.Data, c.Timestamp
}

// admit settles how much of the rest goes next, and when, under the given limit.
func (f *limitedFlow) admit(book *limits, s *limit) {
	if f.setting == s {
		return
	}
	f.setting, f.n, f.limited = s, len(f.rest), s.rate > 0 && !f.abandoned()
	if f.limited {
		f.n = s.piece(len(f.rest))
		f.due = book.admit(s, f.dir, f.n, f.arrived)
	}
}

// head is the next chunk to pass on. What waited for the limit arrives at the next
// toxic now: a lag is measured from there.
func (f *limitedFlow) head() *stream.StreamChunk {
	c := &stream.StreamChunk{Data: f.rest[:f.n:f.n], Timestamp: f.arrived}
	if f.limited {
		c.Timestamp = time.Now()
	}
	return c
}
