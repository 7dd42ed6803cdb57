package gateway

import (
	"net"
	"sync"
	"sync/atomic"
)

// conn is one connection of a link: the client's socket and the upstream's.
type conn struct {
	proxy    *proxy
	ordinal  uint64 // 1.. in the order of acceptance
	client   *net.TCPConn
	upstream *net.TCPConn

	goneOnce sync.Once
	dying    atomic.Bool   // set before a reset closes the first socket
	gone     chan struct{} // closed when the sockets were closed on purpose
	running  atomic.Int32  // directions that have not ended
	ended    chan struct{} // closed when both have
}

func newConn(p *proxy, ordinal uint64, client, upstream *net.TCPConn) *conn {
	c := &conn{
		proxy: p, ordinal: ordinal, client: client, upstream: upstream,
		gone: make(chan struct{}), ended: make(chan struct{}),
	}
	c.running.Store(2)
	return c
}

// reset ends the connection with RST on both sides and tells whether it was
// still there. Toxics let go of what they hold: no one is left to get it.
func (c *conn) reset() bool {
	first := false
	c.goneOnce.Do(func() {
		first = true
		_ = c.client.SetLinger(0)
		_ = c.upstream.SetLinger(0)
		c.dying.Store(true)
		c.closeSockets()
		close(c.gone)
		c.proxy.forget(c)
	})
	return first
}

// abandon ends the connection as its owner's exit would and tells whether it was
// still there.
func (c *conn) abandon() bool {
	first := false
	c.goneOnce.Do(func() {
		first = true
		c.closeSockets()
		close(c.gone)
		c.proxy.forget(c)
	})
	return first
}

func (c *conn) closeSockets() {
	_ = c.client.Close()
	_ = c.upstream.Close()
}

// end notes that one direction is over; the last one frees the sockets.
func (c *conn) end() {
	if c.running.Add(-1) > 0 {
		return
	}
	c.closeSockets()
	c.proxy.forget(c)
	close(c.ended)
}

// outlet is the far end of one direction: it counts what was delivered.
type outlet struct {
	conn   *conn
	dir    int
	to     *net.TCPConn
	broken bool
}

// Write never fails: after an error the rest is read and dropped. A Toxiproxy
// link whose writer has gone would block its toxics for ever; this one ends
// when its source does, which a dead peer ends as well.
func (o *outlet) Write(b []byte) (int, error) {
	if !o.broken {
		n, err := o.to.Write(b)
		o.conn.proxy.delivered[o.dir].Add(int64(n))
		o.broken = err != nil
	}
	return len(b), nil
}

// Close passes on the end of this direction; the other one may go on. An end that
// a reset made is none to pass on: its FIN would come before the RST.
func (o *outlet) Close() error {
	defer o.conn.end()
	if o.conn.dying.Load() {
		return nil
	}
	return o.to.CloseWrite()
}
