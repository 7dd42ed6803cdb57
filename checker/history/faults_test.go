package history

import (
	"os"
	"reflect"
	"slices"
	"testing"
)

func TestFaultsAreToldAheadOfTheReading(t *testing.T) {
	want := []Fault{
		{Step: 0, Name: "kill", Phase: FaultInjected, At: 7},
		{Step: 0, Name: "kill", Phase: FaultHealed, Evidence: Evidence{Shown: true, Text: "back"}, At: 9},
		{Step: 1, Name: "cut", Phase: FaultInjected, At: 11},
	}
	dir, err := MakeDir(t.TempDir() + "/run")
	if err != nil {
		t.Fatal(err)
	}
	w, err := Create(dir, Header{Run: "r1"})
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range want {
		w.Intent(Intent{Attempt: uint64(i), Key: w.Name("key"), At: f.At})
		w.Append(KindSample, Sample{Name: "lag_records"})
		w.Append(KindFault, f)
		flush(t, w)
	}
	following, err := w.Follow()
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := following.Faults(); ok {
		t.Error("the faults of a history that is being written were told")
	}
	for _, c := range []interface{ Close() error }{following, w} {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	file, err := os.ReadFile(dir.History())
	if err != nil {
		t.Fatal(err)
	}
	at := blocks(file)
	malformed := written(t, func(w *Writer) { w.Append(KindFault, struct{ Step string }{"one"}) })
	damaged := slices.Clone(file)
	damaged[at[2]+blockHeader+3] ^= 1
	for _, row := range []struct {
		why  string
		file []byte
		want []Fault
		ok   bool
	}{
		{"whole", file, want, true},
		{"the last block is torn: Next ends before it as well", file[:len(file)-3], want[:2], true},
		{"cut off in the header", file[:prefixSize+3], nil, true},
		{"damaged", damaged, nil, false},
		{"a fault that is none", malformed, nil, false},
		{"a record past its block", raw(t, "\x02\x7f"), nil, false},
	} {
		path := t.TempDir() + "/history.bin"
		if err := os.WriteFile(path, row.file, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		var before, after Record
		_ = r.Next(&before)
		if got, ok := r.Faults(); ok != row.ok || !reflect.DeepEqual(got, row.want) {
			t.Errorf("%s: told %v, %v; want %v, %v", row.why, got, ok, row.want, row.ok)
		}
		if row.why == "whole" && (r.Next(&after) != nil || after.Kind != KindSample) {
			t.Errorf("the reader moved: a record of kind %v came next", after.Kind)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}
