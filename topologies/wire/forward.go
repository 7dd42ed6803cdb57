package wire

import (
	"fmt"
	"io"
	"time"

	"surety/topologies"
)

// Forward carries what the client sends until it ends or a rule ends it.
func (c *Conn) Forward(dst io.Writer, src io.Reader) error {
	s := NewStream(dst, src)
	for {
		h, err := read(s, c.conv.Request)
		if err == nil {
			err = c.request(s, h)
		}
		if err == nil {
			continue
		}
		err = c.end(s, err)
		if c.cut.Load() {
			// A socket that is closed with bytes unread is reset, which could take from
			// the client what was answered before.
			_, _ = io.Copy(io.Discard, src)
		}
		return err
	}
}

// request lets one request through, or does to it what a rule says.
func (c *Conn) request(s *Stream, h Head) error {
	if c.cut.Load() { // what comes after the cut was never sent
		return s.Discard(h.Size)
	}
	if h.Part {
		return s.Pass(h.Size)
	}
	c.link.requests.Add(1)
	minds := c.conv.Minds(h)
	p, err := c.pick(s, h)
	if err != nil {
		return err
	}
	switch {
	case p == nil && minds:
		c.expect(&expectation{head: h, minds: true})
		fallthrough
	case p == nil:
		c.asked.Add(1)
		return s.Pass(h.Size)
	case p.rule.Act.Before != "":
		return c.before(s, h, p, minds)
	case p.rule.Act.Corrupt != "" && !p.later:
		return c.corrupt(s, h, p, minds)
	}
	e := &expectation{head: h, minds: minds, rule: p.rule, frame: p.frame}
	if p.rule.Act.After == topologies.Answer {
		if e.give, _, err = c.refusal(s, h, p); err != nil {
			return err
		}
	}
	c.expect(e)
	c.asked.Add(1)
	return s.Pass(h.Size)
}

// picked is a request and the rule that acts on it.
type picked struct {
	rule  *rule
	frame topologies.Frame
	later bool // whether it matches shows in the answer
}

// pick counts a request for every rule that it matches and gives the oldest one
// that acts on it.
func (c *Conn) pick(s *Stream, h Head) (*picked, error) {
	var p *picked
	var facts *Facts
	for _, r := range *c.link.rules.Load() {
		if !r.fits(h) {
			continue
		}
		if r.decodes() {
			f, err := c.facts(s, h, facts)
			if err != nil {
				return nil, err
			}
			if facts = f; f == nil || !r.fitsBody(*f) {
				continue
			}
		}
		if r.Act.Corrupt != "" && c.conv.Answers(h) {
			if p == nil {
				p = &picked{rule: r, later: true}
			}
			continue
		}
		if nth, acts := r.match(); acts && p == nil {
			p = &picked{rule: r, frame: topologies.Frame{Nth: nth}}
		}
	}
	if p == nil {
		return nil, nil
	}
	facts, err := c.facts(s, h, facts)
	if facts == nil {
		return nil, err
	}
	p.frame.Link, p.frame.Connection = c.link.name, c.ordinal
	p.frame.API, p.frame.Version, p.frame.Correlation, p.frame.Client = facts.API, h.Version, h.ID, h.Client
	p.frame.TransactionalID, p.frame.Epoch, p.frame.Topics, p.frame.Records = facts.TransactionalID, facts.Epoch, facts.Topics, facts.Records
	p.frame.InFlight = c.asked.Load() - c.answered.Load()
	return p, nil
}

// decodable bounds what is kept in one piece. Brokers refuse requests of 100 MB unless
// they are told otherwise.
const decodable = 128 << 20

// facts decodes a request once; nil is one that the codec cannot decode.
func (c *Conn) facts(s *Stream, h Head, known *Facts) (*Facts, error) {
	if known != nil {
		return known, nil
	}
	if h.Size > decodable {
		c.link.cannotRead(fmt.Sprintf("a request of %d bytes is too large to be decoded", h.Size))
		return nil, nil
	}
	frame, err := s.Need(int(h.Size))
	if err != nil {
		return nil, err
	}
	f, err := c.conv.Facts(h, frame)
	if err != nil {
		c.link.cannotRead(err.Error())
		return nil, nil
	}
	return &f, nil
}

