package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/Shopify/toxiproxy/v2/stream"

	"surety/topologies"
	"surety/topologies/wire"
)

// dialTimeout bounds one dial of an upstream that does not answer.
const dialTimeout = 10 * time.Second

// The directions index arrays of counters, as Toxiproxy numbers them.
const (
	forward  = int(stream.Upstream)
	backward = int(stream.Downstream)
)

// proxy is one route at work: its own sockets, Toxiproxy's links and toxics.
type proxy struct {
	route  Route
	api    *toxiproxy.ApiServer
	toxi   *toxiproxy.Proxy
	ids    [2]string // keys of the toxics' registry
	holds  *holds
	lags   *lags
	limits *limits
	wire   *wire.Link // nil where messages are not read

	ctx    context.Context // of the dials
	cancel context.CancelFunc
	work   sync.WaitGroup // the accept loop and every connection

	mu       sync.Mutex
	shutd    bool
	listener net.Listener // nil while dials are refused
	reserve  func()       // gives the port of the closed listener free
	denials  []topologies.Denial
	conns    map[*conn]struct{}

	starting sync.Mutex // one connection at a time gets its toxics' state
	current  *conn      // guarded by starting

	ordinals atomic.Uint64

	dials, failed, rejected   atomic.Int64
	resets, closed, discarded atomic.Int64
	delivered                 [2]atomic.Int64
}

func newProxy(ctx context.Context, api *toxiproxy.ApiServer, r Route, read *reading) (*proxy, error) {
	l, err := listen(ctx, r.Listen, "the link "+r.name())
	if err != nil {
		return nil, err
	}
	r.Listen = l.Addr().String()
	messages, err := read.link(r)
	if err != nil {
		_ = l.Close()
		return nil, err
	}
	p := &proxy{
		route:    r,
		listener: l,
		api:      api,
		toxi:     toxiproxy.NewProxy(api, r.name(), r.Listen, r.Upstream),
		conns:    map[*conn]struct{}{},
		holds:    newHolds(),
		lags:     newLags(),
		limits:   newLimits(),
		wire:     messages,
	}
	p.ctx, p.cancel = context.WithCancel(context.WithoutCancel(ctx))
	// As on a wire, bytes are sent at the rate of the line and then take their time.
	// The hold comes last: what waits before it is still held by a later hold, so
	// that nothing leaves a held stream.
	for dir, stream := range []string{forward: "upstream", backward: "downstream"} {
		p.ids[dir] = register(p, dir)
		for _, kind := range []string{limitType, lagType, holdType} {
			toxic, err := json.Marshal(map[string]any{
				"name": kind + "_" + stream, "type": kind, "stream": stream,
				"attributes": map[string]string{"id": p.ids[dir]},
			})
			if err == nil {
				_, err = p.toxi.Toxics.AddToxicJson(strings.NewReader(string(toxic)))
			}
			if err != nil {
				p.shut()
				return nil, fmt.Errorf("install the toxic %s on the link %s: %w", kind, r.name(), err)
			}
		}
	}
	p.toxi.Enabled = true
	if err := api.Collection.Add(p.toxi, false); err != nil {
		p.shut()
		return nil, fmt.Errorf("add the link %s: %w", r.name(), err)
	}
	return p, nil
}

// serve accepts in the background until shut.
func (p *proxy) serve() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l := p.listener; l != nil && !p.shutd {
		p.work.Go(func() { p.accept(l) })
	}
}

// accept takes the connections of one listener until it is closed.
func (p *proxy) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			// Out of file descriptors or aborted by the peer: the listener lives.
			select {
			case <-p.ctx.Done():
				return
			case <-time.After(10 * time.Millisecond):
			}
			continue
		}
		p.dials.Add(1)
		ordinal := p.ordinals.Add(1)
		p.work.Go(func() { p.carry(ordinal, c.(*net.TCPConn)) })
	}
}

