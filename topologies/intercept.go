package topologies

import (
	"context"
	"time"
)

// Interceptor is a link that can do something to single messages of the protocol
// that it carries.
type Interceptor interface {
	// Intercept puts a rule in force. Links of one gateway that are given the same id
	// count what matches together; each Pass ends the Intercept of its id.
	Intercept(ctx context.Context, id string, r Rule) error
	// Intercepted tells what the rule did so far on this link. A rule that was just
	// taken away still tells: what it held is answered only then.
	Intercepted(ctx context.Context, id string) (Interception, error)
	// Pass takes the rule away: what it holds goes on at once. It may be called again.
	Pass(ctx context.Context, id string) error
}

// Rule says to which messages something is done, to which of them, and what.
type Rule struct {
	Match      Match      `json:"match"`
	Occurrence Occurrence `json:"occurrence,omitzero"`
	Act        Act        `json:"act"`
}

// Match finds requests. A field that is empty fits all; in names a * stands for
// any letters. A topic fits a request that names it among others; a Fetch of a
// session (KIP-227) names only what changed.
type Match struct {
	API             []string `yaml:"api" json:"api,omitempty"` // names of requests, as the protocol's guide has them
	From            int16    `yaml:"from-version" json:"from_version,omitempty"`
	To              int16    `yaml:"to-version" json:"to_version,omitempty"` // 0 = any
	Client          string   `yaml:"client" json:"client,omitempty"`         // client id
	Topic           string   `yaml:"topic" json:"topic,omitempty"`
	TransactionalID string   `yaml:"transactional-id" json:"transactional_id,omitempty"`
	End             string   `yaml:"end" json:"end,omitempty"` // of EndTxn: commit or abort
}

// Occurrence picks from the requests that match, counted from 1 since the rule is
// in force. Several fields must all hold; none picks every one.
type Occurrence struct {
	Nth   int64 `yaml:"nth" json:"nth,omitempty"`     // this one alone
	Every int64 `yaml:"every" json:"every,omitempty"` // each n-th
	After int64 `yaml:"after" json:"after,omitempty"` // only those behind the first n
	Most  int64 `yaml:"most" json:"most,omitempty"`   // no more than n of them
}

// Act is what is done: exactly one of Before, After and Corrupt.
type Act struct {
	// Before the far side gets the request: drop, cut, delay, late or answer.
	Before string `yaml:"before" json:"before,omitempty"`
	// After the far side has answered it: lose, cut, delay or answer.
	After string `yaml:"after" json:"after,omitempty"`
	// Corrupt changes the records of a Produce, or of the answer to a Fetch: crc or
	// poison.
	Corrupt string        `yaml:"corrupt" json:"corrupt,omitempty"`
	Delay   time.Duration `yaml:"delay" json:"delay_ns,omitempty"` // of delay and late; 0 = until the rule is taken away
	Code    string        `yaml:"code" json:"code,omitempty"`      // of answer: the name of the error
}

// What can be done to a message.
const (
	Drop      = "drop"   // it never arrives, and the connection stays
	CutOff    = "cut"    // it never arrives, and the connection is closed
	Delayed   = "delay"  // it arrives later, and with it all that follows on its connection
	Late      = "late"   // the client loses the connection at once, the request arrives later all the same
	Answer    = "answer" // the client gets an error in the place of an answer
	Lose      = "lose"   // the answer never arrives, and the connection stays
	BrokenCRC = "crc"    // the checksum of the batch does not fit
	Poison    = "poison" // the checksum fits, the content makes no sense
)

// Interception is what a rule did on one link. Counters never go back.
type Interception struct {
	Requests int64   `json:"requests"` // read on the link since the rule is in force
	Matched  int64   `json:"matched"`  // of them
	Acted    int64   `json:"acted"`    // on so many the rule did what it says
	Records  int64   `json:"records"`  // in the batches of those
	Holding  int64   `json:"holding"`  // held now
	Frames   []Frame `json:"frames"`   // the latest on which it acted, oldest first
	// Unread is why connections could not be read, where there are any: TLS, or
	// another protocol.
	Unread string `json:"unread,omitempty"`
}

// Frame is one message on which a rule acted.
type Frame struct {
	At              time.Time     `json:"at"`
	Link            string        `json:"link"`
	Connection      uint64        `json:"connection"` // 1.. on its link
	API             string        `json:"api"`
	Version         int16         `json:"version"`
	Correlation     int64         `json:"correlation"`
	Client          string        `json:"client,omitempty"`
	TransactionalID string        `json:"transactional_id,omitempty"`
	Epoch           int16         `json:"epoch"` // of the producer; -1 = none
	Topics          []string      `json:"topics,omitempty"`
	Records         int64         `json:"records,omitempty"`
	Nth             int64         `json:"nth"`                 // of those that matched
	InFlight        int64         `json:"in_flight,omitempty"` // other requests that waited for an answer on its connection
	Did             string        `json:"did"`                 // "answer lost, connection cut"
	Held            time.Duration `json:"held_ns,omitempty"`
	Answer          string        `json:"answer,omitempty"` // the far side's: NONE, or the name of the error; empty = not seen
}
