// Package wire does something to single messages of a protocol on their way
// through a proxy: a rule says to which, when, and what. Whatever no rule is about
// passes without being decoded. Codecs know the protocols; see its folders.
package wire

import (
	"errors"

	"surety/topologies"
)

// Codec reads and writes the messages of one protocol.
type Codec interface {
	// Compile checks what a rule names and translates it.
	Compile(r topologies.Rule) (Compiled, error)
	// Open begins a connection whose client sees addresses as the view has them.
	Open(v View) Conversation
}

// View is the addresses that a client sees: by the host:port that the far side
// advertises, the one that stands in its place. What it does not have stays.
type View map[string]string

// Compiled is a rule as numbers of the protocol.
type Compiled struct {
	Kinds map[int16]bool // of the requests; nil = all
	Code  int16          // of the error of Answer
}

// Head is what the first bytes of a message tell.
type Head struct {
	Size    int64 // of the whole message, in bytes
	Kind    int16 // of a request
	Version int16 // of a request
	ID      int64 // what an answer has in common with its request
	Client  string
	Part    bool // of a request or an answer, or beside them: nothing is done to it
}

// Facts is what the body of a request tells.
type Facts struct {
	API             string
	Topics          []string
	TransactionalID string
	Epoch           int16  // of the producer, -1 = none
	End             string // of a transaction: commit, abort
	Records         int64
	Unanswered      bool // the far side will not answer it
}

// Conversation is one connection as its codec sees it. The requests and the
// answers are each read by one goroutine.
type Conversation interface {
	// Request reads the head of a request from its first bytes. With need > 0 it
	// wants so many of them to tell. An ErrUnread means that the connection cannot
	// be read at all.
	Request(b []byte) (h Head, need int, err error)
	// Answer reads the head of an answer: its Size and ID.
	Answer(b []byte) (h Head, need int, err error)
	// Facts decodes a request.
	Facts(h Head, request []byte) (Facts, error)
	// Answers tells whether the records of an exchange come with its answer.
	Answers(request Head) bool
	// Minds tells whether the codec wants the answer to pass through Carry.
	Minds(request Head) bool
	// Carry passes one answer on, as this client is to see it.
	Carry(request Head, size int64, s *Stream) error
	// Refuse makes the answer to a request that fails with the code, and a request
	// that changes nothing and is answered in its place.
	Refuse(request Head, frame []byte, code int16) (answer, harmless []byte, err error)
	// Outcome reads from an answer which error it brings: NONE for none, empty where
	// it cannot be told.
	Outcome(request Head, answer []byte) string
	// Corrupt gives a copy of a request, or of the answer to one, whose batches are
	// broken in the given way, and how many batches that are: 0 = it has none.
	Corrupt(request Head, frame []byte, answer bool, how string) (broken []byte, batches int, err error)
}

// ErrUnread is a connection that the codec cannot read.
type ErrUnread struct{ Why string }

func (e *ErrUnread) Error() string { return e.Why }

// errCut ends a connection on purpose.
var errCut = errors.New("the connection was cut by a rule")
