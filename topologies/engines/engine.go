// Package engines lists the stream processing engines that can be put under test as
// they are, and says how a use of one is made of processors. It is data and pure
// functions: nothing here talks to an engine or to brokers.
package engines

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"surety/topologies"
	"surety/topologies/names"
)

// Engine is one stream processing engine. What only some have is found by assertion:
// Signaller.
type Engine interface {
	Name() string  // as scenarios name it
	About() string // one clause for people
	// Versions are those that it was tried with, the default first; others are allowed.
	Versions() []string
	// Jobs are the programs that come with it, the default first.
	Jobs() []Job
	// Guarantees are what can be asked of the engine, in its own words, the default
	// first.
	Guarantees() []Guarantee
	// Owns lists the settings that a scenario may not change, since the harness does.
	Owns() []string
	// Processors gives the programs that the engine runs as. The given one has the
	// name, the number of instances and all else that a scenario says of a processor,
	// its Engine is complete, and its Env has what every processor is told; of these
	// the engine makes one processor or several, with all that they run.
	Processors(of topologies.ProcessorSpec) []topologies.ProcessorSpec
}

// Job is a program that an engine runs.
type Job struct {
	Name   string
	About  string // one clause for people
	Oracle string // what it does to its input, see checker.Oracles
}

// Guarantee is a setting of an engine, and the delivery that an application with it
// is taken to declare.
type Guarantee struct {
	Name     string // exactly_once_v2, AT_LEAST_ONCE
	Delivery string // at-most-once, at-least-once, exactly-once
}

// Signaller is an engine that tells of itself in the logs of its nodes.
type Signaller interface {
	// Signal tells what a line of a node's log says of the engine, if anything.
	Signal(line string) (Signal, bool)
}

// Signal is one thing that an engine tells of itself.
type Signal struct {
	Name string    // its kind: state, rebalance, exception, ...
	Text string    // what of it, in a few words
	At   time.Time // zero where the line has no time
}

// All lists the engines.
var All = []Engine{streams{}, flink{}}

// Find gives the engine of that name; the error for an unknown one lists the known.
func Find(name string) (Engine, error) {
	for _, e := range All {
		if e.Name() == name {
			return e, nil
		}
	}
	return nil, errors.New(names.Unknown("engine", name, Names()))
}

// Names are the names of all engines.
func Names() []string {
	var all []string
	for _, e := range All {
		all = append(all, e.Name())
	}
	return all
}

// JobOf finds the job of a name.
func JobOf(e Engine, name string) (Job, error) {
	var known []string
	for _, j := range e.Jobs() {
		if j.Name == name {
			return j, nil
		}
		known = append(known, j.Name)
	}
	return Job{}, errors.New(names.Unknown("job of "+e.Name(), name, known))
}

// GuaranteeOf finds the guarantee of a name.
func GuaranteeOf(e Engine, name string) (Guarantee, error) {
	var known []string
	for _, g := range e.Guarantees() {
		if g.Name == name {
			return g, nil
		}
		known = append(known, g.Name)
	}
	return Guarantee{}, errors.New(names.Unknown("guarantee of "+e.Name(), name, known))
}

// CheckSettings refuses settings that the engine owns, and values that cannot stand
// in a file of properties.
func CheckSettings(e Engine, settings map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		if slices.Contains(e.Owns(), name) {
			return fmt.Errorf("the setting %s is the harness's own", name)
		}
		if name == "" || strings.ContainsAny(name, " =:\n\r") || strings.ContainsAny(settings[name], "\n\r") {
			return fmt.Errorf("%q cannot be the name of a setting, or its value is more than one line", names.Clip(name))
		}
	}
	return nil
}

// stamped reads the time that a line begins with, in RFC 3339; zero where there is
// none.
func stamped(line string) time.Time {
	first, _, _ := strings.Cut(line, " ")
	t, err := time.Parse(time.RFC3339Nano, first)
	if err != nil {
		return time.Time{}
	}
	return t
}

// properties are settings as java.util.Properties reads them, sorted.
func properties(settings map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		b.WriteString(name + "=" + strings.ReplaceAll(settings[name], `\`, `\\`) + "\n")
	}
	return b.String()
}
