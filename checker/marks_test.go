package checker

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestMarksKeepWhatWasSetLast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var m marks
		want := map[int64]uint8{}
		numbers := rapid.OneOf(
			rapid.Int64Range(-5, 40), rapid.Int64Range(0, 2000),
			rapid.SampledFrom([]int64{math.MinInt64, math.MinInt64 + 1, math.MaxInt64 - 1, math.MaxInt64}),
		)
		for range rapid.IntRange(0, 600).Draw(t, "changes") {
			seq, bits := numbers.Draw(t, "seq"), rapid.Uint8Range(0, 3).Draw(t, "bits")
			m.set(seq, bits)
			want[seq] = bits
		}
		for _, seq := range []int64{math.MinInt64, math.MinInt64 + 1, -6, 41, 2001, math.MaxInt64 - 1, math.MaxInt64} {
			want[seq] += 0
		}
		for seq, bits := range want {
			if got := m.get(seq); got != bits {
				t.Fatalf("%d has %d, want %d", seq, got, bits)
			}
		}
	})
}

func TestMarksOfRisingNumbersNeedNoRoomForEach(t *testing.T) {
	var m marks
	for seq := range int64(100000) {
		m.set(seq, 1)
		if seq >= 10 {
			m.set(seq-10, 3)
		}
	}
	if len(m.runs) > 4 || m.each != nil {
		t.Errorf("%d runs, dense %v", len(m.runs), m.each != nil)
	}
}

func TestMarksOfEveryOtherNumberGoOverToOneEach(t *testing.T) {
	var m marks
	for seq := range int64(10000) {
		m.set(2*seq, 1)
	}
	if m.each == nil || m.get(19998) != 1 || m.get(19999) != 0 {
		t.Errorf("%d runs, dense %v", len(m.runs), m.each != nil)
	}
}
