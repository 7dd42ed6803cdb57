package postgres

import (
	"bytes"
	"encoding/binary"
	"strings"
	"sync"
	"sync/atomic"

	"surety/topologies/wire"
)

// largest is the largest message that is taken for one: what is larger is no
// PostgreSQL, which stops at a gibibyte.
const largest = 1 << 30

// longestRun bounds what is kept of the messages of an extended query until its end. A
// longer one passes in pieces, and no rule is about it.
const longestRun = 1 << 20

// The codes in the place of a version.
const (
	sslRequest    = 80877103
	gssRequest    = 80877104
	cancelRequest = 80877102
	majorVersion  = 3
)

// conversation is one connection. What the client sends until the server has answered
// it with ReadyForQuery is one request: a simple query, or the messages of an extended
// one up to Sync.
type conversation struct {
	// Of the requests alone.
	begun      bool // the startup message was sent
	client     string
	next       int64
	statements map[string]statement // prepared, by name, those that rules can be about
	portals    map[string]statement

	encrypting atomic.Bool // encryption was asked for: the answer is one byte

	mu     sync.Mutex
	asked  []request // not answered
	within bool      // the first of them is being answered
}

// request is one that waits for its ReadyForQuery.
type request struct {
	id       int64
	kind     int16
	extended bool
}

// statement is what is known of an SQL text.
type statement struct {
	kind int16
	gid  string // of a prepared transaction
}

// above gives the statement that counts.
func (s statement) above(o statement) statement {
	if o.kind > s.kind {
		return o
	}
	return s
}

// Request implements wire.Conversation.
func (c *conversation) Request(b []byte) (wire.Head, int, error) {
	if !c.begun {
		return c.startup(b)
	}
	size, need, err := message(b)
	if err != nil || need > 0 {
		return wire.Head{}, need, err
	}
	switch b[0] {
	case 'Q', 'F':
		if b[0] == 'Q' && len(b) < int(min(size, longestRun)) {
			return wire.Head{}, int(min(size, longestRun)), nil
		}
		h := c.head(size)
		if b[0] == 'Q' {
			h.Kind = statementOf(cString(b[5:])).kind
		}
		c.ask(h, false)
		return h, 0, nil
	case 'P', 'B', 'E', 'D', 'C', 'S':
		return c.extended(b)
	}
	return wire.Head{Size: size, Part: true}, 0, nil
}

// head numbers a request.
func (c *conversation) head(size int64) wire.Head {
	c.next++
	return wire.Head{Size: size, ID: c.next, Version: majorVersion, Client: c.client}
}

// ask notes a request before it can be answered. One that a rule takes away stays here:
// its client has nothing more to say on this connection either.
func (c *conversation) ask(h wire.Head, extended bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, request{h.ID, h.Kind, extended})
}

// startup reads the first message, which has no letter.
func (c *conversation) startup(b []byte) (wire.Head, int, error) {
	if b[0] == 22 { // a TLS handshake; as the length of a message 350 MB or more
		return wire.Head{}, 0, &wire.ErrUnread{Why: "it speaks TLS, whose messages cannot be read: connect with sslmode=disable"}
	}
	if len(b) < 8 {
		return wire.Head{}, 8, nil
	}
	size, code := int64(binary.BigEndian.Uint32(b)), binary.BigEndian.Uint32(b[4:])
	switch {
	case size < 8 || size > longestRun:
	case code == sslRequest, code == gssRequest:
		c.encrypting.Store(true)
		return wire.Head{Size: size, Part: true}, 0, nil
	case code == cancelRequest:
		return wire.Head{Size: size, Part: true}, 0, nil
	case code>>16 == majorVersion:
		if int64(len(b)) < size {
			return wire.Head{}, int(size), nil
		}
		c.begun, c.client = true, parameter(b[8:], "application_name")
		h := c.head(size)
		c.ask(h, false)
		return h, 0, nil
	}
	return wire.Head{}, 0, &wire.ErrUnread{Why: "what it sends is no PostgreSQL of version 3"}
}

// headBytes are the letter and the length of a message.
const headBytes = 5

// message reads the letter and the length of a message.
func message(b []byte) (size int64, need int, err error) {
	if len(b) < headBytes {
		return 0, headBytes, nil
	}
	size = int64(binary.BigEndian.Uint32(b[1:])) + 1
	if size < headBytes || size > largest {
		return 0, 0, &wire.ErrUnread{Why: "what is sent is no PostgreSQL"}
	}
	return size, 0, nil
}

