package scenarios

import (
	"embed"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"surety/topologies/names"
)

//go:embed library/*.yaml suites/*.yaml
var builtin embed.FS

// ErrUnknown is a scenario or suite that nothing knows. The errors that are it
// say the name and the known ones.
var ErrUnknown = errors.New("unknown scenario or suite")

// unknown is ErrUnknown in the words of one case.
type unknown string

func (u unknown) Error() string        { return string(u) }
func (u unknown) Is(target error) bool { return target == ErrUnknown }

func list(dir string) []string {
	files, err := fs.ReadDir(builtin, dir)
	if err != nil {
		return nil
	}
	var out []string
	for _, f := range files {
		out = append(out, strings.TrimSuffix(f.Name(), ".yaml"))
	}
	slices.Sort(out)
	return out
}

// Names lists the built-in scenarios.
func Names() []string { return list("library") }

// SuiteNames lists the built-in suites.
func SuiteNames() []string { return list("suites") }

// Builtin reads a built-in scenario.
func Builtin(name string, v Vocabulary) (*Scenario, error) {
	file := path.Join("library", name+".yaml")
	data, err := builtin.ReadFile(file)
	if err != nil {
		return nil, unknown(names.Unknown("scenario", name, Names()))
	}
	return Parse(file, data, v)
}

// BuiltinSuite reads a built-in suite.
func BuiltinSuite(name string, v Vocabulary) (*Suite, error) {
	file := path.Join("suites", name+".yaml")
	data, err := builtin.ReadFile(file)
	if err != nil {
		return nil, unknown(names.Unknown("suite", name, SuiteNames()))
	}
	return ParseSuite(file, data, v)
}

// Selection is what one argument of the command line names.
type Selection struct {
	Suite     *Suite // nil for a single scenario
	Scenarios []*Scenario
}

// Select finds what an argument names: a suite, a built-in scenario, a file, or
// SCENARIO-PROCESSOR as a suite names it. The scenarios are not complete yet.
func Select(arg string, v Vocabulary) (Selection, error) {
	if strings.HasSuffix(arg, ".yaml") || strings.HasSuffix(arg, ".yml") {
		return selectFile(arg, v)
	}
	if slices.Contains(SuiteNames(), arg) {
		return selectSuite(arg, v)
	}
	if slices.Contains(Names(), arg) {
		s, err := Builtin(arg, v)
		return Selection{Scenarios: []*Scenario{s}}, err
	}
	for _, name := range SuiteNames() {
		sel, err := selectSuite(name, v)
		if err != nil {
			return Selection{}, err
		}
		for _, s := range sel.Scenarios {
			if s.Name == arg {
				return Selection{Scenarios: []*Scenario{s}}, nil
			}
		}
	}
	return Selection{}, unknown(names.Unknown("scenario or suite", arg, append(SuiteNames(), Names()...)) + ", or a file that ends in .yaml")
}

func selectSuite(name string, v Vocabulary) (Selection, error) {
	suite, err := BuiltinSuite(name, v)
	if err != nil {
		return Selection{}, err
	}
	list, err := suite.Scenarios(func(name string) (*Scenario, error) { return Builtin(name, v) })
	return Selection{Suite: suite, Scenarios: list}, err
}

// selectFile reads a scenario or a suite from the user's file. A suite may name
// scenario files beside it.
func selectFile(file string, v Vocabulary) (Selection, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return Selection{}, &FileError{File: file, Text: "cannot be read: " + plain(err)}
	}
	if isSuite(data) {
		suite, err := ParseSuite(file, data, v)
		if err != nil {
			return Selection{}, err
		}
		list, err := suite.Scenarios(func(name string) (*Scenario, error) {
			if !strings.HasSuffix(name, ".yaml") && !strings.HasSuffix(name, ".yml") {
				return Builtin(name, v)
			}
			return readScenario(filepath.Join(filepath.Dir(file), name), v)
		})
		return Selection{Suite: suite, Scenarios: list}, err
	}
	s, err := readScenario(file, v)
	return Selection{Scenarios: []*Scenario{s}}, err
}

func isSuite(data []byte) bool {
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(line, "suite:") {
			return true
		}
	}
	return false
}

func readScenario(file string, v Vocabulary) (*Scenario, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, &FileError{File: file, Text: "cannot be read: " + plain(err)}
	}
	return Parse(file, data, v)
}

// plain takes the path, which the message names already, from a file error.
func plain(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}
