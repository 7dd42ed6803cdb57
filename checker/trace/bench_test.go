package trace

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"surety/checker"
	"surety/checker/history"
)

// records is how many records the benchmarks read: two lines each.
const records = 200_000

// bigTrace writes them in order, or shuffled.
func bigTrace(b *testing.B, shuffled bool) string {
	b.Helper()
	lines := make([]int, 2*records)
	for i := range lines {
		lines[i] = i
	}
	if shuffled {
		rand.New(rand.NewPCG(1, 1)).Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	}
	path := filepath.Join(b.TempDir(), "big.jsonl")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(f)
	for _, line := range lines {
		i := line / 2
		key, seq := i%1000, i/1000
		if line%2 == 0 {
			fmt.Fprintf(w, `{"kind":"attempt","key":"order-%04d","seq":%d,"outcome":"ok","time":%d}`+"\n", key, seq, 1_000_000_000+i*1000)
			continue
		}
		fmt.Fprintf(w, `{"kind":"observation","key":"order-%04d","seq":%d,"partition":%d,"offset":%d,"time":%d}`+"\n",
			key, seq, key%4, i/4, 1_000_000_500+i*1000)
	}
	if err := errors.Join(w.Flush(), f.Close()); err != nil {
		b.Fatal(err)
	}
	return path
}

func perSecond(b *testing.B, lines int) {
	b.ReportMetric(float64(lines)*float64(b.N)/b.Elapsed().Seconds(), "lines/s")
}

func BenchmarkDecodeLine(b *testing.B) {
	lines := strings.Split(strings.TrimSpace(small), "\n")
	var l line
	b.ReportAllocs()
	for b.Loop() {
		for _, text := range lines {
			if err := l.decode([]byte(text)); err != nil {
				b.Fatal(err)
			}
		}
	}
	perSecond(b, len(lines))
}

func BenchmarkReadTrace(b *testing.B) {
	f, err := Open(b.Context(), bigTrace(b, false), nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		r, err := f.Reader(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		recs := make([]history.Record, 256)
		for err == nil {
			_, err = r.Read(recs)
		}
		if !errors.Is(err, io.EOF) {
			b.Fatal(err)
		}
	}
	perSecond(b, 2*records)
	if err := f.Close(); err != nil {
		b.Error(err)
	}
}

// BenchmarkJudgeTrace wants no order of keys: shuffled lines keep none. They are read
// three times; see the judge.
func BenchmarkJudgeTrace(b *testing.B) {
	for _, bb := range []struct {
		name     string
		shuffled bool
	}{{"in order", false}, {"shuffled", true}} {
		b.Run(bb.name, func(b *testing.B) {
			path := bigTrace(b, bb.shuffled)
			b.ReportAllocs()
			for b.Loop() {
				d, err := judgeBench(b, path)
				if err != nil || d.Verdict != checker.Upheld {
					b.Fatal(d.Verdict, err)
				}
			}
			perSecond(b, 2*records)
		})
	}
}

func judgeBench(b *testing.B, path string) (Document, error) {
	b.Helper()
	f, err := Open(b.Context(), path, nil)
	if err != nil {
		return Document{}, err
	}
	v, err := Judge(b.Context(), f, identity(declared["once"]))
	if err := errors.Join(err, f.Close()); err != nil {
		return Document{}, err
	}
	return Describe(v), nil
}
