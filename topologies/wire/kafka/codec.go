// Package kafka is the codec of Kafka's protocol: it splits requests and answers,
// decodes those that somebody asks about, and writes the addresses that a client
// is to see into the answers that name brokers.
package kafka

import (
	"encoding/binary"
	"fmt"
	"sync"

	"github.com/twmb/franz-go/pkg/kmsg"

	"surety/topologies"
	"surety/topologies/protocol"
	"surety/topologies/wire"
)

// largest is the largest message that is taken for one: what is larger is no
// Kafka. A broker takes 100 MB unless it is told otherwise.
const largest = 1 << 30

// Codec reads Kafka. Its connections share the names of topics, which requests
// since KIP-516 leave out.
type Codec struct {
	topics sync.Map // [16]byte -> string
}

var _ wire.Codec = (*Codec)(nil)

// New is a codec that knows no topics yet.
func New() *Codec { return &Codec{} }

// Compile implements wire.Codec.
func (*Codec) Compile(r topologies.Rule) (wire.Compiled, error) {
	p := protocol.Kafka
	if err := p.Check(r); err != nil {
		return wire.Compiled{}, err
	}
	c := wire.Compiled{}
	for _, name := range r.Match.API {
		if c.Kinds == nil {
			c.Kinds = map[int16]bool{}
		}
		key, _ := p.Request(name)
		c.Kinds[key] = true
	}
	c.Code, _ = p.Error(r.Act.Code)
	return c, nil
}

// Open implements wire.Codec.
func (k *Codec) Open(v wire.View) wire.Conversation { return &conversation{codec: k, view: v} }

// conversation is one connection.
type conversation struct {
	codec *Codec
	view  wire.View
	raw   bool // tokens without headers follow
}

// Where the head of a request has what: size, API key, version, correlation id,
// length of the client id.
const (
	keyAt         = 4
	versionAt     = 6
	correlationAt = 8
	clientAt      = 12
	headBytes     = 14
)

// Request implements wire.Conversation.
func (c *conversation) Request(b []byte) (wire.Head, int, error) {
	if b[0] == 22 { // a TLS handshake; as the size of a request 350 MB or more
		return wire.Head{}, 0, &wire.ErrUnread{Why: "it speaks TLS, whose messages cannot be read: use a plain listener"}
	}
	if c.raw {
		return wire.Head{}, 0, &wire.ErrUnread{Why: "it speaks SASL without headers (version 0), whose messages cannot be read"}
	}
	if len(b) < headBytes {
		return wire.Head{}, headBytes, nil
	}
	h := wire.Head{
		Size:    int64(int32(binary.BigEndian.Uint32(b))) + 4,
		Kind:    int16(binary.BigEndian.Uint16(b[keyAt:])),
		Version: int16(binary.BigEndian.Uint16(b[versionAt:])),
		ID:      int64(int32(binary.BigEndian.Uint32(b[correlationAt:]))),
	}
	client := int(int16(binary.BigEndian.Uint16(b[clientAt:])))
	if h.Size < headBytes || h.Size > largest || h.Kind < 0 || h.Version < 0 || client < -1 || int64(headBytes+client) > h.Size {
		return h, 0, &wire.ErrUnread{Why: "what it sends is no Kafka"}
	}
	if client > 0 {
		if len(b) < headBytes+client {
			return h, headBytes + client, nil
		}
		h.Client = string(b[headBytes : headBytes+client])
	}
	c.raw = h.Kind == int16(kmsg.SASLHandshake) && h.Version == 0
	return h, 0, nil
}

// Answer implements wire.Conversation.
func (c *conversation) Answer(b []byte) (wire.Head, int, error) {
	if len(b) < correlationAt {
		return wire.Head{}, correlationAt, nil
	}
	h := wire.Head{Size: int64(int32(binary.BigEndian.Uint32(b))) + 4, ID: int64(int32(binary.BigEndian.Uint32(b[4:])))}
	if h.Size < correlationAt || h.Size > largest {
		return h, 0, &wire.ErrUnread{Why: "what is answered is no Kafka"}
	}
	return h, 0, nil
}

// request decodes a whole request.
func request(h wire.Head, frame []byte) (kmsg.Request, error) {
	req := kmsg.RequestForKey(h.Kind)
	if req == nil || h.Version > req.MaxVersion() {
		return nil, fmt.Errorf("a request of API key %d, version %d, is not known", h.Kind, h.Version)
	}
	req.SetVersion(h.Version)
	body := frame[headBytes+len(h.Client):]
	if req.IsFlexible() {
		var ok bool
		if body, ok = skipTags(body); !ok {
			return nil, fmt.Errorf("the head of a %s cannot be decoded", kmsg.NameForKey(h.Kind))
		}
	}
	if err := req.ReadFrom(body); err != nil {
		return nil, fmt.Errorf("a %s, version %d, cannot be decoded: %w", kmsg.NameForKey(h.Kind), h.Version, err)
	}
	return req, nil
}

// response decodes the whole answer to a request; body is where it begins in it.
func response(h wire.Head, frame []byte) (resp kmsg.Response, body int, err error) {
	resp = kmsg.ResponseForKey(h.Kind)
	if resp == nil || h.Version > resp.MaxVersion() {
		return nil, 0, fmt.Errorf("an answer of API key %d, version %d, is not known", h.Kind, h.Version)
	}
	resp.SetVersion(h.Version)
	rest := frame[correlationAt:]
	if tagged(resp) {
		var ok bool
		if rest, ok = skipTags(rest); !ok {
			return nil, 0, fmt.Errorf("the head of an answer to %s cannot be decoded", kmsg.NameForKey(h.Kind))
		}
	}
	if err := resp.ReadFrom(rest); err != nil {
		return nil, 0, fmt.Errorf("an answer to %s, version %d, cannot be decoded: %w", kmsg.NameForKey(h.Kind), h.Version, err)
	}
	return resp, len(frame) - len(rest), nil
}

// tagged tells whether the head of an answer has tags: that of ApiVersions has none,
// so that any client can read it (KIP-511).
func tagged(resp kmsg.Response) bool {
	return resp.IsFlexible() && resp.Key() != int16(kmsg.ApiVersions)
}

// skipTags gives what follows tagged fields (KIP-482).
func skipTags(b []byte) ([]byte, bool) {
	count, n := binary.Uvarint(b)
	if n <= 0 {
		return nil, false
	}
	b = b[n:]
	for range count {
		_, n := binary.Uvarint(b) // the tag
		if n <= 0 {
			return nil, false
		}
		size, m := binary.Uvarint(b[n:])
		if m <= 0 || size > uint64(len(b)-n-m) {
			return nil, false
		}
		b = b[n+m+int(size):] //nolint:gosec // it is at most the length of b
	}
	return b, true
}

// appendHead begins an answer: the size is set by sealed.
func appendHead(h wire.Head, resp kmsg.Response) []byte {
	out := binary.BigEndian.AppendUint32(make([]byte, 4, 256), uint32(h.ID)) //nolint:gosec // it was read as one
	if tagged(resp) {
		out = append(out, 0)
	}
	return out
}

// sealed writes the size of a message into it.
func sealed(frame []byte) []byte {
	binary.BigEndian.PutUint32(frame, uint32(len(frame)-4)) //nolint:gosec // it fits into memory
	return frame
}
