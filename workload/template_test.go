package workload

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const order = `{
  "order": "{{id}}", "customer": "{{key}}",
  "version": {{seq}}, "placed": "{{time}}", "at": {{event}},
  "cents": {{random -5 99900}}, "note": "{{letters 12}}", "run": "{{run}}", "term": {{term}}
}`

func parsed(t testing.TB, text string) *Template {
	t.Helper()
	tpl, err := ParseTemplate(text)
	if err != nil {
		t.Fatal(err)
	}
	return tpl
}

// Whatever a template writes it reads again, and what was changed in it is no sighting.
func TestTemplatesReadWhatTheyWrite(t *testing.T) {
	templates := map[string]string{
		"everything":             order,
		"an id alone":            `{"id":"{{id}}"}`,
		"key and sequence apart": `{"s":{{seq}},"k":["{{key}}"],"e":{{event}}}`,
		"side by side":           `"{{key}}-{{seq}}-{{event}}"`,
		"the workload's value":   `{"payload":"{{value}}","n":{{random 1 6}}}`,
	}
	for why, text := range templates {
		tpl := parsed(t, text)
		rapid.Check(t, func(t *rapid.T) {
			key := Key(rapid.IntRange(0, 1000).Draw(t, "key"))
			if rapid.Bool().Draw(t, "fence") {
				key = fencePrefix + key[1:]
			}
			in := Value{
				Run: "r1", Key: []byte(key), Seq: rapid.Int64Range(0, 1<<40).Draw(t, "seq"),
				Event: rapid.Int64Range(0, 1<<42).Draw(t, "event"), Writer: 7,
			}
			b := tpl.Append(nil, in)
			if !json.Valid(b) || strings.ContainsAny(string(b), "\r\n") {
				t.Fatalf("%s: %q is no line of JSON", why, b)
			}
			out, err := tpl.Parse(b, "r1")
			if err != nil || string(out.Key) != key || out.Seq != in.Seq {
				t.Fatalf("%s: %q is read as %+v, %v", why, b, out, err)
			}
			if tpl.SaysEvent() && out.Event != in.Event {
				t.Fatalf("%s: event time %d, want %d", why, out.Event, in.Event)
			}
			i := rapid.IntRange(0, len(b)-1).Draw(t, "place")
			bent := append([]byte(nil), b...)
			bent[i] ^= 1
			if v, err := tpl.Parse(bent, "r1"); err == nil && string(v.Key) == key && v.Seq == in.Seq && v.Event == out.Event {
				t.Fatalf("%s: %q passes for %q", why, bent, b)
			}
		})
	}
}

func TestTemplatesDrawTheSameForARecordAndOthersForOthers(t *testing.T) {
	tpl := parsed(t, `{"id":"{{id}}","a":{{random 0 1000000}},"b":{{random 0 1000000}}}`)
	of := func(run string, seq int64) string {
		return string(tpl.Append(nil, Value{Run: run, Key: []byte("k1"), Seq: seq}))
	}
	if first, again := of("r1", 5), of("r1", 5); first != again {
		t.Error("a record is not the same twice")
	}
	seen := map[string]bool{}
	for seq := range int64(50) {
		for _, run := range []string{"r1", "r2"} {
			_, numbers, _ := strings.Cut(of(run, seq), ",")
			if seen[numbers] {
				t.Errorf("%s of run %s, sequence %d was drawn before", numbers, run, seq)
			}
			seen[numbers] = true
		}
	}
	if _, err := tpl.Parse([]byte(of("r1", 5)), "r2"); err == nil {
		t.Error("a value of another run passes")
	}
}

