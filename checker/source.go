package checker

import "surety/checker/history"

// source is what the judge needs of a stored history.
type source interface {
	Next(rec *history.Record) error
	Name(n history.Name) string
	CutOff() bool
	Close() error
}

// opener starts reading the same history from its beginning.
type opener func() (source, error)
