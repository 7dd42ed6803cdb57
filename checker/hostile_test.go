package checker

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"surety/checker/history"
)

func judgeFile(path string, spec Spec) (*Verdict, error) {
	return Judge(func() (*history.Reader, error) { return history.Open(path) }, spec)
}

// A harness may die at any byte: what is left is judged, never upheld, and shows no
// loss.
func TestTruncationAtEveryByteIsInconclusive(t *testing.T) {
	s := newStory()
	s.try(ok, "k", 1, 2, math.MaxInt64)
	s.tail().see("k", 1, 2).end("")
	s.out("k", 1, 2, math.MaxInt64)
	s.close()
	whole, err := os.ReadFile(s.file(t).History())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "history.bin")
	for size := range len(whole) + 1 {
		if err := os.WriteFile(path, whole[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		v, err := judgeFile(path, specOf(ExactlyOnce, OrderKey))
		if err != nil {
			t.Fatalf("cut at byte %d: %v", size, err)
		}
		if want := size < len(whole); v.CutOff != want || (v.Answer == Inconclusive) != want || v.Sinks[0].Counts[Lost] != 0 {
			t.Fatalf("cut at byte %d of %d: %s", size, len(whole), show(v))
		}
	}
}

func TestStrangeHistories(t *testing.T) {
	for _, tt := range []struct {
		why  string
		tell func(s *story)
		want Answer
		lost int64
	}{
		{"nothing at all", func(*story) {}, Inconclusive, 0},
		{"nothing but the end", func(s *story) { s.end() }, Inconclusive, 0},
		{"one attempt", func(s *story) { s.try(ok, "k", 1) }, Inconclusive, 0},
		{"one observation of no session", func(s *story) { s.put(history.Observation{Session: 7, Seq: 1}); s.end() }, Inconclusive, 0},
		{"an outcome of no attempt", func(s *story) { s.outcome(99, ok); s.try(ok, "k", 1); s.out("k", 1); s.close() }, Upheld, 0},
		{"the ends of the sequence numbers", func(s *story) {
			s.try(ok, "k", math.MinInt64, 0, math.MaxInt64)
			s.out("k", math.MinInt64, math.MaxInt64)
			s.close()
		}, Violated, 1},
		{"the ends of the attempt numbers", func(s *story) {
			for _, no := range []uint64{0, math.MaxUint64, 1 << 63} {
				s.put(history.Intent{Attempt: no, Key: s.name("k"), Seq: int64(no >> 1)})
				s.outcome(no, ok)
			}
			s.out("k", 0, 1<<62, math.MaxInt64)
			s.close()
		}, Upheld, 0},
		{"the last offset that there is", func(s *story) {
			s.try(ok, "k", 1, 2)
			s.final().at(0, 0, "k", 1).full(history.Observation{Offset: math.MaxInt64, Key: s.name("k"), Seq: 2, Append: 1}).end("")
			s.close()
		}, Upheld, 0},
		{"keys of a mebibyte that differ in their last byte", func(s *story) {
			a, b := strings.Repeat("x", 1<<20), strings.Repeat("x", 1<<20-1)+"y"
			s.try(ok, a, 1)
			s.try(ok, b, 1)
			s.out(a, 1)
			s.close()
		}, Violated, 1},
		{"keys that are no UTF-8, two of them alike to whoever repairs them", func(s *story) {
			s.try(ok, "\xff", 1)
			s.try(ok, "\xfe", 1)
			s.out("\xff", 1)
			s.close()
		}, Violated, 1},
	} {
		s := newStory()
		tt.tell(s)
		v, err := judgeFile(string(s.file(t)), specOf(ExactlyOnce, OrderKey))
		if err != nil {
			t.Errorf("%s: %v", tt.why, err)
			continue
		}
		if v.Answer != tt.want || v.Sinks[0].Counts[Lost] != tt.lost {
			t.Errorf("%s: %s with %d lost, want %s with %d: %v", tt.why, v.Answer, v.Sinks[0].Counts[Lost], tt.want, tt.lost, v.Reasons)
		}
	}
}
