package workload

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Reading says where the record of a sink tells what it is. The zero value takes
// the whole record as a value of the workload. Places are JSON pointers (RFC 6901).
type Reading struct {
	JSON   string `json:"json,omitempty"`   // the value that went in, as text
	Header string `json:"header,omitempty"` // the header that has it; wins over JSON
	Key    string `json:"key,omitempty"`    // of a result: its key
	Value  string `json:"value,omitempty"`  // of a result: its count or sum; of a join: the table's sequence, where there is one
	Window string `json:"window,omitempty"` // of a result: the start of its window in milliseconds since the epoch
	// Encoding of the text that tells what went in: base64, or empty.
	Encoding string `json:"encoding,omitempty"`
}

// Base64 is the standard encoding of RFC 4648, with padding.
const Base64 = "base64"

// Encodings lists those that a text may have.
var Encodings = []string{Base64}

// Check says which place is no JSON pointer, or which encoding is unknown.
func (r Reading) Check() error {
	if r.Encoding != "" && !slices.Contains(Encodings, r.Encoding) {
		return fmt.Errorf("the encoding of an identity is %s; this is %q", strings.Join(Encodings, ", "), r.Encoding)
	}
	for _, p := range []string{r.JSON, r.Key, r.Value, r.Window} {
		if p != "" && !strings.HasPrefix(p, "/") {
			return fmt.Errorf("a JSON pointer begins with a slash, as /meta/id; this is %q", p)
		}
	}
	return nil
}

// Reads is what one record of a sink tells.
type Reads struct {
	Value         // that went in; of a result the last one that it counts
	Result bool   // Of and At tell a result
	Of     string // the key of a result
	Valued bool   // Number is told
	Number int64  // count, sum, or the table's sequence
	At     int64  // the start of a result's window
}

// Parse reads a record; header gives one of its headers. Errors are as those of
// ParseValue, and ErrCorrupt where a place is missing.
func (r Reading) Parse(record []byte, header func(name string) []byte, written Written) (Reads, error) {
	if r == (Reading{}) {
		v, err := written.Parse(record)
		return Reads{Value: v}, err
	}
	var doc any
	if r.JSON+r.Key+r.Value+r.Window != "" {
		dec := json.NewDecoder(bytes.NewReader(record))
		dec.UseNumber() // no digit is lost
		if err := dec.Decode(&doc); err != nil {
			return Reads{}, fmt.Errorf("%w: no JSON: %w", ErrCorrupt, err)
		}
	}
	text := record
	switch {
	case r.Header != "":
		text = header(r.Header)
	case r.JSON != "":
		s, ok := at(doc, r.JSON).(string)
		if !ok {
			return Reads{}, fmt.Errorf("%w: no text at %s", ErrCorrupt, r.JSON)
		}
		text = []byte(s)
	}
	var out Reads
	var err error
	if r.Encoding == Base64 {
		if text, err = base64.StdEncoding.DecodeString(string(text)); err != nil {
			return out, fmt.Errorf("%w: no base64: %w", ErrCorrupt, err)
		}
	}
	if out.Value, err = written.Identify(text); err != nil {
		return out, err
	}
	return out, r.result(doc, &out)
}

func (r Reading) result(doc any, out *Reads) error {
	if r.Key != "" {
		key, ok := at(doc, r.Key).(string)
		if !ok {
			return fmt.Errorf("%w: no text at %s", ErrCorrupt, r.Key)
		}
		out.Result, out.Of = true, key
	}
	for _, f := range []struct {
		place string
		into  *int64
		must  bool
	}{{r.Value, &out.Number, out.Result}, {r.Window, &out.At, true}} {
		found := at(doc, f.place)
		if f.place == "" || found == nil && !f.must {
			continue
		}
		n, ok := found.(json.Number)
		i, err := strconv.ParseInt(n.String(), 10, 64)
		if !ok || err != nil {
			return fmt.Errorf("%w: no whole number at %s", ErrCorrupt, f.place)
		}
		*f.into = i
		out.Valued = out.Valued || f.place == r.Value
	}
	return nil
}

// at follows a JSON pointer; nil where it leads nowhere.
func at(doc any, pointer string) any {
	for step := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		step = strings.ReplaceAll(strings.ReplaceAll(step, "~1", "/"), "~0", "~")
		switch v := doc.(type) {
		case map[string]any:
			doc = v[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(v) {
				return nil
			}
			doc = v[i]
		default:
			return nil
		}
	}
	return doc
}
