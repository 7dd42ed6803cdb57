package history

import (
	"bytes"
	"errors"
	"slices"
	"testing"
)

// FuzzReader: any bytes give records, an end or an error; never a panic, never a
// record whose names are not known, never memory beyond the file and one block.
func FuzzReader(f *testing.F) {
	file := small(f)
	f.Add(file)
	f.Add(file[:len(file)/2])
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := newReader("fuzz", bytes.NewReader(file))
		if err == nil {
			r.whole = bytes.NewReader(file)
			r.Faults()
			index := r.Index()
			drain(t, r)
			narrowed(t, file, index)
		}
	})
}

// FuzzPayload passes the checksums, where FuzzReader seldom gets.
func FuzzPayload(f *testing.F) {
	file := small(f)
	at := blocks(file)
	for i := 1; i+1 < len(at); i++ {
		f.Add(file[at[i]+blockHeader : at[i+1]])
	}
	empty := file[:at[1]]
	f.Fuzz(func(t *testing.T, payload []byte) {
		if len(payload) > maxBlock {
			return
		}
		block := append(make([]byte, blockHeader), payload...)
		sealBlock(block)
		whole := slices.Concat(empty, block)
		r := open(t, whole)
		index := r.Index()
		drain(t, r)
		narrowed(t, whole, index)
	})
}

// narrowed reads what the first key tells, by an index of the whole reading.
func narrowed(t *testing.T, file []byte, index *Index) {
	t.Helper()
	r, err := newReader("fuzz", bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	r.whole = bytes.NewReader(file)
	var wanted Wanted
	wanted.Key(1)
	wanted.Record(2, 1)
	r.Narrow(&wanted, index)
	drain(t, r)
}

// drain reads to the end or to an error, and checks what it gets.
func drain(t *testing.T, r *Reader) {
	t.Helper()
	var rec Record
	for {
		err := r.Next(&rec)
		if err != nil {
			if again := r.Next(&rec); !errors.Is(again, err) {
				t.Fatalf("an error that is not final: %v, then %v", err, again)
			}
			return
		}
		name := Name(0)
		switch rec.Kind {
		case KindIntent:
			name = rec.Intent.Key
		case KindOutcome:
			name = rec.Outcome.Reason
		case KindObservation:
			name = rec.Observation.Key
		default:
			var v Fault
			_ = rec.As(&v) // an error is fine, a panic is not
		}
		if name != 0 && r.Name(name) == "" {
			t.Fatalf("a record of kind %v has the unknown name %d", rec.Kind, name)
		}
	}
}
