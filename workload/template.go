package workload

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Template makes the values of a load in the form that a system under test wants:
// JSON with holes that are filled for each record.
//
//	{"order": "{{id}}", "customer": "{{key}}", "version": {{seq}}, "amount": {{random 1 500}}}
//
// Everything in a value follows from the run, the key, the sequence number and the
// event time, so that a value that comes out is known by itself, byte by byte.
type Template struct {
	pieces []piece
	form   *regexp.Regexp // of a value, with the holes that tell something as groups
	groups []*field       // of form
	says   map[string]bool
}

// piece is a text that stands as it is, or a hole.
type piece struct {
	text string
	hole *field
	args [2]int64
	nth  uint64 // among the holes, for what is drawn
}

// field is what may stand in a hole.
type field struct {
	name  string
	args  []string // of the hole, for messages
	form  string   // regular expression of what it writes
	write func(dst []byte, v Value, p *piece) []byte
	// read takes what a hole of a value has; nil = it says nothing that is not known.
	read func(text string, run string, v *Value) error
}

const (
	keyForm = `k[0-9]+|~fence-[0-9]+`
	intForm = `-?[0-9]+`
	// timeForm of an event time is RFC 3339 in UTC with milliseconds.
	timeLayout = "2006-01-02T15:04:05.000Z"
)

// fieldsOf lists what a template can say, each once.
var fieldsOf = []*field{
	{
		name: "key", form: keyForm,
		write: func(dst []byte, v Value, _ *piece) []byte { return append(dst, v.Key...) },
		read:  func(text, _ string, v *Value) error { v.Key = []byte(text); return nil },
	},
	{
		name: "seq", form: intForm,
		write: func(dst []byte, v Value, _ *piece) []byte { return strconv.AppendInt(dst, v.Seq, 10) },
		read:  func(text, _ string, v *Value) (err error) { v.Seq, err = strconv.ParseInt(text, 10, 64); return err },
	},
	{
		name: "id", form: `(?:` + keyForm + `)-` + intForm,
		write: func(dst []byte, v Value, _ *piece) []byte { return AppendCorrelation(dst, v.Key, v.Seq) },
		read: func(text, _ string, v *Value) error {
			id, err := ParseID([]byte(text))
			v.Key, v.Seq = id.Key, id.Seq
			return err
		},
	},
	{
		name: "event", form: intForm,
		write: func(dst []byte, v Value, _ *piece) []byte { return strconv.AppendInt(dst, v.Event, 10) },
		read:  func(text, _ string, v *Value) (err error) { v.Event, err = strconv.ParseInt(text, 10, 64); return err },
	},
	{
		name: "time", form: `[0-9]{4,}-[0-9T:.-]+Z`,
		write: func(dst []byte, v Value, _ *piece) []byte {
			return time.UnixMilli(v.Event).UTC().AppendFormat(dst, timeLayout)
		},
		read: func(text, _ string, v *Value) error {
			t, err := time.Parse(timeLayout, text)
			v.Event = t.UnixMilli()
			return err
		},
	},
	{
		name: "value", form: regexp.QuoteMeta(valueTag) + `[^"\\]+`,
		write: func(dst []byte, v Value, _ *piece) []byte { return AppendValue(dst, v, 0) },
		read:  func(text, run string, v *Value) (err error) { *v, err = ParseValue([]byte(text), run); return err },
	},
	{
		name: "run", form: `[^"\\]*`,
		write: func(dst []byte, v Value, _ *piece) []byte { return append(dst, v.Run...) },
	},
	{
		name: "term", form: intForm,
		write: func(dst []byte, v Value, _ *piece) []byte { return strconv.AppendInt(dst, v.Term(), 10) },
	},
	{
		name: "random", args: []string{"LOW", "HIGH"}, form: intForm,
		write: func(dst []byte, v Value, p *piece) []byte {
			return strconv.AppendInt(dst, p.args[0]+int64(drawn(v, p.nth)%uint64(p.args[1]-p.args[0]+1)), 10) //nolint:gosec // within the bounds
		},
	},
	{
		name: "letters", args: []string{"COUNT"}, form: `[a-z]*`,
		write: func(dst []byte, v Value, p *piece) []byte {
			for x, left := drawn(v, p.nth), p.args[0]; left > 0; left-- {
				dst = append(dst, 'a'+byte(x%26)) //nolint:gosec // below 26
				x = mixed(x)
			}
			return dst
		},
	},
}

