package faults

import "reflect"

// Victims lists what a drawn fault is aimed at: its fields that are selectors.
func Victims(f Fault) []Selector {
	v := reflect.Indirect(reflect.ValueOf(f))
	if v.Kind() != reflect.Struct {
		return nil
	}
	var out []Selector
	for _, field := range v.Fields() {
		switch s := field.Interface().(type) {
		case Selector:
			if s != "" {
				out = append(out, s)
			}
		case []Selector:
			out = append(out, s...)
		}
	}
	return out
}

// Meets tells whether two selectors may mean the same node. What is resolved only at
// the injection may be any node of its family.
func (s Selector) Meets(o Selector) bool {
	single := func(s Selector) bool { return indexed.MatchString(string(s)) && s.One() }
	if single(s) && single(o) {
		return s == o
	}
	return s.Family() == o.Family()
}