func TestTemplatesRefuseWhatCannotBeJudged(t *testing.T) {
	for _, row := range []struct {
		why, text string
		line      int
		says      string
	}{
		{"nothing tells the record", `{"a": 1}`, 1, "put {{id}} into it"},
		{"a key alone does not", `{"a": "{{key}}"}`, 1, "put {{id}} into it"},
		{"an unknown hole", "{\"id\": \"{{id}}\",\n \"a\": {{amount}}}", 2, "known: key, seq, id"},
		{"an empty hole", `{"id": "{{id}}{{}}"}`, 1, "is unknown"},
		{"no range", `{"id": "{{id}}", "a": {{random 1}}}`, 1, "is written as {{random LOW HIGH}}"},
		{"a range the wrong way round", `{"id": "{{id}}", "a": {{random 9 1}}}`, 1, "the smaller number comes first"},
		{"a fraction", `{"id": "{{id}}", "a": {{random 1 2.5}}}`, 1, "no whole number"},
		{"more than JSON keeps", `{"id": "{{id}}", "a": {{random 1 9007199254740993}}}`, 1, "no whole number that JSON keeps"},
		{"a text without quotes", "{\n \"id\": \"{{id}}\",\n \"k\": {{key}}\n}", 3, "it is no JSON"},
		{"a comma too many", "{\n \"id\": \"{{id}}\",\n}", 3, "it is no JSON"},
		{"not closed", `{"id": "{{id}}"`, 1, "it is no JSON"},
		{"nothing", ``, 1, "put {{id}} into it"},
	} {
		_, err := ParseTemplate(row.text)
		wrong, ok := errors.AsType[*TemplateError](err)
		if !ok || wrong.Line != row.line || !strings.Contains(wrong.Text, row.says) {
			t.Errorf("%s: %v, want line %d and %q", row.why, err, row.line, row.says)
		}
	}
}

func TestIdsAreRead(t *testing.T) {
	for _, row := range []struct{ why, text, want string }{
		{"key and sequence", "k12-17", "k12 17 0"},
		{"with the output of a fan-out", "k12-17/3", "k12 17 3"},
		{"of a fence", "~fence-3-9", "~fence-3 9 0"},
		{"no sequence", "k12", ""},
		{"no key", "-17", ""},
		{"another spelling", "k12-017", ""},
		{"a negative one", "k12--17", ""},
		{"no index", "k12-17/", ""},
		{"a colon, as values of the workload have", "s1:k-1", ""},
		{"nothing", "", ""},
	} {
		v, err := ParseID([]byte(row.text))
		got := ""
		if err == nil {
			got = fmt.Sprintf("%s %d %d", v.Key, v.Seq, v.Index)
		} else if !errors.Is(err, ErrNotOurs) {
			t.Errorf("%s: %v", row.why, err)
		}
		if got != row.want {
			t.Errorf("%s: %q, want %q", row.why, got, row.want)
		}
	}
}

func TestPoisonIsNoValueAndStillKnown(t *testing.T) {
	tpl := parsed(t, order)
	v := Value{Run: "r1", Key: []byte("k3"), Seq: 4, Event: 1700000000123}
	for why, w := range map[string]Written{"the workload's own": {Run: "r1"}, "a template's": {Run: "r1", Template: tpl}} {
		poison := w.Append([]byte{PoisonMark}, v, 80)
		if _, err := ParseValue(poison, "r1"); !errors.Is(err, ErrNotOurs) || json.Valid(poison) {
			t.Errorf("%s: %q can be decoded: %v", why, poison, err)
		}
		out, err := w.Parse(poison)
		if err != nil || string(out.Key) != "k3" || out.Seq != 4 {
			t.Errorf("%s: %q is read as %+v, %v", why, poison, out, err)
		}
	}
}

// A place in an output may have an id, a whole value, or either in base64.
func TestReadingFindsRecordsOfATemplate(t *testing.T) {
	tpl := parsed(t, order)
	w := Written{Run: "r1", Template: tpl}
	whole := string(w.Append(nil, Value{Key: []byte("k1"), Seq: 7}, 0))
	quoted, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		why     string
		reading Reading
		record  string
		err     error
	}{
		{"the whole value", Reading{}, whole, nil},
		{"a field of it", Reading{JSON: "/order"}, `{"order":"k1-7","status":"shipped"}`, nil},
		{"all of it in a field", Reading{JSON: "/in"}, `{"in":` + string(quoted) + `}`, nil},
		{"an id in a header", Reading{Header: "id"}, "anything", nil},
		{"in base64", Reading{JSON: "/b", Encoding: Base64}, `{"b":"azEtNw=="}`, nil},
		{"no base64", Reading{JSON: "/b", Encoding: Base64}, `{"b":"k1-7"}`, ErrCorrupt},
		{"changed on the way", Reading{}, strings.Replace(whole, "customer", "costumer", 1), ErrNotOurs},
		{"a field that says nothing", Reading{JSON: "/order"}, `{"order":"none"}`, ErrNotOurs},
	} {
		got, err := row.reading.Parse([]byte(row.record), func(string) []byte { return []byte("k1-7") }, w)
		if !errors.Is(err, row.err) {
			t.Errorf("%s: %v, want %v", row.why, err, row.err)
		}
		if err == nil && (string(got.Key) != "k1" || got.Seq != 7) {
			t.Errorf("%s: read as %+v", row.why, got)
		}
	}
}
