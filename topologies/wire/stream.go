package wire

import (
	"io"
)

// chunk is how much is read at once, and the buffer that an idle stream keeps.
const chunk = 64 << 10

// Stream is one direction of a connection on its way through: what was read and
// looked at is passed on in the same chunks, before more is waited for.
//
//	buf[sent:at] was looked at and goes on; buf[at:end] was read
type Stream struct {
	src           io.Reader
	dst           io.Writer
	buf           []byte
	sent, at, end int
}

// NewStream carries src to dst.
func NewStream(dst io.Writer, src io.Reader) *Stream {
	return &Stream{src: src, dst: dst, buf: make([]byte, chunk)}
}

// Need gives the next n bytes without taking them. They are valid, and may be
// changed, until the next call.
func (s *Stream) Need(n int) ([]byte, error) {
	for s.end-s.at < n {
		if err := s.Flush(); err != nil {
			return nil, err
		}
		s.room(n)
		if err := s.read(); err != nil {
			return nil, err
		}
	}
	return s.buf[s.at : s.at+n], nil
}

// room makes space for n bytes from the position on. Everything before it is sent.
func (s *Stream) room(n int) {
	buf := s.buf
	if n > len(buf) || len(buf) > chunk && n <= chunk {
		buf = make([]byte, max(n, chunk))
	}
	if s.at > 0 || len(buf) != len(s.buf) {
		s.end = copy(buf, s.buf[s.at:s.end])
		s.sent, s.at = 0, 0
	}
	s.buf = buf
}

func (s *Stream) read() error {
	if s.at == s.end { // nothing is kept: the whole buffer is free
		s.sent, s.at, s.end = 0, 0, 0
	}
	n, err := s.src.Read(s.buf[s.end:])
	s.end += n
	if n > 0 {
		return nil
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return err
}

// Flush passes on what was looked at.
func (s *Stream) Flush() error {
	if s.sent == s.at {
		return nil
	}
	_, err := s.dst.Write(s.buf[s.sent:s.at])
	s.sent = s.at
	return err
}

// Pass lets the next n bytes through.
func (s *Stream) Pass(n int64) error { return s.take(n, true) }

// Discard takes the next n bytes away.
func (s *Stream) Discard(n int64) error {
	if err := s.Flush(); err != nil {
		return err
	}
	return s.take(n, false)
}

func (s *Stream) take(n int64, on bool) error {
	for {
		have := int(min(int64(s.end-s.at), n))
		s.at += have
		n -= int64(have)
		if !on {
			s.sent = s.at
		}
		if n == 0 {
			return nil
		}
		if err := s.Flush(); err != nil {
			return err
		}
		if err := s.read(); err != nil {
			return err
		}
	}
}

// Send passes on bytes of one's own at this place, now.
func (s *Stream) Send(b []byte) error {
	if err := s.Flush(); err != nil {
		return err
	}
	_, err := s.dst.Write(b)
	return err
}

// rest lets everything through to the end, also what was read and not looked at.
func (s *Stream) rest() error {
	s.at = s.end
	if err := s.Flush(); err != nil {
		return err
	}
	_, err := io.CopyBuffer(struct{ io.Writer }{s.dst}, struct{ io.Reader }{s.src}, s.buf)
	return err
}
