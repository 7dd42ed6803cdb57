package faults

import "reflect"

// selectors are the targets among the fields of a fault, in their order. The first one
// is what the fault is aimed at.
func selectors(f Fault) []*Selector {
	v := reflect.Indirect(reflect.ValueOf(f))
	if v.Kind() != reflect.Struct {
		return nil
	}
	var out []*Selector
	for i := range v.NumField() {
		field := v.Field(i)
		if !v.Type().Field(i).IsExported() || !field.CanAddr() {
			continue
		}
		switch p := field.Addr().Interface().(type) {
		case *Selector:
			if *p != "" {
				out = append(out, p)
			}
		case *[]Selector:
			for k := range *p {
				out = append(out, &(*p)[k])
			}
		}
	}
	return out
}

// Victims lists what a drawn fault is aimed at: its fields that are selectors.
func Victims(f Fault) []Selector {
	var out []Selector
	for _, s := range selectors(f) {
		out = append(out, *s)
	}
	return out
}

// Meets tells whether two selectors may mean the same node. What is resolved only at
// the injection may be any node of its kind.
func (s Selector) Meets(o Selector) bool {
	a, err := s.aim()
	b, err2 := o.aim()
	if err != nil || err2 != nil {
		return false
	}
	for _, x := range a.parts() {
		for _, y := range b.parts() {
			if x.meets(y) {
				return true
			}
		}
	}
	return false
}

func (a aim) meets(b aim) bool {
	if a.op == aNode && b.op == aNode {
		same := Selector(a.arg).family() == Selector(b.arg).family()
		return same && (a.whole() || b.whole() || a.arg == b.arg)
	}
	for kind := range a.kinds() {
		if b.kinds()[kind] {
			return true
		}
	}
	return false
}
