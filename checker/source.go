package checker

import "surety/checker/history"

// Source is what the judge needs of a stored history: a stream of records that
// can be opened again from its beginning, with the same names.
type Source interface {
	// Read gives the next records, in order: at least one and as many as are at hand
	// and have room. After the last one it gives none and io.EOF; any other error
	// means that the history cannot be read. A Body stays valid.
	Read(recs []history.Record) (n int, err error)
	// Name is the text of an interned name that Read has used. It stays valid after
	// Close, and may be called by several goroutines, also while Read is.
	Name(n history.Name) string
	// CutOff says, once Read has returned io.EOF, that the history has no end.
	CutOff() bool
	Close() error
}

type source = Source

// opener starts reading the same history from its beginning.
type opener func() (source, error)
