package scenarios

import (
	"reflect"
	"slices"
	"testing"
)

// A type that reads its own form in YAML has a form in the schema too.
func TestEveryFormHasASchema(t *testing.T) {
	seen := map[reflect.Type]bool{}
	var walk func(path string, of reflect.Type)
	walk = func(path string, of reflect.Type) {
		for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice || of.Kind() == reflect.Map {
			of = of.Elem()
		}
		if seen[of] {
			return
		}
		seen[of] = true
		if reflect.PointerTo(of).Implements(unmarshaler) {
			if forms[of] == nil {
				t.Errorf("%s: %s reads a form of its own, and the schema knows none", path, of)
			}
			return
		}
		if of.Kind() == reflect.Struct {
			for name, field := range fields(of) {
				walk(path+"."+name, field)
			}
		}
	}
	walk("scenario", reflect.TypeFor[file]())
	walk("suite", reflect.TypeFor[Suite]())
	for _, name := range words().Faults {
		walk(name, reflect.TypeOf(words().NewFault(name)))
	}
	if len(seen) < 10 {
		t.Errorf("only %d types were seen", len(seen))
	}
}

// A closed set belongs to a field that there is.
func TestEveryClosedSetOfTheSchemaHasItsField(t *testing.T) {
	var paths []string
	var walk func(path string, of reflect.Type)
	walk = func(path string, of reflect.Type) {
		for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice || of.Kind() == reflect.Map {
			of = of.Elem()
		}
		if of.Kind() != reflect.Struct || forms[of] != nil {
			paths = append(paths, path)
			return
		}
		for name, field := range fields(of) {
			if path != "" {
				name = path + "." + name
			}
			walk(name, field)
		}
	}
	walk("", reflect.TypeFor[file]())
	walk("", reflect.TypeFor[Suite]())
	for path, names := range known(words()) {
		if !slices.Contains(paths, path) || len(names) == 0 {
			t.Errorf("%s has %d names, and is no field", path, len(names))
		}
	}
}
