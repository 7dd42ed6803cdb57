package workload

import (
	"errors"
	"fmt"
	"testing"
)

func TestReadingFindsWhatWentIn(t *testing.T) {
	text := string(AppendValue(nil, Value{Run: "r1", Key: []byte("k1"), Seq: 7, Event: 5}, 0))
	other := string(AppendValue(nil, Value{Run: "r2", Key: []byte("k1"), Seq: 7}, 0))
	headers := map[string]string{"id": text}
	for _, row := range []struct {
		why     string
		reading Reading
		record  string
		want    string // key, seq, of, number, window
		err     error
	}{
		{"the whole record, unless something else is said", Reading{}, text, "k1 7 false  0 0", nil},
		{"a place in a JSON object", Reading{JSON: "/meta/id"}, `{"meta":{"id":"` + text + `"}}`, "k1 7 false  0 0", nil},
		{"in an array", Reading{JSON: "/0/a~1b"}, `[{"a/b":"` + text + `"}]`, "k1 7 false  0 0", nil},
		{"a header", Reading{Header: "id"}, "anything", "k1 7 false  0 0", nil},
		{"a count", Reading{JSON: "/last", Key: "/key", Value: "/count"}, `{"key":"k1","count":12,"last":"` + text + `"}`, "k1 7 true k1 12 0", nil},
		{"a window", Reading{JSON: "/last", Key: "/key", Value: "/count", Window: "/w"}, `{"key":"","count":9223372036854775807,"w":-10,"last":"` + text + `"}`, "k1 7 true  9223372036854775807 -10", nil},
		{"a join with a record of the table", Reading{JSON: "/v", Value: "/table"}, `{"v":"` + text + `","table":3}`, "k1 7 true  3 0", nil},
		{"a join with nothing", Reading{JSON: "/v", Value: "/table"}, `{"v":"` + text + `"}`, "k1 7 false  0 0", nil},
		{"no JSON", Reading{JSON: "/v"}, text, "", ErrCorrupt},
		{"nothing at the place", Reading{JSON: "/v/w/x"}, `{"v":"` + text + `"}`, "", ErrCorrupt},
		{"beyond an array", Reading{JSON: "/1"}, `["` + text + `"]`, "", ErrCorrupt},
		{"no such header", Reading{Header: "no"}, text, "", ErrNotOurs},
		{"a value of another run", Reading{JSON: "/v"}, `{"v":"` + other + `"}`, "", ErrWrongRun},
		{"a result without its value", Reading{JSON: "/last", Key: "/key", Value: "/count"}, `{"key":"k1","last":"` + text + `"}`, "", ErrCorrupt},
		{"a fraction", Reading{JSON: "/last", Key: "/key", Value: "/count"}, `{"key":"k1","count":1.5,"last":"` + text + `"}`, "", ErrCorrupt},
		{"a number over 64 bits", Reading{JSON: "/last", Key: "/key", Value: "/count"}, `{"key":"k1","count":9223372036854775808,"last":"` + text + `"}`, "", ErrCorrupt},
		{"a key that is no text", Reading{JSON: "/last", Key: "/key", Value: "/count"}, `{"key":1,"count":1,"last":"` + text + `"}`, "", ErrCorrupt},
	} {
		got, err := row.reading.Parse([]byte(row.record), func(name string) []byte { return []byte(headers[name]) }, Written{Run: "r1"})
		if !errors.Is(err, row.err) {
			t.Errorf("%s: %v, want %v", row.why, err, row.err)
		}
		if text := fmt.Sprintf("%s %d %v %s %d %d", got.Key, got.Seq, got.Valued, got.Of, got.Number, got.At); err == nil && text != row.want {
			t.Errorf("%s: %s, want %s", row.why, text, row.want)
		}
	}
}

func TestReadingWantsPointers(t *testing.T) {
	if err := (Reading{JSON: "id"}).Check(); err == nil {
		t.Error("a pointer without a slash is taken")
	}
	if err := (Reading{JSON: "/id", Header: "id"}).Check(); err != nil {
		t.Error(err)
	}
}
