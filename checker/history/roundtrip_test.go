package history

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// What was written comes back: every kind, every value of every field, any bytes
// as a key, blocks cut anywhere.
func TestRoundTrip(t *testing.T) {
	keys := rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })
	rapid.Check(t, func(t *rapid.T) {
		var want []fact
		var file memory
		w, err := newWriter("test", &file, Header{Format: Format})
		if err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(0, 40).Draw(t, "records") {
			want = append(want, drawRecord(t, w, keys.Draw(t, "key")))
			if rapid.IntRange(0, 9).Draw(t, "flush") == 0 {
				if err := w.Flush(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		got, cutOff, err := read(file.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("read\n%+v\nwrote\n%+v", got, want)
		}
		ended := slices.ContainsFunc(want, func(f fact) bool { return f.Kind == KindEnd })
		if cutOff == ended {
			t.Fatalf("cut off is %v with an end record written: %v", cutOff, ended)
		}
	})
}

func drawRecord(t *rapid.T, w *Writer, key string) fact {
	name := w.Name(key)
	at := Nanos(rapid.Int64().Draw(t, "at"))
	switch kind := Kind(rapid.IntRange(int(KindIntent), int(lastKind)).Draw(t, "kind")); kind {
	case KindIntent:
		v := Intent{
			Attempt:  rapid.Uint64().Draw(t, "attempt"),
			Writer:   rapid.Uint32().Draw(t, "writer"),
			Key:      name,
			Seq:      rapid.Int64().Draw(t, "seq"),
			Tx:       rapid.Uint64().Draw(t, "tx"),
			At:       at,
			Intended: Nanos(rapid.Int64().Draw(t, "intended")),
		}
		if rapid.Bool().Draw(t, "event and term") {
			v.Event, v.Term = rapid.Int64().Draw(t, "event"), rapid.Int64().Draw(t, "term")
		}
		w.Intent(v)
		return fact{Kind: kind, Intent: v, Name: key}
	case KindOutcome:
		v := Outcome{
			Attempt:   rapid.Uint64().Draw(t, "attempt"),
			Class:     OutcomeClass(rapid.ByteMax(byte(Failed)).Draw(t, "class")),
			Partition: rapid.Int32().Draw(t, "partition"),
			Offset:    rapid.Int64().Draw(t, "offset"),
			Reason:    name,
			At:        at,
		}
		w.Outcome(v)
		return fact{Kind: kind, Outcome: v, Name: key}
	case KindObservation:
		v := Observation{
			Session:   rapid.Uint32().Draw(t, "session"),
			Partition: rapid.Int32().Draw(t, "partition"),
			Offset:    rapid.Int64().Draw(t, "offset"),
			Key:       name,
			Seq:       rapid.Int64().Draw(t, "seq"),
			Index:     rapid.Int32().Draw(t, "index"),
			Corrupt:   rapid.Bool().Draw(t, "corrupt"),
			Fence:     rapid.Bool().Draw(t, "fence"),
			First:     rapid.Bool().Draw(t, "first"),
			Append:    rapid.Int64().Draw(t, "append"),
			At:        at,
			Altered:   rapid.Bool().Draw(t, "altered"),
			Valued:    rapid.Bool().Draw(t, "valued"),
			Event:     rapid.Int64Range(-2, 1<<62).Draw(t, "event"),
		}
		if v.Valued {
			v.Value = rapid.Int64().Draw(t, "value")
		}
		w.Observation(v)
		return fact{Kind: kind, Observation: v, Name: key}
	default:
		body := rareKinds[kind-KindSession].draw(t)
		w.Append(kind, body)
		return fact{Kind: kind, Body: mustJSON(t, body)}
	}
}

// A kind that is added must be in the tests' table and have a word.
func TestEveryKindIsKnown(t *testing.T) {
	for i, rare := range rareKinds {
		if want := KindSession + Kind(i); rare.kind != want {
			t.Errorf("row %d of the table is %v, want %v", i, rare.kind, want)
		}
	}
	if last := KindSession + Kind(len(rareKinds)) - 1; last != lastKind || len(kindTexts) != int(lastKind)+1 {
		t.Errorf("the table ends with %v and the words with %d, want %v", last, len(kindTexts)-1, lastKind)
	}
	for k := KindName; k <= lastKind; k++ {
		if k.String() == "" {
			t.Errorf("kind %d has no word", uint8(k))
		}
	}
}

func TestBodiesDecodeIntoTheirStructs(t *testing.T) {
	for _, rare := range rareKinds {
		file := written(t, func(w *Writer) { w.Append(rare.kind, rare.body) })
		facts, _ := mustRead(t, file)
		rec := Record{Kind: facts[0].Kind, Body: []byte(facts[0].Body)}
		if got, err := rare.copy(&rec); err != nil || !reflect.DeepEqual(got, rare.body) {
			t.Errorf("%v: got %+v, %v; want %+v", rare.kind, got, err, rare.body)
		}
	}
}

func TestAsRefuses(t *testing.T) {
	for _, row := range []struct {
		why string
		rec Record
	}{
		{"a packed kind has no body", Record{Kind: KindIntent, Body: []byte(`{}`)}},
		{"the body is of another shape", Record{Kind: KindSample, Body: []byte(`{"value":"high"}`)}},
		{"no view has this word", Record{Kind: KindSession, Body: []byte(`{"view":"sideways"}`)}},
	} {
		var v struct {
			Value float64 `json:"value"`
			View  View    `json:"view"`
		}
		if err := row.rec.As(&v); err == nil {
			t.Errorf("%s: decoded as %+v", row.why, v)
		}
	}
}

// Blocks grow for what does not fit, up to a bound.
func TestLongKeysRoundTrip(t *testing.T) {
	keys := []string{"short"}
	for _, size := range []int{127, 128, blockFill - 1, blockFill, 1 << 20, maxBody - 1, maxBody} {
		keys = append(keys, strings.Repeat("\xff", size))
	}
	file := written(t, func(w *Writer) {
		for i, key := range keys {
			w.Intent(Intent{Attempt: uint64(i), Key: w.Name(key)})
		}
	})
	facts, _ := mustRead(t, file)
	if len(facts) != len(keys) {
		t.Fatalf("read %d records of %d", len(facts), len(keys))
	}
	for i, f := range facts {
		if f.Name != keys[i] {
			t.Errorf("the key of %d bytes came back with %d", len(keys[i]), len(f.Name))
		}
	}
}

func TestNamesAreInternedOnce(t *testing.T) {
	file := written(t, func(w *Writer) {
		if w.Name("") != 0 {
			t.Error("the empty string is not name 0")
		}
		if a, b := w.Name("a"), w.Name("b"); a == b || a == 0 || w.Name("a") != a {
			t.Errorf("a is %d, then %d; b is %d", a, w.Name("a"), b)
		}
	})
	r := open(t, file)
	var rec Record
	if err := r.Next(&rec); err == nil {
		t.Error("a name was returned as a record")
	}
	if got := fmt.Sprintf("%q %q %q %q", r.Name(0), r.Name(1), r.Name(2), r.Name(3)); got != `"" "a" "b" ""` {
		t.Errorf("names are %s", got)
	}
}

// A realistic run fits 24 bytes a record on disk, everything else included.
func TestRecordsAreSmallOnDisk(t *testing.T) {
	var count int
	file := written(t, func(w *Writer) { count = writeRun(t, w, 100_000, 10_000) })
	perRecord := float64(len(file)) / float64(count)
	t.Logf("%d records, %.2f bytes a record", count, perRecord)
	if perRecord > 24 {
		t.Errorf("%.2f bytes a record on disk, want at most 24", perRecord)
	}
}
