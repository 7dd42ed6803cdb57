package history

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// blocks are the positions of the blocks of a whole file, and its size.
func blocks(file []byte) []int {
	at := []int{prefixSize}
	for next := prefixSize; next < len(file); at = append(at, next) {
		next += blockHeader + int(binary.LittleEndian.Uint32(file[next:]))
	}
	return at
}

// raw is a file with one block of the given payload after the header.
func raw(t testing.TB, payload string) []byte {
	t.Helper()
	block := append(make([]byte, blockHeader), payload...)
	sealBlock(block)
	return append(written(t, func(*Writer) {}), block...)
}

// Every single flipped bit is found: as an error, or in the last block, which a
// dying writer may leave torn, as a history that was cut off. None is taken for
// a fact.
func TestEveryFlippedBitIsFound(t *testing.T) {
	file := small(t)
	whole, _ := mustRead(t, file)
	at := blocks(file)
	last := at[len(at)-2]
	for i := range file {
		for bit := range 8 {
			damaged := slices.Clone(file)
			damaged[i] ^= 1 << bit
			facts, cutOff, err := read(damaged)
			if err == nil && !cutOff {
				t.Fatalf("bit %d of byte %d: not found", bit, i)
			}
			if err == nil && i < last {
				t.Errorf("bit %d of byte %d: damage before the last block reads as a cut-off", bit, i)
			}
			if !slices.Equal(facts, whole[:len(facts)]) {
				t.Fatalf("bit %d of byte %d: other facts were read", bit, i)
			}
		}
	}
}

func TestDamageIsNamedByItsPosition(t *testing.T) {
	file := small(t)
	at := blocks(file)
	for _, row := range []struct {
		why  string
		byte int
		want int
	}{
		{"the length of a block", at[1], at[1]},
		{"its checksum", at[1] + 4, at[1]},
		{"its payload", at[2] + blockHeader + 3, at[2]},
	} {
		damaged := slices.Clone(file)
		damaged[row.byte] ^= 1
		_, _, err := read(damaged)
		if want := fmt.Sprintf("corrupted at byte %d:", row.want); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an error with %q", row.why, err, want)
		}
	}
}

// A checksum that holds does not make a payload sound: nothing is trusted.
func TestMalformedPayloads(t *testing.T) {
	for _, row := range []struct {
		why     string
		payload string
		want    string
	}{
		{"a record without a length", "\x02", "runs past its block"},
		{"a length over the block", "\x02\x7f", "runs past its block"},
		{"a length over 64 bits", "\x02\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "runs past its block"},
		{"a length that would wrap around", "\x02\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "runs past its block"},
		{"an intent without its last field", "\x02\x06\x02\x00\x00\x00\x00\x00", "malformed"},
		{"a writer over 32 bits", "\x02\x0c\x02\xff\xff\xff\xff\x1f\x00\x00\x00\x00\x00\x00", "malformed"},
		{"a partition over 32 bits", "\x03\x0a\x02\x01\xff\xff\xff\xff\x1f\x00\x00\x00", "malformed"},
		{"a class that does not exist", "\x03\x06\x02\x03\x00\x00\x00\x00", "malformed"},
		{"a key that was never named", "\x02\x07\x02\x00\x01\x00\x00\x00\x00", "name 1 is used before it is known"},
		{"a reason that was never named", "\x03\x06\x02\x01\x00\x00\x09\x00", "name 9 is used before it is known"},
		{"the empty name, which is 0", "\x01\x00", "a name is empty"},
	} {
		facts, _, err := read(raw(t, row.payload))
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: read %d records and %v, want an error with %q", row.why, len(facts), err, row.want)
		}
	}
}

func TestUnknownKindsAndFieldsAreSkipped(t *testing.T) {
	intent := "\x02\x07\x02\x00\x00\x02\x00\x00\x00"
	for _, row := range []struct {
		why     string
		payload string
		read    int
		skipped int64
	}{
		{"a kind of a later version", "\xc8\x03abc" + intent, 1, 1},
		{"one with an empty body", intent + "\xc8\x00" + intent, 2, 1},
		{"one at the end of its block", intent + "\xc8\x01x", 1, 1},
		{"kind 0 is never used", "\x00\x00" + intent, 1, 1},
		{"a field that a later version put at the end", "\x02\x0b\x02\x00\x00\x02\x00\x00\x00\x00\x00\x05\x05" + intent, 2, 0},
		{"one of an earlier version, without event time and term", intent + intent, 2, 0},
	} {
		r := open(t, raw(t, row.payload))
		var rec Record
		n := 0
		for ; r.Next(&rec) == nil; n++ {
			if rec.Kind != KindIntent {
				t.Errorf("%s: returned a record of kind %v", row.why, rec.Kind)
			}
			if want := (Intent{Attempt: uint64(n + 1), Seq: int64(n + 1)}); rec.Intent != want {
				t.Errorf("%s: the intent is %+v, want %+v", row.why, rec.Intent, want)
			}
		}
		if n != row.read || r.Skipped() != row.skipped {
			t.Errorf("%s: read %d and skipped %d, want %d and %d", row.why, n, r.Skipped(), row.read, row.skipped)
		}
	}
}

func TestErrorsAreFinal(t *testing.T) {
	r := open(t, raw(t, "\x02\x7f"))
	var rec Record
	first := r.Next(&rec)
	if second := r.Next(&rec); first == nil || !errors.Is(second, first) {
		t.Errorf("Next returned %v, then %v", first, second)
	}
}
