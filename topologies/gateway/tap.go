package gateway

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"surety/topologies/names"
	"surety/topologies/wire"
	"surety/topologies/wire/kafka"
	"surety/topologies/wire/postgres"
)

// reading is what the links of one gateway share to read messages: the codecs by
// protocol, the rules, and what each client sees of the far sides.
type reading struct {
	book   *wire.Book
	codecs map[string]wire.Codec
	views  map[string]wire.View // by From; complete before anything is served
}

func newReading() *reading {
	return &reading{book: wire.NewBook(), codecs: map[string]wire.Codec{"kafka": kafka.New(), "postgres": postgres.New()}, views: map[string]wire.View{}}
}

// link reads the messages of a route; nil where nothing is known of what it carries.
func (r *reading) link(of Route) (*wire.Link, error) {
	if of.Protocol == "" {
		return nil, nil
	}
	c := r.codecs[of.Protocol]
	if c == nil {
		return nil, fmt.Errorf("the link %s: %s", of.name(), names.Unknown("protocol", of.Protocol, slices.Sorted(maps.Keys(r.codecs))))
	}
	v := r.views[of.From]
	if v == nil {
		v = wire.View{}
		r.views[of.From] = v
	}
	if of.Advertised != "" {
		v[of.Advertised] = of.Listen
	}
	return wire.NewLink(of.name(), r.book, c, v), nil
}

// tap stands before the toxics of one direction, so that a rule sees a message when
// it arrives, and what it lets through is slowed and held like all else. Toxiproxy
// copies from it to its first toxic: no further goroutine or queue is in the way.
type tap struct {
	io.Reader
	carry func(dst io.Writer, src io.Reader) error
}

// WriteTo implements io.WriterTo.
func (t tap) WriteTo(w io.Writer) (int64, error) { return 0, t.carry(pieces{w}, t.Reader) }

// piece is the buffer that Toxiproxy's writer reads its chunks with. Of a chunk that
// is larger it loses what does not fit, whenever the next one is there already.
const piece = 32 << 10

// pieces writes no more than a piece at once.
type pieces struct{ to io.Writer }

func (p pieces) Write(b []byte) (int, error) {
	written := 0
	for len(b) > 0 {
		n, err := p.to.Write(b[:min(len(b), piece)])
		written += n
		if err != nil {
			return written, err
		}
		b = b[n:]
	}
	return written, nil
}

// sources are what the client and the upstream of a connection send.
func (c *conn) sources() (client, upstream io.Reader) {
	if c.proxy.wire == nil {
		return c.client, c.upstream
	}
	messages := c.proxy.wire.Connect(sockets{c})
	return tap{c.client, messages.Forward}, tap{c.upstream, messages.Backward}
}

// sockets is what a rule may do to its connection.
type sockets struct{ *conn }

// farewell is how long a client may take to close a connection that a rule ended.
const farewell = 2 * time.Second

var past = time.Unix(1, 0)

// Cut implements wire.Socket: what waits for more of either side ends.
func (s sockets) Cut() {
	_ = s.upstream.SetReadDeadline(past)
	_ = s.client.SetReadDeadline(time.Now().Add(farewell))
}

// Leave implements wire.Socket.
func (s sockets) Leave() {
	_ = s.client.CloseWrite()
	_ = s.client.SetReadDeadline(time.Now().Add(farewell))
}

// Gone implements wire.Socket.
func (s sockets) Gone() <-chan struct{} { return s.gone }

var _ wire.Socket = sockets{}

// messages reads what the link carries; an error where nothing is known of them.
func (p *proxy) messages() (*wire.Link, error) {
	if p.wire == nil {
		return nil, fmt.Errorf("the link %s carries no protocol whose messages can be read", p.route.name())
	}
	return p.wire, nil
}

var _ io.WriterTo = tap{}
