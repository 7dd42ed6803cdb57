package history

import (
	"slices"
	"testing"
)

// A harness killed at any byte leaves a file that reads as a prefix of what was
// recorded, and as cut off.
func TestTruncationAtEveryByteLeavesAPrefix(t *testing.T) {
	file := small(t)
	whole, cutOff := mustRead(t, file)
	if cutOff {
		t.Fatal("the whole file reads as cut off")
	}
	longest := 0
	for size := range len(file) {
		facts, cutOff, err := read(file[:size])
		if err != nil {
			t.Fatalf("cut at byte %d: %v", size, err)
		}
		if !cutOff {
			t.Errorf("cut at byte %d: not seen as cut off", size)
		}
		if len(facts) < longest || !slices.Equal(facts, whole[:len(facts)]) {
			t.Errorf("cut at byte %d: read %d records that are no prefix, or fewer than before", size, len(facts))
		}
		longest = len(facts)
	}
	if longest == 0 {
		t.Error("no whole block was read before the last one")
	}
}

func TestTailsThatADeadWriterLeaves(t *testing.T) {
	file := small(t)
	whole, _ := mustRead(t, file)
	at := blocks(file)
	last := at[len(at)-2]
	zeroed := slices.Clone(file)
	clear(zeroed[len(file)-20:])
	for _, row := range []struct {
		why  string
		file []byte
		read int
	}{
		{"a file system may grow a file before the data comes", append(slices.Clone(file), make([]byte, 5000)...), len(whole)},
		{"zeros may be fewer than the header of a block", append(slices.Clone(file), make([]byte, 5)...), len(whole)},
		{"the last block may be there in its length only", zeroed, 7},
		{"all records of the last block go with it", file[:last+blockHeader+1], 7},
	} {
		facts, cutOff := mustRead(t, row.file)
		if !cutOff || !slices.Equal(facts, whole[:row.read]) {
			t.Errorf("%s: read %d records, cut off %v; want %d, true", row.why, len(facts), cutOff, row.read)
		}
	}
}

func TestHistoryWithoutEndIsCutOff(t *testing.T) {
	for _, row := range []struct {
		why    string
		write  func(w *Writer)
		cutOff bool
	}{
		{"nothing was recorded", func(*Writer) {}, true},
		{"the run stopped before its end", func(w *Writer) { w.Append(KindPhase, Phase{Name: "load"}) }, true},
		{"the end is there", func(w *Writer) { w.Append(KindEnd, End{}) }, false},
		{"an interrupted run that closed its history says so itself", func(w *Writer) { w.Append(KindEnd, End{Interrupted: true}) }, false},
		{"a late record does not undo the end", func(w *Writer) { w.Append(KindEnd, End{}); w.Intent(Intent{}) }, false},
	} {
		if _, cutOff := mustRead(t, written(t, row.write)); cutOff != row.cutOff {
			t.Errorf("%s: cut off is %v, want %v", row.why, cutOff, row.cutOff)
		}
	}
}
