package trace

import (
	"context"

	"surety/checker"
)

// Judge judges a trace by the same judge as a stored history. The one sink of the
// spec says what the observations are meant to be; it gets the name of the
// trace's. Findings are in the verdict; an error means that the trace cannot be
// read: a *SyntaxError where a line is none.
func Judge(ctx context.Context, f *File, spec checker.Spec) (*checker.Verdict, error) {
	for i := range spec.Sinks {
		spec.Sinks[i].Name = Sink
	}
	return checker.JudgeTrace(func() (checker.Source, error) { return f.Reader(ctx) }, spec)
}
