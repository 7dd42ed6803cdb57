package trace

import (
	"context"

	"surety/checker"
)

// Judge judges a trace against a guarantee, by the same judge as a stored
// history. Findings are in the verdict; an error means that the trace cannot be
// read: a *SyntaxError where a line is none.
func Judge(ctx context.Context, f *File, g checker.Guarantee) (*checker.Verdict, error) {
	return checker.JudgeTrace(func() (checker.Source, error) { return f.Reader(ctx) }, checker.Spec{
		Sinks: []checker.SinkSpec{{Name: Sink, Oracle: "identity", Guarantee: g}},
	})
}
