package postgres

import (
	"surety/topologies/wire"
)

// longestAnswer bounds what is kept of the answer to a request until its end. A longer
// one passes in pieces, and no rule acts on it: those to statements that end a
// transaction are short.
const longestAnswer = 64 << 10

// Answer implements wire.Conversation. The answer to a request that a rule can be about
// is all that comes up to ReadyForQuery; of others each message is a part.
func (c *conversation) Answer(b []byte) (wire.Head, int, error) {
	if c.encrypting.Load() {
		if b[0] != 'N' {
			return wire.Head{}, 0, &wire.ErrUnread{Why: "it speaks TLS, whose messages cannot be read: connect with sslmode=disable"}
		}
		c.encrypting.Store(false)
		return wire.Head{Size: 1, Part: true}, 0, nil
	}
	r, whole := c.answering()
	for at := 0; ; {
		if len(b) < at+headBytes {
			return wire.Head{}, at + headBytes, nil
		}
		rest := b[at:]
		size, _, err := message(rest)
		switch {
		case err != nil:
			return wire.Head{}, 0, err
		case rest[0] == 'Z': // ReadyForQuery
			c.answered()
			return wire.Head{Size: int64(at) + size, ID: r.id, Kind: r.kind}, 0, nil
		case rest[0] == 'G', rest[0] == 'H', rest[0] == 'W': // of a COPY: the client may have to send now
			c.copies(rest[0])
			return wire.Head{Size: int64(at) + size, Part: true}, 0, nil
		case !whole:
			return wire.Head{Size: size, Part: true}, 0, nil
		case int64(at)+size > longestAnswer-headBytes:
			c.tooLong()
			return wire.Head{Size: int64(at) + size, Part: true}, 0, nil
		}
		at += int(size)
	}
}

// answering gives the request that is answered now, and whether its answer is kept in
// one piece.
func (c *conversation) answering() (r request, whole bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.asked) == 0 { // a notice, or what nobody asked for
		return request{id: -1}, false
	}
	r = c.asked[0]
	return r, r.kind != 0 && !c.within
}

// answered ends the answer to the first request.
func (c *conversation) answered() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.within = false
	if len(c.asked) > 0 {
		c.asked = c.asked[1:]
	}
}

// tooLong lets the rest of the present answer pass in parts.
func (c *conversation) tooLong() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.within = true
}

// copies notes a COPY: a server that takes data heeds no Sync until the data has ended,
// so that the one of the query is never answered.
func (c *conversation) copies(letter byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.within = true
	if letter == 'G' && len(c.asked) > 0 && c.asked[0].extended {
		c.asked, c.within = c.asked[1:], false
	}
}

// Outcome implements wire.Conversation: the tag of the last command that was completed,
// or the SQLSTATE of the error.
func (c *conversation) Outcome(_ wire.Head, answer []byte) string {
	tag := ""
	for len(answer) > 0 {
		size, need, err := message(answer)
		if err != nil || need > 0 || size > int64(len(answer)) {
			break
		}
		switch body := answer[5:size]; answer[0] {
		case 'E':
			return sqlState(body)
		case 'C':
			tag = string(cString(body))
		}
		answer = answer[size:]
	}
	return tag
}

// sqlState finds the code among the fields of an error.
func sqlState(fields []byte) string {
	for len(fields) > 0 && fields[0] != 0 {
		value := cString(fields[1:])
		if fields[0] == 'C' {
			return string(value)
		}
		fields = fields[min(len(fields), len(value)+2):]
	}
	return ""
}
