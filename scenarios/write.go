package scenarios

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"surety/checker"
)

// YAML writes the scenario as a file that runs by itself: read and completed, it
// resolves to the same plans. Fields that say nothing are left out, except zeros that
// were written and are meant.
func (s *Scenario) YAML() ([]byte, error) {
	own := *s
	own.Topology.Processors = slices.Clone(s.Topology.Processors)
	for i := range own.Topology.Processors {
		if p := &own.Topology.Processors[i]; len(p.Command) > 0 && p.Image == "" { // the file may come to stand elsewhere
			dir, err := filepath.Abs(p.Dir)
			if err != nil {
				return nil, fmt.Errorf("the directory of the processor %s: %w", p.Name, err)
			}
			p.Dir = dir
		}
	}
	w := writer{wrote: s.lines.wrote}
	doc := w.mapping(reflect.ValueOf(own), "")
	for i := 0; i < len(doc.Content); i += 2 {
		if doc.Content[i].Value == "faults" {
			doc.Content[i+1] = w.schedule(s)
		}
	}
	if w.err != nil {
		return nil, w.err
	}
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(doc); err != nil {
		return nil, err
	}
	return b.Bytes(), enc.Close()
}

// writer builds the nodes of a file.
type writer struct {
	wrote func(path string) bool
	err   error
}

func (w *writer) scalar(v any) *yaml.Node {
	n := &yaml.Node{}
	if err := n.Encode(v); err != nil && w.err == nil {
		w.err = err
	}
	return n
}

// value writes one value; nil where it says nothing.
func (w *writer) value(v reflect.Value, path string) *yaml.Node {
	if v.IsZero() && !w.wrote(path) {
		return nil
	}
	switch x := v.Interface().(type) {
	case time.Duration:
		return w.scalar(x.String())
	case Expect:
		if x.Answer == checker.Violated {
			return w.pairs(string(checker.Violated), w.scalar(string(x.Class)))
		}
		return w.scalar(string(x.Answer))
	case fmt.Stringer:
		if reflect.PointerTo(v.Type()).Implements(unmarshaler) { // it prints the form that it reads
			return w.scalar(x.String())
		}
	}
	switch v.Kind() {
	case reflect.Pointer:
		return w.value(v.Elem(), path)
	case reflect.Struct:
		return w.mapping(v, path)
	case reflect.Slice:
		n := &yaml.Node{Kind: yaml.SequenceNode}
		for i := range v.Len() {
			if item := w.value(v.Index(i), path+"."+strconv.Itoa(i)); item != nil {
				n.Content = append(n.Content, item)
			} else {
				n.Content = append(n.Content, w.scalar(v.Index(i).Interface()))
			}
		}
		if v.Len() > 0 && v.Type().Elem().Kind() == reflect.String {
			n.Style = yaml.FlowStyle
		}
		return n
	case reflect.Map:
		n := &yaml.Node{Kind: yaml.MappingNode}
		of := map[string]any{}
		for it := v.MapRange(); it.Next(); {
			of[it.Key().String()] = it.Value().Interface()
		}
		for _, k := range slices.Sorted(maps.Keys(of)) {
			n.Content = append(n.Content, w.scalar(k), w.scalar(of[k]))
		}
		return n
	}
	return w.scalar(v.Interface())
}

// mapping writes the fields of a struct that have a name in files.
func (w *writer) mapping(v reflect.Value, path string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	for of, field := range v.Fields() {
		name, _, _ := strings.Cut(of.Tag.Get("yaml"), ",")
		if name == "" || name == "-" {
			continue
		}
		if name == "faults" && path == "" { // written as a schedule
			n.Content = append(n.Content, w.scalar(name), &yaml.Node{Kind: yaml.SequenceNode})
			continue
		}
		if item := w.value(field, strings.TrimPrefix(path+"."+name, ".")); item != nil && (item.Kind == yaml.ScalarNode || len(item.Content) > 0) {
			n.Content = append(n.Content, w.scalar(name), item)
		}
	}
	return n
}

func (w *writer) pairs(of ...any) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle}
	for i := 0; i < len(of); i += 2 {
		value, ok := of[i+1].(*yaml.Node)
		if !ok {
			value = w.scalar(of[i+1])
		}
		n.Content = append(n.Content, w.scalar(of[i]), value)
	}
	return n
}

