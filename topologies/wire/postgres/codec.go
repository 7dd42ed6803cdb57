// Package postgres is the codec of PostgreSQL's frontend/backend protocol, version 3
// (https://www.postgresql.org/docs/current/protocol.html): it finds the statements that
// end transactions, in simple queries and in prepared ones, and their answers.
package postgres

import (
	"errors"
	"maps"
	"slices"

	"surety/topologies"
	"surety/topologies/protocol"
	"surety/topologies/wire"
)

// Codec reads PostgreSQL.
type Codec struct{}

var _ wire.Codec = (*Codec)(nil)

// New is a codec.
func New() *Codec { return &Codec{} }

// Compile implements wire.Codec. Without names a rule is about every statement that has
// one.
func (*Codec) Compile(r topologies.Rule) (wire.Compiled, error) {
	p := protocol.Postgres
	if err := p.Check(r); err != nil {
		return wire.Compiled{}, err
	}
	api := r.Match.API
	if len(api) == 0 {
		api = p.RequestNames()
	}
	c := wire.Compiled{Kinds: map[int16]bool{}}
	for _, name := range api {
		kind, _ := p.Request(name)
		c.Kinds[kind] = true
	}
	return c, nil
}

// Open implements wire.Codec. A server names no addresses to its clients.
func (*Codec) Open(wire.View) wire.Conversation {
	return &conversation{statements: map[string]statement{}, portals: map[string]statement{}}
}

// Answers implements wire.Conversation.
func (*conversation) Answers(wire.Head) bool { return false }

// Minds implements wire.Conversation.
func (*conversation) Minds(wire.Head) bool { return false }

// Carry implements wire.Conversation.
func (*conversation) Carry(_ wire.Head, size int64, s *wire.Stream) error { return s.Pass(size) }

var errNoMessages = errors.New("nothing is put into the place of messages of PostgreSQL")

// Refuse implements wire.Conversation: no rule names an error.
func (*conversation) Refuse(wire.Head, []byte, int16) (answer, harmless []byte, err error) {
	return nil, nil, errNoMessages
}

// Corrupt implements wire.Conversation: no rule breaks what has no checksum.
func (*conversation) Corrupt(wire.Head, []byte, bool, string) (broken []byte, batches int, err error) {
	return nil, 0, errNoMessages
}

// kindNames are the names of kinds.
var kindNames = func() map[int16]string {
	out := map[int16]string{}
	for _, name := range slices.Collect(maps.Keys(protocol.Postgres.Requests)) {
		out[protocol.Postgres.Requests[name]] = name
	}
	return out
}()
