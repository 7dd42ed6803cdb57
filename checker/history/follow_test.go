package history

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
)

// A follower reads what the whole file says, records as they come and the end with
// the writer's.
func TestFollowerReadsWhileTheWriterWrites(t *testing.T) {
	dir, err := MakeDir(t.TempDir() + "/run")
	if err != nil {
		t.Fatal(err)
	}
	w, err := Create(dir, Header{Run: "r1"})
	if err != nil {
		t.Fatal(err)
	}
	r, err := w.Follow()
	if err != nil {
		t.Fatal(err)
	}
	var got []fact
	next := func() error {
		var rec Record
		err := r.Next(&rec)
		if err == nil {
			got = append(got, factOf(r, &rec))
		}
		return err
	}
	const n = 20_000
	for i := range uint64(n) {
		w.Intent(Intent{Attempt: i, Key: w.Name(fmt.Sprint("key-", i%100)), Seq: int64(i)})
		if i == n/2 {
			flush(t, w)
			for len(got) < n/2 { // all of it is there, before the rest is written
				if err := next(); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	ended := make(chan error, 1)
	go func() {
		var err error
		for err == nil {
			err = next()
		}
		ended <- err
	}()
	w.Append(KindEnd, End{})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, io.EOF) || r.CutOff() {
		t.Fatalf("the follower ended with %v, cut off %v", err, r.CutOff())
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	whole, err := Open(string(dir))
	if err != nil {
		t.Fatal(err)
	}
	defer whole.Close() //nolint:errcheck // read only
	var want []fact
	for rec := new(Record); whole.Next(rec) == nil; {
		want = append(want, factOf(whole, rec))
	}
	if !slices.Equal(got, want) || len(got) != n+1 {
		t.Errorf("followed %d records, the file has %d", len(got), len(want))
	}
}

func TestFollowerEndsWithAHistoryThatWasCutOff(t *testing.T) {
	dir, err := MakeDir(t.TempDir() + "/run")
	if err != nil {
		t.Fatal(err)
	}
	w, err := Create(dir, Header{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := w.Follow()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var rec Record
	if err := r.Next(&rec); !errors.Is(err, io.EOF) || !r.CutOff() {
		t.Errorf("%v, cut off %v", err, r.CutOff())
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}
