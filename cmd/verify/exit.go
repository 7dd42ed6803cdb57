package main

import (
	"errors"
	"fmt"

	"surety/checker"
	"surety/scenarios"
	"surety/topologies"
)

// Exit codes. Over many runs 4 > 1 > 3 > 2 > 0; an interruption is 130.
const (
	exitUpheld       = 0 // or as expected
	exitViolated     = 1 // or a planted mistake was not caught
	exitInconclusive = 2
	exitEnvironment  = 3
	exitUsage        = 4
	exitInterrupted  = 130
)

// coded is an error that knows its exit code.
type coded struct {
	code int
	err  error
}

func (c coded) Error() string { return c.err.Error() }
func (c coded) Unwrap() error { return c.err }

func usage(format string, args ...any) error {
	return coded{exitUsage, fmt.Errorf(format, args...)}
}

// verdictReached carries the exit code of runs whose report was printed already.
type verdictReached int

func (v verdictReached) Error() string { return fmt.Sprintf("exit code %d", int(v)) }

// codeOf maps an error to its exit code.
func codeOf(err error) int {
	var (
		v   verdictReached
		c   coded
		fe  *scenarios.FileError
		env *topologies.EnvironmentError
	)
	switch {
	case err == nil:
		return exitUpheld
	case errors.As(err, &v):
		return int(v)
	case errors.As(err, &c):
		return c.code
	case errors.As(err, &fe), errors.Is(err, scenarios.ErrUnknown):
		return exitUsage
	case errors.As(err, &env):
		return exitEnvironment
	}
	return exitEnvironment
}

// worst gives the exit code of many runs.
func worst(codes []int) int {
	for _, c := range []int{exitInterrupted, exitUsage, exitViolated, exitEnvironment, exitInconclusive} {
		for _, have := range codes {
			if have == c {
				return c
			}
		}
	}
	return exitUpheld
}

// exitOf is the exit code of one verdict. A planted mistake that was not caught
// is as bad as a violation.
func exitOf(a checker.Answer, met bool) int {
	switch {
	case met:
		return exitUpheld
	case a == checker.Inconclusive:
		return exitInconclusive
	}
	return exitViolated
}
