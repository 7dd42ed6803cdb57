package gateway

import (
	"github.com/Shopify/toxiproxy/v2/stream"
	"github.com/Shopify/toxiproxy/v2/toxics"
)

// holdToxic keeps a stream's bytes while its link is held. It takes one chunk
// and lets the rest wait in the sender's socket, keeps the connection open (the
// end of a stream is held as well) and never drops: a hole in a TCP stream
// would be corruption, not a partition.
type holdToxic struct {
	ID string `json:"id"`
}

// heldFlow is what one connection's toxic has in hand. It outlives interrupts.
type heldFlow struct {
	flow
	chunk *stream.StreamChunk
	eof   bool
	kept  bool // chunk is counted as held
}

// NewState implements toxics.StatefulToxic.
func (h *holdToxic) NewState() any {
	f, ok := begin(h.ID)
	if !ok {
		return nil
	}
	return &heldFlow{flow: f}
}

// Pipe implements toxics.Toxic.
func (h *holdToxic) Pipe(stub *toxics.ToxicStub) {
	f, ok := stub.State.(*heldFlow)
	if !ok {
		new(toxics.NoopToxic).Pipe(stub)
		return
	}
	book := f.conn.proxy.holds
	for {
		if f.chunk == nil && !f.eof {
			select {
			case <-stub.Interrupt:
				return
			case c := <-stub.Input:
				f.chunk, f.eof = c, c == nil
			}
		}
		g := book.gates[f.dir].Load()
		if g.held && !f.abandoned() {
			book.keep(f)
			select {
			case <-stub.Interrupt:
				return
			case <-g.changed:
			case <-f.conn.gone:
			}
			continue
		}
		if f.eof {
			book.let(f)
			stub.Close()
			return
		}
		select {
		case <-stub.Interrupt:
			return
		case <-g.changed: // held again before the far side took it
		case stub.Output <- f.chunk:
			book.let(f)
			f.chunk = nil
		}
	}
}

// Cleanup passes on what is in hand when the toxic is removed.
func (h *holdToxic) Cleanup(stub *toxics.ToxicStub) {
	f, ok := stub.State.(*heldFlow)
	if !ok {
		return
	}
	f.conn.proxy.holds.let(f)
	if f.eof {
		stub.Close()
		return
	}
	if f.chunk != nil {
		stub.Output <- f.chunk
		f.chunk = nil
	}
}
