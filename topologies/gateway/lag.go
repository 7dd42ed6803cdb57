package gateway

import (
	"time"

	"github.com/Shopify/toxiproxy/v2/stream"
	"github.com/Shopify/toxiproxy/v2/toxics"
)

// lagBytes bounds what one direction of one connection keeps in its delay line.
// Beyond it the sender waits, as it would for a full window.
const lagBytes = 16 << 20

// smallQueue is the capacity that an idle delay line keeps.
const smallQueue = 16

// lagToxic is a delay line: each chunk leaves when its own delay after its
// arrival is over, in order, and chunks wait side by side, so that the delay
// does not limit the throughput.
type lagToxic struct {
	ID string `json:"id"`
}

// laggedFlow is one connection's delay line. It outlives interrupts.
type laggedFlow struct {
	flow
	queue []delayed
	bytes int
	eof   bool
	draws *draws
}

type delayed struct {
	chunk   *stream.StreamChunk
	due     time.Time
	setting *lagSetting // the lag that it waits for
}

// NewState implements toxics.StatefulToxic.
func (l *lagToxic) NewState() any {
	f, ok := begin(l.ID)
	if !ok {
		return nil
	}
	return &laggedFlow{flow: f}
}

// Pipe implements toxics.Toxic.
func (l *lagToxic) Pipe(stub *toxics.ToxicStub) {
	f, ok := stub.State.(*laggedFlow)
	if !ok {
		new(toxics.NoopToxic).Pipe(stub)
		return
	}
	book := f.conn.proxy.lags
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		if f.eof && len(f.queue) == 0 {
			stub.Close()
			return
		}
		s := book.setting.Load()
		var in <-chan *stream.StreamChunk
		if !f.eof && f.bytes < lagBytes && (s.on || len(f.queue) == 0) {
			in = stub.Input
		}
		var out chan<- *stream.StreamChunk
		var head delayed
		var due <-chan time.Time
		if len(f.queue) > 0 {
			head = f.queue[0]
			wait := time.Until(head.due)
			if s.on && wait > 0 {
				timer.Reset(wait)
				due = timer.C
			} else {
				out = stub.Output
			}
		}
		select {
		case <-stub.Interrupt:
			return
		case <-s.changed:
		case <-due:
		case c := <-in:
			if c == nil {
				f.eof = true
				continue
			}
			f.push(c, s)
		case out <- head.chunk:
			f.pop()
			book.measure(head)
		}
	}
}

// Cleanup passes on what waits when the toxic is removed.
func (l *lagToxic) Cleanup(stub *toxics.ToxicStub) {
	f, ok := stub.State.(*laggedFlow)
	if !ok {
		return
	}
	for len(f.queue) > 0 {
		stub.Output <- f.queue[0].chunk
		f.pop()
	}
	if f.eof {
		stub.Close()
	}
}

func (f *laggedFlow) push(c *stream.StreamChunk, s *lagSetting) {
	d := delayed{chunk: c, due: c.Timestamp}
	if s.on {
		if f.draws == nil || f.draws.of != s {
			f.draws = newDraws(s, f.conn.ordinal, f.dir)
		}
		d.setting = s
		d.due = c.Timestamp.Add(f.draws.next())
	}
	f.queue = append(f.queue, d)
	f.bytes += len(c.Data)
}

func (f *laggedFlow) pop() {
	f.bytes -= len(f.queue[0].chunk.Data)
	f.queue[0] = delayed{}
	switch {
	case len(f.queue) > 1:
		f.queue = f.queue[1:]
	case cap(f.queue) <= smallQueue:
		f.queue = f.queue[:0]
	default:
		f.queue = nil // frees what a burst has grown
	}
}
