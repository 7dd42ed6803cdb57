// Package predicate has the one closed form in which a scenario says which
// records something is meant for, so that a processor and the judge can both
// decide it from a record's own identity:
//
//	seq % 3 != 0
//	key % 4 < 2
//
// seq stands for the sequence number, key for the CRC-32 (IEEE) of the key's
// bytes, which every language has. The remainder is never negative.
package predicate

import (
	"fmt"
	"hash/crc32"
	"regexp"
	"strconv"
)

// Predicate is a parsed one. The zero value is none: it holds for every record.
type Predicate struct {
	of  string // seq or key
	mod int64  // 1 or more
	op  string
	rem int64
}

var form = regexp.MustCompile(`^\s*(seq|key)\s*%\s*([0-9]+)\s*(==|!=|<=|>=|<|>)\s*([0-9]+)\s*$`)

// Parse reads the text of a predicate. The error shows the form.
func Parse(text string) (Predicate, error) {
	m := form.FindStringSubmatch(text)
	if m == nil {
		return Predicate{}, fmt.Errorf("a predicate is written as seq %% 3 != 0 or key %% 4 < 2, with one of == != < <= > >=; this is %q", text)
	}
	mod, err1 := strconv.ParseInt(m[2], 10, 64)
	rem, err2 := strconv.ParseInt(m[4], 10, 64)
	if err1 != nil || err2 != nil || mod < 1 {
		return Predicate{}, fmt.Errorf("a predicate divides by 1 to 9223372036854775807; this is %q", text)
	}
	p := Predicate{of: m[1], mod: mod, op: m[3], rem: rem}
	if p.constant() {
		return Predicate{}, fmt.Errorf("the predicate %q holds for all records or for none: compare with one of the remainders 0 to %d", text, mod-1)
	}
	return p, nil
}

// constant says whether the remainder decides nothing.
func (p Predicate) constant() bool {
	switch p.op {
	case "<":
		return p.rem == 0 || p.rem >= p.mod
	case "<=":
		return p.rem >= p.mod-1
	case ">":
		return p.rem >= p.mod-1
	case ">=":
		return p.rem == 0 || p.rem >= p.mod
	}
	return p.rem >= p.mod || p.mod == 1
}

// Holds decides the predicate for one record.
func (p Predicate) Holds(key string, seq int64) bool {
	if p.mod == 0 {
		return true
	}
	n := seq
	if p.of == "key" {
		n = int64(crc32.ChecksumIEEE([]byte(key)))
	}
	n %= p.mod
	if n < 0 {
		n += p.mod
	}
	switch p.op {
	case "==":
		return n == p.rem
	case "!=":
		return n != p.rem
	case "<":
		return n < p.rem
	case "<=":
		return n <= p.rem
	case ">":
		return n > p.rem
	}
	return n >= p.rem
}

// IsZero tells whether there is none.
func (p Predicate) IsZero() bool { return p.mod == 0 }

// String is the text that Parse reads; empty where there is none.
func (p Predicate) String() string {
	if p.mod == 0 {
		return ""
	}
	return fmt.Sprintf("%s %% %d %s %d", p.of, p.mod, p.op, p.rem)
}

// MarshalText implements encoding.TextMarshaler.
func (p Predicate) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText is the inverse of MarshalText.
func (p *Predicate) UnmarshalText(text []byte) (err error) {
	if len(text) == 0 {
		*p = Predicate{}
		return nil
	}
	*p, err = Parse(string(text))
	return err
}
