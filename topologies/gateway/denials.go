package gateway

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"syscall"
	"time"

	"surety/topologies"
)

// probeTimeout bounds the dial that looks whether the link refuses.
const probeTimeout = 200 * time.Millisecond

// deny turns connections away until allow.
func (p *proxy) deny(d topologies.Denial) error {
	if d != topologies.Refuse && d != topologies.Reject {
		return fmt.Errorf("%q is not a way to turn connections away: refuse, reset", string(d))
	}
	p.mu.Lock()
	p.denials = append(p.denials, d)
	err := p.listenAsDenied()
	p.mu.Unlock()
	if err != nil {
		return err
	}
	// Connections that are accepted or dialled right now see the denial in carry.
	for _, c := range p.open() {
		p.away(c)
	}
	return nil
}

// allow ends one denial of this kind. Without such a denial it does nothing:
// healing twice is no mistake.
func (p *proxy) allow(d topologies.Denial) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.Index(p.denials, d); i >= 0 {
		p.denials = slices.Delete(p.denials, i, i+1)
	}
	return p.listenAsDenied()
}

// denied is the denial in force, empty for none. Where nothing listens, nothing
// can be accepted and reset.
func (p *proxy) denied() topologies.Denial {
	switch {
	case slices.Contains(p.denials, topologies.Refuse):
		return topologies.Refuse
	case len(p.denials) > 0:
		return topologies.Reject
	}
	return ""
}

// away ends an open connection as the denial in force wants it.
func (p *proxy) away(c *conn) {
	p.mu.Lock()
	how := p.denied()
	p.mu.Unlock()
	switch how {
	case topologies.Refuse:
		if c.abandon() {
			p.closed.Add(1)
		}
	case topologies.Reject:
		if c.reset() {
			p.resets.Add(1)
		}
	}
}

// listenAsDenied closes the listener while dials are to be refused and opens it
// again after. The caller holds p.mu.
func (p *proxy) listenAsDenied() error {
	refuse := p.denied() == topologies.Refuse
	switch {
	case p.shutd:
		return nil
	case refuse && p.listener != nil:
		_ = p.listener.Close()
		p.listener = nil
		p.reserve = reserve(p.route.Listen)
	case !refuse && p.listener == nil:
		// What keeps the port for us does not listen, so that both may be bound.
		l, err := listen(p.ctx, p.route.Listen, "the link "+p.route.name())
		if err != nil {
			return err
		}
		p.reserve()
		p.listener = l
		p.work.Go(func() { p.accept(l) })
	}
	return nil
}

// reject resets a connection that was accepted, if a denial is in force. Where
// dials are refused it came just before, and the closing listener would have reset
// it as well.
func (p *proxy) reject(client *net.TCPConn) bool {
	p.mu.Lock()
	denied := p.denied() != ""
	p.mu.Unlock()
	if denied {
		p.turnAway(client)
	}
	return denied
}

func (p *proxy) turnAway(client *net.TCPConn) {
	p.rejected.Add(1)
	_ = client.SetLinger(0)
	_ = client.Close()
}

// refusing tries whether a dial is refused, if it should be.
func (p *proxy) refusing() bool {
	p.mu.Lock()
	denied := p.denied()
	p.mu.Unlock()
	if denied != topologies.Refuse {
		return false
	}
	d := net.Dialer{Timeout: probeTimeout}
	c, err := d.DialContext(p.ctx, "tcp", p.route.Listen)
	if err == nil {
		_ = c.Close()
	}
	return errors.Is(err, syscall.ECONNREFUSED)
}
