package history

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// stored opens a file that nobody writes any more.
func stored(t testing.TB, file []byte) *Reader {
	t.Helper()
	r := open(t, file)
	r.whole = bytes.NewReader(file)
	return r
}

// rest is everything that a reader still gives.
func rest(t testing.TB, r *Reader) (facts []fact) {
	t.Helper()
	recs := make([]Record, 7)
	for {
		n, err := r.Read(recs)
		for i := range recs[:n] {
			facts = append(facts, factOf(r, &recs[i]))
		}
		switch {
		case errors.Is(err, io.EOF):
			return facts
		case err != nil:
			t.Fatal(err)
		}
	}
}

// filtered is what a narrowed reading must give of a whole one: told by its
// definition alone.
func filtered(facts []fact, w *Wanted) (out []fact) {
	attempts := map[uint64]bool{}
	for _, f := range facts {
		switch f.Kind {
		case KindIntent:
			if !w.Has(f.Intent.Key, f.Intent.Seq) {
				continue
			}
			attempts[f.Intent.Attempt] = true
		case KindOutcome:
			if !attempts[f.Outcome.Attempt] {
				continue
			}
			delete(attempts, f.Outcome.Attempt)
		case KindObservation:
			if !w.Has(f.Observation.Key, f.Observation.Seq) {
				continue
			}
		default:
			if !always(f.Kind) {
				continue
			}
		}
		out = append(out, f)
	}
	return out
}

func TestANarrowedReadingGivesWhatWasWanted(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		names := []string{"a", "b", "c", "d"}
		file := written(t, func(w *Writer) {
			for n := range rapid.IntRange(0, 60).Draw(rt, "records") {
				key := w.Name(rapid.SampledFrom(names).Draw(rt, "key"))
				seq := rapid.Int64Range(-3, 9).Draw(rt, "seq")
				switch rapid.IntRange(0, 9).Draw(rt, "kind") {
				case 0, 1, 2:
					w.Intent(Intent{Attempt: uint64(n), Key: key, Seq: seq})
				case 3, 4, 5:
					w.Outcome(Outcome{Attempt: rapid.Uint64Range(0, uint64(n)).Draw(rt, "attempt"), Class: OK, Reason: key})
				case 6, 7:
					w.Observation(Observation{Session: 1, Key: key, Seq: seq, Offset: int64(n)})
				case 8:
					w.Append(KindSample, Sample{Name: "lag"})
				default:
					w.Append(KindFault, Fault{Step: n})
				}
				if rapid.IntRange(0, 3).Draw(rt, "block") == 0 {
					flush(t, w)
				}
			}
			if rapid.Bool().Draw(rt, "ended") {
				w.Append(KindEnd, End{})
			}
		})
		if cut := rapid.IntRange(0, 8).Draw(rt, "cut"); len(file)-cut > blocks(file)[1] {
			file = file[:len(file)-cut]
		}
		whole := stored(t, file)
		index := whole.Index()
		all := rest(t, whole)
		var wanted Wanted
		for range rapid.IntRange(0, 3).Draw(rt, "keys") {
			wanted.Key(Name(rapid.IntRange(0, 4).Draw(rt, "whole key")))
		}
		for range rapid.IntRange(0, 3).Draw(rt, "single records") {
			wanted.Record(Name(rapid.IntRange(0, 4).Draw(rt, "key of one")), rapid.Int64Range(-3, 9).Draw(rt, "seq of one"))
		}
		want := filtered(all, &wanted)
		for _, x := range []*Index{index, nil} {
			r := stored(t, file)
			r.Narrow(&wanted, x)
			got := slices.DeleteFunc(rest(t, r), func(f fact) bool { return f.Kind > KindObservation && !always(f.Kind) })
			if len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
				rt.Fatalf("with an index: %v; got %+v\nwant %+v\nof %+v", x != nil, got, want, all)
			}
			if r.CutOff() != whole.CutOff() {
				rt.Fatalf("with an index: %v; cut off: %v, of the whole reading %v", x != nil, r.CutOff(), whole.CutOff())
			}
		}
	})
}

// counting counts the bytes that are read of a file.
type counting struct {
	*bytes.Reader
	n int64
}

func (c *counting) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.Reader.ReadAt(p, off)
	c.n += int64(n)
	return n, err
}

func TestANarrowedReadingPassesOverBlocks(t *testing.T) {
	file := written(t, func(w *Writer) { writeRun(t, w, 100_000, 1000) })
	whole := stored(t, file)
	index := whole.Index()
	all := rest(t, whole)
	var wanted Wanted
	wanted.Record(7, 20)
	in := &counting{Reader: bytes.NewReader(file)}
	r := open(t, file[:blocks(file)[1]])
	r.whole = in
	r.Narrow(&wanted, index)
	if got, want := rest(t, r), filtered(all, &wanted); len(want) != 5 || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if in.n == 0 || in.n > int64(len(file)/3) {
		t.Errorf("%d of %d bytes were read for one record", in.n, len(file))
	}
}

// An index grows with a history up to its bound, and leaves no block out.
func TestAnIndexHasABound(t *testing.T) {
	x := &Index{most: 1, blocks: 1}
	const n = 5*manyGroups + 3
	for i := range int64(n) {
		g := x.block(10*i, 10*i+10)
		g.record(Name(i%spreads), i)
		g.framed = g.framed || i == n/2
	}
	if len(x.groups) > manyGroups {
		t.Fatalf("%d groups", len(x.groups))
	}
	framed := 0
	for i, g := range x.groups {
		if i > 0 && g.at != x.groups[i-1].next {
			t.Fatalf("group %d begins at %d, the one before ends at %d", i, g.at, x.groups[i-1].next)
		}
		if g.framed {
			framed++
		}
		for seq := g.at / 10; seq < g.next/10; seq++ {
			if !g.seqs[seq%spreads].has(seq) {
				t.Fatalf("group %d does not know record %d", i, seq)
			}
		}
	}
	if last := x.groups[len(x.groups)-1].next; last != 10*n || framed != 1 {
		t.Errorf("the last group ends at %d, %d groups are framed", last, framed)
	}
}
