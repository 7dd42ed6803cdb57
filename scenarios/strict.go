package scenarios

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"surety/topologies/names"
)

// A FileError is something wrong in a scenario's or suite's file.
type FileError struct {
	File string
	Line int // 0 where no line is to blame
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
	// One sentence, also of errors that were joined line by line.
	return &FileError{Line: n.Line, Text: strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", "; ")}
}

// inFile gives an error the name of its file and the line that the decoder saw.
func inFile(name string, data []byte, err error) error {
	if err == nil {
		return nil
	}
	var fe *FileError
	if errors.As(err, &fe) {
		return &FileError{File: name, Line: fe.Line, Text: fe.Text}
	}
	var le *yaml.LoadError
	var les *yaml.LoadErrors
	if errors.As(err, &les) && len(les.Errors) > 0 {
		le = les.Errors[0]
	}
	if le == nil && !errors.As(err, &le) {
		return &FileError{File: name, Text: strings.TrimPrefix(err.Error(), "yaml: ")}
	}
	text := "this is not YAML: " + le.Message
	lines := strings.Split(string(data), "\n")
	if i := le.Mark.Line - 1; i >= 0 && i < len(lines) && strings.HasPrefix(strings.TrimLeft(lines[i], " "), "\t") {
		text += "; indent with spaces, not with tabs"
	}
	return &FileError{File: name, Line: le.Mark.Line, Text: text}
}

// load decodes the one document of data strictly and tells on which line each
// field stands.
func load(data []byte, into any) (lines, error) {
	if len(strings.TrimSpace(string(data))) == 0 {
		return nil, &FileError{Text: "the file is empty; begin with scenario: NAME or suite: NAME"}
	}
	var doc yaml.Node
	if err := yaml.Load(data, &doc); err != nil {
		if strings.Contains(err.Error(), "no documents") {
			return nil, &FileError{Text: "the file holds nothing but comments; begin with scenario: NAME or suite: NAME"}
		}
		if strings.Contains(err.Error(), "found multiple") {
			return nil, &FileError{Text: "the file holds several documents; write each scenario to a file of its own, and a suite that lists them"}
		}
		return nil, err
	}
	if len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return nil, at(&doc, "the file wants one mapping that begins with scenario: NAME or suite: NAME")
	}
	if err := strict(doc.Content[0], reflect.TypeOf(into)); err != nil {
		return nil, err
	}
	where := lines{}
	where.add("", doc.Content[0])
	return where, doc.Content[0].Decode(into)
}

// lines tells where a field was written: "topology.processors.0.name".
type lines map[string]int

func (l lines) add(path string, n *yaml.Node) {
	for i, c := range n.Content {
		switch n.Kind {
		case yaml.MappingNode:
			if i%2 == 1 {
				continue
			}
			below := path + "." + c.Value
			l[below[1:]] = c.Line
			l.add(below, n.Content[i+1])
		case yaml.SequenceNode:
			below := path + "." + strconv.Itoa(i)
			l[below[1:]] = c.Line
			l.add(below, c)
		}
	}
}

// near gives the line of a field, or of the nearest one around it; 0 where none
// of them was written.
func (l lines) near(path string) int {
	for {
		if line, ok := l[path]; ok {
			return line
		}
		i := strings.LastIndexByte(path, '.')
		if i < 0 {
			return 0
		}
		path = path[:i]
	}
}

// wrote tells whether a field was written, so that a zero in it is meant.
func (l lines) wrote(path string) bool { _, ok := l[path]; return ok }

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

var (
	unmarshaler = reflect.TypeFor[yaml.Unmarshaler]()
	duration    = reflect.TypeFor[time.Duration]()
)

// target follows an alias to what it stands for.
func target(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// strict finds the first field at or below n that t does not have, that stands
// twice, or whose value is of another kind.
func strict(n *yaml.Node, t reflect.Type, extra ...string) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	n = target(n)
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return nil
	}
	if reflect.PointerTo(t).Implements(unmarshaler) {
		// Its own words, before the decoder wraps them into its own.
		return reflect.New(t).Interface().(yaml.Unmarshaler).UnmarshalYAML(n)
	}
	switch t.Kind() {
	case reflect.Struct:
		return strictStruct(n, t, extra)
	case reflect.Map:
		if n.Kind != yaml.MappingNode {
			return at(n, "here a mapping is wanted, as {NAME: value}")
		}
		return pairs(n, func(_, value *yaml.Node) error { return strict(value, t.Elem()) })
	case reflect.Slice:
		if n.Kind != yaml.SequenceNode {
			return at(n, "here a list is wanted: [a, b] or lines that begin with a dash")
		}
		for _, c := range n.Content {
			if err := strict(c, t.Elem()); err != nil {
				return err
			}
		}
		return nil
	}
	return strictScalar(n, t)
}

func strictStruct(n *yaml.Node, t reflect.Type, extra []string) error {
	known := fields(t)
	choices := append(slices.Sorted(maps.Keys(known)), extra...)
	if n.Kind != yaml.MappingNode {
		return at(n, "here a mapping is wanted, with some of %s", strings.Join(choices, ", "))
	}
	return pairs(n, func(key, value *yaml.Node) error {
		if slices.Contains(extra, key.Value) {
			return nil
		}
		ft, ok := known[key.Value]
		if !ok {
			return at(key, "%s", names.Unknown("field", key.Value, choices))
		}
		return strict(value, ft)
	})
}

// pairs visits a mapping whose keys must differ.
func pairs(n *yaml.Node, visit func(key, value *yaml.Node) error) error {
	first := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode {
			return at(key, "here a plain name is wanted as the name of a field")
		}
		if line, twice := first[key.Value]; twice {
			return at(key, "%s stands twice, first on line %d", key.Value, line)
		}
		first[key.Value] = key.Line
		if err := visit(key, n.Content[i+1]); err != nil {
			return err
		}
	}
	return nil
}

func strictScalar(n *yaml.Node, t reflect.Type) error {
	if n.Kind != yaml.ScalarNode {
		return at(n, "here a single value is wanted, not a list or a mapping")
	}
	switch {
	case t == duration:
		if _, err := time.ParseDuration(n.Value); err != nil {
			return at(n, "here a time is wanted, as 500ms or 3s; this is %q", names.Clip(n.Value))
		}
	case t.Kind() == reflect.Int || t.Kind() == reflect.Int64:
		if _, err := strconv.ParseInt(n.Value, 10, t.Bits()); err != nil {
			return at(n, "here a whole number is wanted, as 5000; this is %q", names.Clip(n.Value))
		}
	case t.Kind() == reflect.Float64:
		if _, err := strconv.ParseFloat(n.Value, 64); err != nil {
			return at(n, "here a number is wanted, as 0.5; this is %q", names.Clip(n.Value))
		}
	}
	return nil
}
