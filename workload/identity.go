package workload

import (
	"bytes"
	"fmt"
	"strconv"
)

// PoisonMark stands before the value of a poison record: what follows is no JSON and
// no value of the workload with it, and still tells the harness which record it is.
const PoisonMark = '!'

// Written is how the values of a run were written: what it takes to read one again.
type Written struct {
	Run      string
	Template *Template // nil = the workload's own values
}

// Append appends the value of a record, padded to at least size bytes where there is
// no template.
func (w Written) Append(dst []byte, v Value, size int) []byte {
	v.Run = w.Run
	if w.Template != nil {
		return w.Template.Append(dst, v)
	}
	return AppendValue(dst, v, size)
}

// Parse reads a whole value, a poison one included. Errors are as those of ParseValue.
func (w Written) Parse(b []byte) (Value, error) {
	if len(b) > 0 && b[0] == PoisonMark {
		b = b[1:]
	}
	if w.Template != nil {
		return w.Template.Parse(b, w.Run)
	}
	return ParseValue(b, w.Run)
}

// Identify reads what an output tells in one place of what went in: a whole value, or
// an id.
func (w Written) Identify(text []byte) (Value, error) {
	v, err := w.Parse(text)
	if err == nil {
		return v, nil
	}
	if v, err := ParseValue(text, w.Run); err == nil {
		return v, nil // a template may carry it
	}
	if id, idErr := ParseID(text); idErr == nil {
		id.Run = w.Run
		return id, nil
	}
	return v, err
}

// ParseID reads an id: k12-17 is the record 17 of the key k12, k12-17/1 its output 1.
// It is what {{id}} and the header correlation-id have. Errors are ErrNotOurs.
func ParseID(text []byte) (v Value, err error) {
	rest, index := text, ""
	if i := bytes.LastIndexByte(text, '/'); i >= 0 {
		rest, index = text[:i], string(text[i+1:])
		n, err := strconv.ParseInt(index, 10, 32)
		if err != nil || n < 0 || strconv.FormatInt(n, 10) != index {
			return Value{}, fmt.Errorf("%w: no id", ErrNotOurs)
		}
		v.Index = int32(n)
	}
	i := bytes.LastIndexByte(rest, '-')
	if i < 1 || rest[i-1] == '-' || CheckKey(string(rest[:i])) != nil {
		return Value{}, fmt.Errorf("%w: no id", ErrNotOurs)
	}
	seq := string(rest[i+1:])
	if v.Seq, err = strconv.ParseInt(seq, 10, 64); err != nil || v.Seq < 0 || strconv.FormatInt(v.Seq, 10) != seq {
		return Value{}, fmt.Errorf("%w: no id", ErrNotOurs)
	}
	v.Key = rest[:i:i]
	return v, nil
}
