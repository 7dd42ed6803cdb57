package scenarios

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"surety/topologies/names"
)

// A FileError is something wrong in a scenario's or suite's file.
type FileError struct {
	File string
	Line int
	Text string
}

func (e *FileError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.File, e.Text)
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Text)
}

// at makes an error that knows its line; the file is added by the reader.
func at(n *yaml.Node, format string, args ...any) error {
	return &FileError{Line: n.Line, Text: fmt.Sprintf(format, args...)}
}

// fields lists the yaml names of a struct.
func fields(t reflect.Type) map[string]reflect.Type {
	out := map[string]reflect.Type{}
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if name != "" && name != "-" {
			out[name] = f.Type
		}
	}
	return out
}

var unmarshaler = reflect.TypeFor[yaml.Unmarshaler]()

// strict finds the first field below n that t does not have, or that stands twice.
func strict(n *yaml.Node, t reflect.Type, extra ...string) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if reflect.PointerTo(t).Implements(unmarshaler) {
		return nil
	}
	switch {
	case t.Kind() == reflect.Slice && n.Kind == yaml.SequenceNode:
		for _, c := range n.Content {
			if err := strict(c, t.Elem()); err != nil {
				return err
			}
		}
	case t.Kind() == reflect.Struct && n.Kind == yaml.MappingNode:
		known := fields(t)
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i], n.Content[i+1]
			if slices.Contains(extra, key.Value) {
				continue
			}
			ft, ok := known[key.Value]
			if !ok {
				return at(key, "%s", names.Unknown("field", key.Value, append(sortedKeys(known), extra...)))
			}
			if err := strict(value, ft); err != nil {
				return err
			}
		}
	case t.Kind() == reflect.Struct && n.Kind != yaml.MappingNode && n.Tag != "!!null":
		return at(n, "here a mapping is wanted: %s: ...", strings.Join(sortedKeys(fields(t)), ": ..., "))
	case t.Kind() == reflect.Slice && n.Kind != yaml.SequenceNode && n.Tag != "!!null":
		return at(n, "here a list is wanted: [a, b] or lines that begin with a dash")
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
