package predicate

import (
	"encoding/json"
	"hash/crc32"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestPredicateDecidesByTheRemainder(t *testing.T) {
	for _, row := range []struct {
		why  string
		text string
		seq  int64
		want bool
	}{
		{"a multiple is dropped", "seq % 3 != 0", 6, false},
		{"the others are kept", "seq % 3 != 0", 7, true},
		{"zero is a multiple", "seq%3==0", 0, true},
		{"a remainder is never negative", "seq % 3 == 2", -1, true},
		{"the lowest number there is", "seq % 2 == 0", math.MinInt64, true},
		{"the highest", "seq % 2 == 1", math.MaxInt64, true},
		{"below", " seq % 10 < 3 ", 12, true},
		{"not below", "seq % 10 < 3", 13, false},
		{"at most", "seq % 10 <= 3", 13, true},
		{"above", "seq % 10 > 3", 13, false},
		{"at least", "seq % 10 >= 3", 13, true},
	} {
		p, err := Parse(row.text)
		if err != nil {
			t.Errorf("%s: %v", row.why, err)
			continue
		}
		if got := p.Holds("k", row.seq); got != row.want {
			t.Errorf("%s: %s for %d is %v", row.why, row.text, row.seq, got)
		}
	}
}

func TestKeysAreDividedByTheirChecksum(t *testing.T) {
	p, err := Parse("key % 4 == 1")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.String().Draw(t, "key")
		if got, want := p.Holds(key, rapid.Int64().Draw(t, "seq")), crc32.ChecksumIEEE([]byte(key))%4 == 1; got != want {
			t.Fatalf("%q: %v", key, got)
		}
	})
}

func TestPredicatesThatDecideNothingAreRefused(t *testing.T) {
	for _, row := range []struct{ why, text, want string }{
		{"nothing", "", "is written as"},
		{"a field that no record has", "value % 3 == 0", "is written as"},
		{"one equals sign", "seq % 3 = 0", "is written as"},
		{"two of them", "seq % 3 == 0 and seq % 2 == 0", "is written as"},
		{"division by zero", "seq % 0 == 0", "divides by 1"},
		{"a number over 64 bits", "seq % 9223372036854775808 == 0", "divides by 1"},
		{"a remainder that never is", "seq % 3 == 3", "for all records or for none"},
		{"always", "seq % 1 == 0", "for all records or for none"},
		{"never below zero", "seq % 3 < 0", "for all records or for none"},
		{"always below", "seq % 3 < 3", "for all records or for none"},
		{"always at most", "seq % 3 <= 2", "for all records or for none"},
		{"never above", "seq % 3 > 2", "for all records or for none"},
		{"always at least", "seq % 3 >= 0", "for all records or for none"},
	} {
		if _, err := Parse(row.text); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %q gives %v, want %q", row.why, row.text, err, row.want)
		}
	}
}

func TestPredicateComesBackFromJSON(t *testing.T) {
	type holder struct {
		P Predicate `json:"p,omitzero"`
	}
	for _, row := range []struct{ why, text, want string }{
		{"one is its text", "seq%3!=0", `{"p":"seq % 3 != 0"}`},
		{"none is left out", "", `{}`},
	} {
		var h holder
		if err := h.P.UnmarshalText([]byte(row.text)); err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(h)
		var back holder
		if err != nil || strings.ReplaceAll(string(b), `\u003c`, "<") != row.want || json.Unmarshal(b, &back) != nil || back != h {
			t.Errorf("%s: %s, %v, back %+v", row.why, b, err, back)
		}
	}
	if !(Predicate{}).Holds("any", 5) {
		t.Error("no predicate holds for every record")
	}
}