// drawn is a number that the run, the record and the place of the hole decide.
func drawn(v Value, nth uint64) uint64 {
	h := uint64(14695981039346656037) // FNV-1a
	for _, text := range [][]byte{[]byte(v.Run), v.Key} {
		for _, c := range text {
			h = (h ^ uint64(c)) * 1099511628211
		}
	}
	return mixed(mixed(h^uint64(v.Seq)) + nth) //nolint:gosec // bits, not a number
}

// mixed is the finalizer of splitmix64.
func mixed(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// A TemplateError says what is wrong in a template, and on which of its lines.
type TemplateError struct {
	Line int // from 1
	Text string
}

func (e *TemplateError) Error() string {
	return fmt.Sprintf("line %d of the template: %s", e.Line, e.Text)
}

// longestText bounds {{letters}}.
const longestText = 1 << 20

var holeForm = regexp.MustCompile(`\{\{([^{}]*)\}\}`)

// ParseTemplate reads a template. Its lines are joined: a value has no line break.
// Errors are *TemplateError.
func ParseTemplate(text string) (*Template, error) {
	t := &Template{says: map[string]bool{}}
	text = strings.TrimRight(text, " \t\r\n")
	form := strings.Builder{}
	form.WriteByte('^')
	at := 0
	literal := func(to int) {
		if s := joined(text[at:to]); s != "" {
			t.pieces = append(t.pieces, piece{text: s})
			form.WriteString(regexp.QuoteMeta(s))
		}
	}
	for i, m := range holeForm.FindAllStringSubmatchIndex(text, -1) {
		literal(m[0])
		p, err := parseHole(text[m[2]:m[3]])
		if err != nil {
			return nil, &TemplateError{lineAt(text, m[0]), err.Error()}
		}
		p.nth = uint64(i) //nolint:gosec // not negative
		t.pieces = append(t.pieces, p)
		t.says[p.hole.name] = true
		if p.hole.read != nil {
			t.groups = append(t.groups, p.hole)
			form.WriteString("(" + p.hole.form + ")")
		} else {
			form.WriteString("(?:" + p.hole.form + ")")
		}
		at = m[1]
	}
	literal(len(text))
	form.WriteByte('$')
	if err := t.check(text); err != nil {
		return nil, err
	}
	var err error
	if t.form, err = regexp.Compile(form.String()); err != nil {
		return nil, &TemplateError{1, fmt.Sprintf("it cannot be read back: %s", err)}
	}
	return t, nil
}

// joined takes the line breaks out, with the spaces around them: none of them is in a
// text of JSON.
func joined(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		if i > 0 {
			lines[i] = strings.TrimLeft(lines[i], " \t")
		}
		if i < len(lines)-1 {
			lines[i] = strings.TrimRight(lines[i], " \t\r")
		}
	}
	return strings.Join(lines, "")
}

func lineAt(text string, offset int) int {
	return 1 + strings.Count(text[:min(offset, len(text))], "\n")
}

func parseHole(text string) (piece, error) {
	words := strings.Fields(text)
	i := -1
	if len(words) > 0 {
		i = slices.IndexFunc(fieldsOf, func(f *field) bool { return f.name == words[0] })
	}
	if i < 0 {
		var known []string
		for _, f := range fieldsOf {
			known = append(known, strings.Join(append([]string{f.name}, f.args...), " "))
		}
		return piece{}, fmt.Errorf("{{%s}} is unknown; known: %s", text, strings.Join(known, ", "))
	}
	p := piece{hole: fieldsOf[i]}
	if len(words)-1 != len(p.hole.args) {
		return p, fmt.Errorf("{{%s}} is written as {{%s}}", text, strings.Join(append([]string{p.hole.name}, p.hole.args...), " "))
	}
	for j, w := range words[1:] {
		n, err := strconv.ParseInt(w, 10, 64)
		if err != nil || n > 1<<53 || n < -(1<<53) {
			return p, fmt.Errorf("{{%s}}: %q is no whole number that JSON keeps", text, w)
		}
		p.args[j] = n
	}
	switch {
	case p.hole.name == "random" && p.args[0] > p.args[1]:
		return p, fmt.Errorf("{{%s}}: the smaller number comes first", text)
	case p.hole.name == "letters" && (p.args[0] < 0 || p.args[0] > longestText):
		return p, fmt.Errorf("{{%s}}: 0 to %d letters are possible", text, longestText)
	}
	return p, nil
}