// extended reads the messages of an extended query, up to the Sync that asks for its
// answer, or the Flush that wants what there is of it.
func (c *conversation) extended(b []byte) (wire.Head, int, error) {
	for at := 0; ; {
		rest := b[at:]
		size, need, err := message(rest)
		part := func(n int) (wire.Head, int, error) {
			c.run(b[:min(n, len(b))])
			return wire.Head{Size: int64(n), Part: true}, 0, nil
		}
		switch {
		case err != nil:
			return wire.Head{}, 0, err
		case need > 0:
			return wire.Head{}, at + need, nil
		case rest[0] == 'S':
			h := c.head(int64(at) + size)
			h.Kind = c.run(b).kind
			c.ask(h, true)
			return h, 0, nil
		case rest[0] == 'H':
			return part(at + int(size))
		case !bytes.ContainsRune([]byte("PBEDC"), rune(rest[0])):
			return part(at)
		case int64(at)+size > longestRun-headBytes && at > 0:
			return part(at)
		case size > longestRun:
			return part(int(size))
		case int64(len(rest)) < size:
			return wire.Head{}, at + int(size), nil
		}
		at += int(size)
	}
}

// run follows the messages of an extended query, and gives the statement that counts.
func (c *conversation) run(b []byte) (is statement) {
	for len(b) > 0 {
		size, need, err := message(b)
		if err != nil || need > 0 || size > int64(len(b)) {
			break
		}
		is = is.above(c.note(b[0], b[5:size]))
		b = b[size:]
	}
	return is
}

// note follows what is prepared and bound under which name, and gives what is executed.
func (c *conversation) note(letter byte, body []byte) statement {
	first := cString(body)
	rest := body[min(len(body), len(first)+1):]
	switch letter {
	case 'P': // name, text
		set(c.statements, string(first), statementOf(cString(rest)))
	case 'B': // portal, name of the statement
		set(c.portals, string(first), c.statements[string(cString(rest))])
	case 'E': // portal
		return c.portals[string(first)]
	case 'C': // S or P, name
		if len(body) > 1 {
			delete(map[byte]map[string]statement{'S': c.statements, 'P': c.portals}[body[0]], string(cString(body[1:])))
		}
	}
	return statement{}
}

// mostPrepared bounds what is remembered of a connection: clients prepare few statements
// that are kept.
const mostPrepared = 10_000

// set remembers a statement, if rules can be about it.
func set(in map[string]statement, name string, s statement) {
	if s.kind == 0 || len(in) >= mostPrepared {
		delete(in, name)
		return
	}
	in[name] = s
}

// cString is the text up to the zero byte.
func cString(b []byte) []byte {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		return b[:i]
	}
	return b
}

// parameter finds one in the names and values of a startup message.
func parameter(b []byte, name string) string {
	for len(b) > 0 && b[0] != 0 {
		key := cString(b)
		b = b[min(len(b), len(key)+1):]
		value := cString(b)
		b = b[min(len(b), len(value)+1):]
		if string(key) == name {
			return string(value)
		}
	}
	return ""
}

// Facts implements wire.Conversation: the statement that counts, and of a transaction in
// two phases its identifier.
func (c *conversation) Facts(h wire.Head, frame []byte) (wire.Facts, error) {
	f := wire.Facts{API: kindNames[h.Kind], Epoch: -1, TransactionalID: c.gid(frame)}
	switch {
	case strings.HasPrefix(f.API, "COMMIT"):
		f.End = "commit"
	case strings.HasPrefix(f.API, "ROLLBACK"):
		f.End = "abort"
	}
	return f, nil
}

// gid finds the identifier of a prepared transaction in a request.
func (c *conversation) gid(frame []byte) string {
	var is statement
	for len(frame) > 0 {
		size, need, err := message(frame)
		if err != nil || need > 0 || size > int64(len(frame)) {
			break
		}
		body := frame[5:size]
		switch frame[0] {
		case 'Q':
			is = is.above(statementOf(cString(body)))
		case 'E':
			is = is.above(c.portals[string(cString(body))])
		case 'B', 'P', 'C': // were noted when the request was read
		}
		frame = frame[size:]
	}
	return is.gid
}
