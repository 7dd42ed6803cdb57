package trace

import (
	"context"

	"surety/checker"
)

// Judge judges a trace against a guarantee, by the same judge as a stored
// history. Findings are in the verdict; an error means that the trace cannot be
// read: a *SyntaxError where a line is none.
func Judge(ctx context.Context, f *File, g checker.Guarantee) (*checker.Verdict, error) {
	return JudgeAs(ctx, f, checker.Spec{Sinks: []checker.SinkSpec{{Oracle: "identity", Guarantee: g}}})
}

// JudgeAs is Judge for a spec whose one sink says what the observations are meant
// to be. It gets the name of the trace's.
func JudgeAs(ctx context.Context, f *File, spec checker.Spec) (*checker.Verdict, error) {
	for i := range spec.Sinks {
		spec.Sinks[i].Name = Sink
	}
	return checker.JudgeTrace(func() (checker.Source, error) { return f.Reader(ctx) }, spec)
}
