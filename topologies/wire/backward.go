package wire

import (
	"fmt"
	"io"

	"surety/topologies"
)

// readable bounds the answers that are read for the error that they bring.
const readable = 64 << 10

// Backward carries what the far side answers until it ends or a rule ends it.
func (c *Conn) Backward(dst io.Writer, src io.Reader) error {
	s := NewStream(dst, src)
	for {
		_, err := s.Need(1)
		if err == nil && c.raw.Load() {
			return s.rest()
		}
		var h Head
		if err == nil {
			h, err = read(s, c.conv.Answer)
		}
		if err == nil {
			err = c.answer(s, h)
		}
		if err != nil {
			return c.end(s, err)
		}
	}
}

// answer lets one answer through, or does to it what a rule says.
func (c *Conn) answer(s *Stream, h Head) error {
	if h.Part {
		return s.Pass(h.Size)
	}
	e := c.expectation(h.ID)
	c.answered.Add(1)
	if e == nil {
		return s.Pass(h.Size)
	}
	if e.seen != nil {
		defer close(e.seen)
	}
	code := ""
	if e.rule != nil && h.Size <= readable {
		frame, err := s.Need(int(h.Size))
		if err != nil {
			return err
		}
		code = c.conv.Outcome(e.head, frame)
	}
	if e.noted != nil {
		e.rule.add(func() { e.noted.Answer = code })
	}
	switch {
	case e.rule != nil && e.noted == nil && e.rule.Act.Corrupt != "":
		return c.corruptAnswer(s, h, e)
	case e.rule != nil && e.noted == nil:
		return c.after(s, h, e, code)
	case e.give != nil:
		if err := s.Discard(h.Size); err != nil {
			return err
		}
		return s.Send(e.give)
	}
	return c.pass(s, h, e)
}

func (c *Conn) pass(s *Stream, h Head, e *expectation) error {
	if e.minds {
		return c.conv.Carry(e.head, h.Size, s)
	}
	return s.Pass(h.Size)
}

// after acts on the answer of a request that was applied.
func (c *Conn) after(s *Stream, h Head, e *expectation, code string) error {
	f, r := e.frame, e.rule
	f.Answer, f.InFlight = code, max(0, c.asked.Load()-c.answered.Load())
	switch r.Act.After {
	case topologies.Lose:
		f.Did = "answer lost"
		r.note(f)
		return s.Discard(h.Size)
	case topologies.CutOff:
		f.Did = "answer lost, connection cut"
		if err := s.Discard(h.Size); err != nil {
			return err
		}
		r.note(f)
		return c.sever()
	case topologies.Answer:
		f.Did = "answered " + r.Act.Code + " in the place of the answer"
		r.note(f)
		if err := s.Discard(h.Size); err != nil {
			return err
		}
		return s.Send(e.give)
	}
	f.Did = "answer held"
	noted := r.note(f)
	if err := s.Flush(); err != nil {
		return err
	}
	held := r.hold(r.Act.Delay, c.socket.Gone())
	r.add(func() { noted.Held = held })
	return c.pass(s, h, e)
}

// corruptAnswer breaks the batches of an answer that has some.
func (c *Conn) corruptAnswer(s *Stream, h Head, e *expectation) error {
	if h.Size > decodable {
		c.link.cannotRead(fmt.Sprintf("an answer of %d bytes is too large to be decoded", h.Size))
		return c.pass(s, h, e)
	}
	frame, err := s.Need(int(h.Size))
	if err != nil {
		return err
	}
	broken, batches, err := c.conv.Corrupt(e.head, frame, true, e.rule.Act.Corrupt)
	if err != nil || batches == 0 {
		if err == nil {
			err = c.pass(s, h, e)
		}
		return err
	}
	f := e.frame
	var acts bool
	if f.Nth, acts = e.rule.match(); !acts {
		return c.pass(s, h, e)
	}
	f.Did = "batches broken on their way back: " + e.rule.Act.Corrupt
	e.rule.note(f)
	if err := s.Discard(h.Size); err != nil {
		return err
	}
	return s.Send(broken)
}