// schedule writes the faults and what is drawn.
func (w *writer) schedule(s *Scenario) *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode}
	for _, st := range s.Faults {
		more := []any{"at", st.At.String()}
		switch on := st.On; {
		case on.Rebalance > 0:
			more = []any{"in", fmt.Sprintf("rebalance %d", on.Rebalance)}
		case on.While != "":
			more = []any{"while", on.While}
		case !on.IsZero():
			more = []any{"after", on.After.String()}
		}
		n.Content = append(n.Content, w.step(st, more...))
	}
	for _, d := range s.Draws {
		from := &yaml.Node{Kind: yaml.SequenceNode}
		for _, t := range d.From {
			more := []any{"weight", t.Weight}
			if t.Alone {
				more = append(more, "alone", true)
			}
			from.Content = append(from.Content, w.step(t.Step, more...))
		}
		how := []any{"count", d.Count, "overlap", d.Overlap}
		if d.Every > 0 {
			how = []any{"every", d.Every.String()}
		}
		draw := w.pairs(append(how, "during", d.During.String(), "quiet", d.Quiet.String(), "from", from)...)
		draw.Style = 0
		entry := w.pairs("draw", draw)
		entry.Style = 0
		n.Content = append(n.Content, entry)
	}
	return n
}

// step writes - NAME: {fields of the fault, more, for: TIME}.
func (w *writer) step(st Step, more ...any) *yaml.Node {
	plain := writer{wrote: func(string) bool { return false }}
	fields := plain.mapping(reflect.Indirect(reflect.ValueOf(st.Fault)), "fault")
	w.err = cmp.Or(w.err, plain.err)
	fields.Style = yaml.FlowStyle
	fields.Content = append(fields.Content, w.pairs(append(more, "for", st.For.String())...).Content...)
	n := w.pairs(st.Fault.Name(), fields)
	n.Style = 0
	return n
}

// String is the form of a rate in files.
func (r Rate) String() string {
	if r == Max {
		return "max"
	}
	return strconv.FormatFloat(float64(r), 'f', -1, 64) + "/s"
}

// String is the form of a size in files.
func (s Size) String() string { return strconv.Itoa(int(s)) + "B" }

// String is the form of an amount of memory in files.
func (m Memory) String() string { return strconv.FormatInt(int64(m)>>10, 10) + "KiB" }

// String is the form of a share in files.
func (s Share) String() string { return percentage(float64(s)) }

// percentage prints a share so that it reads back as the same number.
func percentage(share float64) string {
	for digits := 0; digits < 18; digits++ {
		s := strconv.FormatFloat(100*share, 'f', digits, 64)
		if p, err := strconv.ParseFloat(s, 64); err == nil && p/100 == share {
			return s + "%"
		}
	}
	return strconv.FormatFloat(100*share, 'g', -1, 64) + "%"
}

func (p Point) String() string {
	if p.Timed {
		return p.After.String()
	}
	return percentage(p.Share)
}

// String is the form of a moment in files.
func (m Moment) String() string {
	if m.From == m.To {
		return m.From.String()
	}
	return m.From.String() + ".." + m.To.String()
}

// String is the form of a span in files.
func (s Span) String() string {
	if s.From == s.To {
		return s.From.String()
	}
	return s.From.String() + ".." + s.To.String()
}

// Concrete gives the scenario with the faults that a plan of it has settled: nothing
// is left to draw but what the runs meet.
func (s *Scenario) Concrete(p *Plan, v Vocabulary) (*Scenario, error) {
	out := *s
	out.Faults, out.Draws = nil, nil
	for _, st := range p.Steps {
		f, err := st.Fault(v)
		if err != nil {
			return nil, err
		}
		at := Point{After: st.At, Timed: true}
		step := Step{Fault: f, At: Moment{at, at}, For: Lasting(st.For)}
		if st.On != nil {
			share := Point{Share: (float64(st.On.Records) + 0.5) / float64(p.Load.Records)} // it is rounded down
			step.At, step.On = Moment{}, Event{After: Moment{share, share}, Rebalance: st.On.Rebalance, While: st.On.While}
		}
		out.Faults = append(out.Faults, step)
	}
	return &out, nil
}
