package trace

import "fmt"

// SyntaxError says where a trace is not one, and what was expected there.
type SyntaxError struct {
	File   string
	Line   int64 // from 1
	Column int   // in bytes, from 1
	Text   string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Text)
}

// wrong is a SyntaxError at a byte (from 0) of a line that the decoder does not
// know the number of.
func wrong(at int, format string, args ...any) *SyntaxError {
	return &SyntaxError{Column: at + 1, Text: fmt.Sprintf(format, args...)}
}
