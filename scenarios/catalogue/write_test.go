package catalogue

import (
	"bytes"
	"path/filepath"
	"reflect"
	"regexp"
	"testing"

	"go.yaml.in/yaml/v4"

	"surety/scenarios"
)

// again reads a scenario back from the file that it is written to.
func again(t *testing.T, s *scenarios.Scenario) (*scenarios.Scenario, []byte) {
	t.Helper()
	text, err := s.YAML()
	if err != nil {
		t.Fatalf("%s: %v", s.Name, err)
	}
	v := Vocabulary()
	back, err := scenarios.Parse(filepath.Join(t.TempDir(), "elsewhere.yaml"), text, v)
	if err == nil {
		err = back.Complete(v)
	}
	if err != nil {
		t.Fatalf("%s is written as\n%s\n%v", s.Name, text, err)
	}
	return back, text
}

func TestEverythingBuiltInIsWrittenAsAFileOfTheSamePlan(t *testing.T) {
	for name, list := range all(t) {
		for _, s := range list {
			_, want := plan(t, s, "7c1e04")
			back, text := again(t, s)
			if _, got := plan(t, back, "7c1e04"); !bytes.Equal(got, want) {
				t.Errorf("%s, %s is written as\n%s\nwhich gives another plan:\n%s\nthan\n%s", name, s.Name, text, got, want)
			}
		}
	}
}

// what an own file of a plan may settle otherwise: a fault that was drawn is declared
// in it, and faults with a randomness of their own have a seed that no file names.
var unsettled = regexp.MustCompile(`,\s*"drawn": true|,\s*"seed": [0-9]+`)

func TestWhatWasDrawnIsWrittenDown(t *testing.T) {
	v := Vocabulary()
	for name, list := range all(t) {
		for _, s := range list {
			p, want := plan(t, s, "7c1e04")
			concrete, err := s.Concrete(p, v)
			if err != nil {
				t.Fatalf("%s, %s: %v", name, s.Name, err)
			}
			back, text := again(t, concrete)
			_, got := plan(t, back, "7c1e04")
			if a, b := unsettled.ReplaceAll(got, nil), unsettled.ReplaceAll(want, nil); !bytes.Equal(a, b) {
				t.Errorf("%s, %s is written as\n%s\nwhich gives another plan:\n%s\nthan\n%s", name, s.Name, text, got, want)
			}
		}
	}
}

// A type that reads a form of its own prints it as well.
func TestEveryFormThatIsReadIsWritten(t *testing.T) {
	unmarshaler, stringer := reflect.TypeFor[yaml.Unmarshaler](), reflect.TypeFor[interface{ String() string }]()
	seen := map[reflect.Type]bool{}
	var visit func(at string, t reflect.Type)
	visit = func(at string, of reflect.Type) {
		if seen[of] {
			return
		}
		seen[of] = true
		switch {
		case reflect.PointerTo(of).Implements(unmarshaler):
			if !of.Implements(stringer) {
				t.Errorf("%s is read by %s in a form that it does not print", at, of)
			}
		case of.Kind() == reflect.Slice || of.Kind() == reflect.Pointer || of.Kind() == reflect.Map:
			visit(at, of.Elem())
		case of.Kind() == reflect.Struct:
			for f := range of.Fields() {
				if tag := f.Tag.Get("yaml"); tag != "" && tag != "-" {
					visit(at+"."+tag, f.Type)
				}
			}
		}
	}
	visit("scenario", reflect.TypeFor[scenarios.Scenario]())
	for _, f := range Faults {
		visit(f().Name(), reflect.TypeOf(f()).Elem())
	}
}