// carry dials the upstream for one accepted connection and starts its links. A
// far side that refuses is shown to the client as a reset.
func (p *proxy) carry(ordinal uint64, client *net.TCPConn) {
	if p.reject(client) {
		return
	}
	d := net.Dialer{Timeout: dialTimeout}
	up, err := d.DialContext(p.ctx, "tcp", p.route.Upstream)
	if err != nil {
		p.failed.Add(1)
		_ = client.SetLinger(0)
		_ = client.Close()
		return
	}
	c := newConn(p, ordinal, client, up.(*net.TCPConn))
	p.mu.Lock()
	if p.shutd {
		p.mu.Unlock()
		c.closeSockets()
		return
	}
	if p.denied() != "" {
		p.mu.Unlock()
		_ = c.upstream.Close()
		p.turnAway(client)
		return
	}
	p.conns[c] = struct{}{}
	p.mu.Unlock()

	p.starting.Lock()
	p.current = c
	name := strconv.FormatUint(ordinal, 10)
	sent, answered := c.sources()
	p.toxi.Toxics.StartLink(p.api, name+"-forward", sent, &outlet{conn: c, dir: forward, to: c.upstream}, stream.Upstream)
	p.toxi.Toxics.StartLink(p.api, name+"-backward", answered, &outlet{conn: c, dir: backward, to: c.client}, stream.Downstream)
	p.current = nil
	p.starting.Unlock()
	<-c.ended
}

// discard ends one hold of these streams. No connection with held bytes lives to
// deliver them: dials are rejected until the hold is over.
func (p *proxy) discard(s topologies.Stream) error {
	p.mu.Lock()
	p.denials = append(p.denials, topologies.Reject)
	p.mu.Unlock()
	for _, c := range p.open() {
		n := p.holds.inHand(c)
		if c.reset() {
			p.resets.Add(1)
			p.discarded.Add(n)
		}
	}
	return errors.Join(p.holds.release(s), p.allow(topologies.Reject))
}

// reset closes all open connections with RST on both sides.
func (p *proxy) reset() {
	for _, c := range p.open() {
		if c.reset() {
			p.resets.Add(1)
		}
	}
}

func (p *proxy) open() []*conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	open := make([]*conn, 0, len(p.conns))
	for c := range p.conns {
		open = append(open, c)
	}
	return open
}

func (p *proxy) forget(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
}

// shut stops accepting and closes every connection; wait waits for the end.
func (p *proxy) shut() {
	p.mu.Lock()
	p.shutd = true
	if p.listener != nil {
		_ = p.listener.Close()
	} else {
		p.reserve()
	}
	p.mu.Unlock()
	p.cancel()
	for _, c := range p.open() {
		c.abandon()
	}
	for _, id := range p.ids {
		unregister(id)
	}
}

func (p *proxy) wait(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.work.Wait()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("close the link %s: %w", p.route.name(), ctx.Err())
	}
}

// traffic reads the counters.
func (p *proxy) traffic() topologies.Traffic {
	p.mu.Lock()
	open := len(p.conns)
	p.mu.Unlock()
	t := topologies.Traffic{
		Dials:         p.dials.Load(),
		FailedDials:   p.failed.Load(),
		RejectedDials: p.rejected.Load(),
		Open:          int64(open),
		Resets:        p.resets.Load(),
		Closed:        p.closed.Load(),
		Refusing:      p.refusing(),
		Discarded:     p.discarded.Load(),
		Forward:       p.delivered[forward].Load(),
		Backward:      p.delivered[backward].Load(),
	}
	p.holds.read(&t)
	p.lags.read(&t)
	p.limits.read(&t)
	t.On = p.on()
	return t
}

// on names what is done to the link now.
func (p *proxy) on() string {
	var on []string
	if p.holds.on() {
		on = append(on, "held")
	}
	if p.lags.setting.Load().on {
		on = append(on, "lagged")
	}
	if p.limits.setting.Load().rate > 0 {
		on = append(on, "limited")
	}
	if p.wire != nil && p.wire.On() {
		on = append(on, "intercepted")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch p.denied() {
	case topologies.Refuse:
		on = append(on, "refusing")
	case topologies.Reject:
		on = append(on, "rejecting")
	}
	return strings.Join(on, ", ")
}
