package checker

import "surety/checker/history"

// Source is what the judge needs of a stored history: a stream of records that
// can be opened again from its beginning, with the same names.
type Source interface {
	// Next gives the next record, io.EOF after the last. Any other error means
	// that the history cannot be read.
	Next(rec *history.Record) error
	// Name is the text of an interned name that Next has used. It stays valid after
	// Close, and may be called by several goroutines, also while Next is.
	Name(n history.Name) string
	// CutOff says, once Next has returned io.EOF, that the history has no end.
	CutOff() bool
	Close() error
}

type source = Source

// opener starts reading the same history from its beginning.
type opener func() (source, error)