// before acts on a request that has not arrived.
func (c *Conn) before(s *Stream, h Head, p *picked, minds bool) error {
	r, f := p.rule, p.frame
	switch r.Act.Before {
	case topologies.Drop:
		f.Did = "request dropped"
		r.note(f)
		return s.Discard(h.Size)
	case topologies.CutOff:
		f.Did = "request dropped, connection cut"
		r.note(f)
		return c.sever()
	case topologies.Answer:
		give, harmless, err := c.refusal(s, h, p)
		if err != nil {
			return err
		}
		f.Did = "answered " + r.Act.Code + " in the place of the far side"
		r.note(f)
		c.expect(&expectation{head: h, give: give})
		if err := s.Discard(h.Size); err != nil {
			return err
		}
		c.asked.Add(1)
		return s.Send(harmless)
	case topologies.Late:
		return c.late(s, h, p)
	}
	f.Did = "request held"
	noted := r.note(f)
	// What came before it must not wait.
	_, err := s.Need(int(h.Size))
	if err == nil {
		err = s.Flush()
	}
	if err != nil {
		return err
	}
	held := r.hold(r.Act.Delay, c.socket.Gone())
	r.add(func() { noted.Held = held })
	c.expect(&expectation{head: h, minds: minds, rule: r, noted: noted})
	c.asked.Add(1)
	return s.Pass(h.Size)
}

// late lets the request arrive when the client has lost the connection long since.
func (c *Conn) late(s *Stream, h Head, p *picked) error {
	r := p.rule
	if _, err := s.Need(int(h.Size)); err != nil { // all of it, while the client is there
		return err
	}
	c.cut.Store(true)
	c.socket.Leave()
	p.frame.Did = "connection cut, request held"
	noted := r.note(p.frame)
	held := r.hold(r.Act.Delay, c.socket.Gone())
	r.add(func() { noted.Did, noted.Held = "connection cut, request arrived late", held })
	e := &expectation{head: h, rule: r, noted: noted, seen: make(chan struct{})}
	c.expect(e)
	c.asked.Add(1)
	if err := s.Pass(h.Size); err != nil {
		return err
	}
	if err := s.Flush(); err != nil {
		return err
	}
	wait := time.NewTimer(lateAnswer)
	defer wait.Stop()
	select {
	case <-e.seen:
	case <-wait.C:
	case <-c.socket.Gone():
	}
	return errCut
}

// sever cuts the connection on both sides.
func (c *Conn) sever() error {
	c.cut.Store(true)
	c.socket.Cut()
	return errCut
}

func (c *Conn) refusal(s *Stream, h Head, p *picked) (give, harmless []byte, err error) {
	frame, err := s.Need(int(h.Size))
	if err != nil {
		return nil, nil, err
	}
	return c.conv.Refuse(h, frame, p.rule.Code)
}

// corrupt breaks the batches of a request.
func (c *Conn) corrupt(s *Stream, h Head, p *picked, minds bool) error {
	frame, err := s.Need(int(h.Size))
	if err != nil {
		return err
	}
	broken, batches, err := c.conv.Corrupt(h, frame, false, p.rule.Act.Corrupt)
	if err != nil {
		return err
	}
	e := &expectation{head: h, minds: minds}
	c.asked.Add(1)
	if batches == 0 {
		c.expect(e)
		return s.Pass(h.Size)
	}
	p.frame.Did = "batches broken on their way there: " + p.rule.Act.Corrupt
	e.rule, e.noted = p.rule, p.rule.note(p.frame)
	c.expect(e)
	if err := s.Discard(h.Size); err != nil {
		return err
	}
	return s.Send(broken)
}
