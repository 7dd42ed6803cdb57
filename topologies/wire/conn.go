package wire

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"surety/topologies"
)

// Socket is what a rule can do to the connection that a message came on.
type Socket interface {
	// Cut ends the connection for both sides; what was passed on before arrives.
	Cut()
	// Leave ends it for the client alone.
	Leave()
	// Gone is closed when something else ended it.
	Gone() <-chan struct{}
}

// Conn is one connection: its two directions share what is awaited.
type Conn struct {
	link    *Link
	conv    Conversation
	socket  Socket
	ordinal uint64

	raw atomic.Bool // nothing on it can be read
	cut atomic.Bool // by a rule

	asked, answered atomic.Int64

	mu       sync.Mutex
	expected map[int64]*expectation
	waiting  atomic.Int64 // of them
}

// expectation is what is to become of the answer to a request.
type expectation struct {
	head  Head
	minds bool             // the codec wants it
	rule  *rule            // acted, or is to act
	frame topologies.Frame // to note when the rule acts on the answer
	noted *topologies.Frame
	give  []byte        // the answer that the client gets in its place
	seen  chan struct{} // closed when it came; nil = nobody waits
}

// Connect begins a connection of the link.
func (l *Link) Connect(s Socket) *Conn {
	return &Conn{
		link: l, conv: l.codec.Open(l.view), socket: s, ordinal: l.ordinals.Add(1),
		expected: map[int64]*expectation{},
	}
}

// expect notes what becomes of an answer, before its request can be answered.
func (c *Conn) expect(e *expectation) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, twice := c.expected[e.head.ID]; !twice {
		c.waiting.Add(1)
	}
	c.expected[e.head.ID] = e
}

func (c *Conn) expectation(id int64) *expectation {
	if c.waiting.Load() == 0 {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.expected[id]
	if e != nil {
		delete(c.expected, id)
		c.waiting.Add(-1)
	}
	return e
}

// end passes on what is left when a direction ends, and hides the ends that are
// none: of the stream itself, and those that a rule made.
func (c *Conn) end(s *Stream, err error) error {
	var unread *ErrUnread
	switch {
	case errors.As(err, &unread):
		c.link.cannotRead(unread.Why)
		c.raw.Store(true)
		return s.rest()
	case errors.Is(err, errCut), c.cut.Load():
		return s.Flush()
	case errors.Is(err, io.EOF):
		s.at = s.end
		return s.Flush()
	}
	return errors.Join(err, s.Flush())
}

// read gives the head of the next message.
func read(s *Stream, head func([]byte) (Head, int, error)) (Head, error) {
	for n := 1; ; {
		b, err := s.Need(n)
		if err != nil {
			return Head{}, err
		}
		h, need, err := head(b)
		if err != nil || need == 0 {
			return h, err
		}
		n = need
	}
}

// lateAnswer bounds the wait for the answer to a request that arrived late.
const lateAnswer = 5 * time.Second
