package trace

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"surety/checker"
	"surety/checker/history"
)

// records is how many records the benchmarks read: two lines each.
const records = 200_000

func bigTrace(b *testing.B) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "big.jsonl")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(f)
	for i := range records {
		key, seq := i%1000, i/1000
		fmt.Fprintf(w, `{"kind":"attempt","key":"order-%04d","seq":%d,"outcome":"ok","time":%d}`+"\n", key, seq, 1_000_000_000+i*1000)
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
	f, err := Open(b.Context(), bigTrace(b), nil)
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

func BenchmarkJudgeTrace(b *testing.B) {
	path := bigTrace(b)
	b.ReportAllocs()
	for b.Loop() {
		d, err := judgeBench(b, path)
		if err != nil || d.Verdict != checker.Upheld {
			b.Fatal(d.Verdict, err)
		}
	}
	perSecond(b, 2*records)
}

func judgeBench(b *testing.B, path string) (Document, error) {
	b.Helper()
	f, err := Open(b.Context(), path, nil)
	if err != nil {
		return Document{}, err
	}
	v, err := Judge(b.Context(), f, identity(declared["order"]))
	if err := errors.Join(err, f.Close()); err != nil {
		return Document{}, err
	}
	return Describe(v), nil
}