// check wants JSON that names its record.
func (t *Template) check(text string) error {
	if !t.says["value"] && !t.says["id"] && (!t.says["key"] || !t.says["seq"]) {
		return &TemplateError{1, "it does not say which record it is of: put {{id}} into it, or {{key}} and {{seq}}, or {{value}}"}
	}
	filled := t.Append(nil, Value{Run: "run", Key: []byte("k1"), Seq: 1})
	var syntax *json.SyntaxError
	if err := json.Unmarshal(filled, new(any)); errors.As(err, &syntax) {
		return &TemplateError{t.lineOf(text, int(syntax.Offset)), fmt.Sprintf("it is no JSON when it is filled in, as %s: %s", clip(filled, int(syntax.Offset)), syntax)}
	}
	return nil
}

// lineOf gives the line of the template that a byte of a filled one comes from.
func (t *Template) lineOf(text string, offset int) int {
	rest, at := text, 0
	size := 0
	v := Value{Run: "run", Key: []byte("k1"), Seq: 1}
	for i := range t.pieces {
		p := &t.pieces[i]
		n := len(p.text)
		if p.hole != nil {
			n = len(p.hole.write(nil, v, p))
			if end := strings.Index(rest, "}}"); end >= 0 {
				at, rest = at+end+2, rest[end+2:]
			}
		}
		if size += n; size >= offset {
			if p.hole != nil {
				return lineAt(text, at-1)
			}
			return lineAt(text, at+within(rest, n-(size-offset)))
		}
	}
	return lineAt(text, len(text))
}

// within finds the place of the nth byte of a text that was joined.
func within(text string, nth int) int {
	for i := range text {
		if len(joined(text[:i+1])) >= nth && text[i] != '\n' && text[i] != ' ' {
			return i
		}
	}
	return max(0, len(text)-1)
}

func clip(b []byte, at int) string {
	from, to := max(0, at-20), min(len(b), at+20)
	return "..." + string(b[from:to]) + "..."
}

// SaysEvent tells whether every value says its event time.
func (t *Template) SaysEvent() bool { return t.says["event"] || t.says["time"] || t.says["value"] }

// Append appends the value of a record. Run, Key, Seq and Event decide it.
func (t *Template) Append(dst []byte, v Value) []byte {
	for i := range t.pieces {
		if p := &t.pieces[i]; p.hole != nil {
			dst = p.hole.write(dst, v, p)
		} else {
			dst = append(dst, p.text...)
		}
	}
	return dst
}

// Parse reads a value of the given run that the template has made: what it says is
// filled in again and must be the same. Errors are as those of ParseValue.
func (t *Template) Parse(b []byte, run string) (Value, error) {
	found := t.form.FindSubmatch(b)
	if found == nil {
		return Value{}, fmt.Errorf("%w: it has not the form of the template", ErrNotOurs)
	}
	v := Value{}
	for i, f := range t.groups {
		if f.name != "value" && t.says["value"] {
			continue // that one says it all
		}
		if err := f.read(string(found[i+1]), run, &v); err != nil {
			if errors.Is(err, ErrWrongRun) {
				return v, err
			}
			return Value{}, fmt.Errorf("%w: its %s cannot be read: %w", ErrCorrupt, f.name, err)
		}
	}
	v.Run = run
	if !bytes.Equal(t.Append(make([]byte, 0, len(b)), v), b) {
		return Value{}, fmt.Errorf("%w: what it says is not what was written for it", ErrCorrupt)
	}
	return v, nil
}
