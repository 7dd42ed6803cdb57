package checker

import (
	"fmt"
	"testing"

	"surety/checker/history"
)

// big tells a run of n records over 1,000 keys, read by a tail, from the input
// log and at the end. Every dup-th record comes out twice; 0 = none.
func big(n, dup int) *story {
	const partitions = 4
	s := newStory()
	keys := make([]string, 1000)
	for i := range keys {
		keys[i] = fmt.Sprint("key-", i)
		s.name(keys[i])
	}
	each := func(visit func(key string, seq int64, part int32)) {
		for i := range n {
			k := i % len(keys)
			visit(keys[k], int64(i/len(keys)), int32(k%partitions))
		}
	}
	copies := 0
	read := func(l *look, o history.Observation) {
		copies++
		o.Offset, o.Append = l.next[o.Partition], l.next[o.Partition]+1
		l.full(o)
		if dup > 0 && copies%dup == 0 {
			o.Offset++
			l.full(o)
		}
	}
	var sent []history.Observation
	tail := s.tail()
	each(func(key string, seq int64, part int32) {
		s.try(ok, key, seq)
		sent = append(sent, history.Observation{Partition: part, Key: s.name(key), Seq: seq})
		if i := len(sent) - 500; i >= 0 {
			read(tail, sent[i])
		}
	})
	s.drain()
	for _, l := range []*look{s.look("input", history.Input, history.Final), s.final()} {
		copies = 0
		for _, o := range sent {
			read(l, o)
		}
		l.end("")
	}
	s.end()
	return s
}

// BenchmarkJudge measures what verify check does with a stored run: decoding, the
// checks of its sink and of its logs. An attempt with its outcome is one record.
func BenchmarkJudge(b *testing.B) {
	for _, bb := range []struct {
		name string
		dup  int
	}{{"clean", 0}, {"duplicates in every key", 97}} {
		b.Run(bb.name, func(b *testing.B) {
			s := big(400_000, bb.dup)
			records := int64(0)
			for _, rec := range s.recs {
				switch rec.(type) {
				case history.Intent, history.Observation:
					records++
				}
			}
			dir := s.file(b)
			s = nil // its records are not what is measured
			spec := specOf(AtLeastOnce, OrderKey)
			b.ReportAllocs()
			cpu := cpuTime()
			for b.Loop() {
				v, err := Judge(func() (*history.Reader, error) { return history.Open(string(dir)) }, spec)
				if err != nil {
					b.Fatal(err)
				}
				if v.Answer != Upheld {
					b.Fatal(show(v))
				}
			}
			perRecord(b, records, cpu)
		})
	}
}
