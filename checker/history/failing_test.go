package history

import (
	"errors"
	"math"
	"os"
	"strings"
	"syscall"
	"testing"
)

// fullDisk takes the given number of bytes, and of the write that exceeds it the
// part that fits.
type fullDisk struct {
	memory
	left   int
	writes int
	synced error
}

func (d *fullDisk) Write(p []byte) (int, error) {
	d.writes++
	n := min(len(p), d.left)
	d.left -= n
	_, _ = d.memory.Write(p[:n])
	if n < len(p) {
		return n, &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
	}
	return n, nil
}

func (d *fullDisk) Sync() error { return d.synced }

func TestFullDiskIsReportedAndTheRestCounted(t *testing.T) {
	disk := fullDisk{left: 1000}
	w, err := newWriter("run/history.bin", &disk, Header{Format: Format})
	if err != nil {
		t.Fatal(err)
	}
	w.Intent(Intent{Attempt: 1})
	flush(t, w)
	for range 5000 {
		w.Intent(Intent{Attempt: math.MaxUint64 / 3, At: math.MaxInt64})
		w.Intent(Intent{Attempt: 1})
	}
	first := w.Flush()
	if !errors.Is(first, syscall.ENOSPC) || !errors.Is(w.Err(), syscall.ENOSPC) {
		t.Fatalf("Flush returned %v and Err %v, want a full disk", first, w.Err())
	}
	disk.left = 1 << 20 // space comes back, and is not used: the hole would stay
	writes := disk.writes
	w.Name("late")
	w.Outcome(Outcome{Attempt: 1, Class: OK})
	w.Observations(make([]Observation, 3))
	w.Append(KindEnd, End{})
	err = w.Close()
	want := "history run/history.bin: a block cannot be written: no space left on device; records missing: 10005"
	if err == nil || err.Error() != want {
		t.Errorf("Close returned %v, want %s", err, want)
	}
	if again := w.Close(); again == nil || again.Error() != want {
		t.Errorf("the second Close returned %v", again)
	}
	if disk.writes != writes {
		t.Error("it wrote after the failure")
	}
	facts, cutOff := mustRead(t, disk.Bytes())
	if len(facts) != 1 || !cutOff {
		t.Errorf("read %d records, cut off %v; want the one before the failure and a cut-off", len(facts), cutOff)
	}
}

func TestDiskFullBeforeTheHeader(t *testing.T) {
	for _, left := range []int{0, 30} {
		if _, err := newWriter("x", &fullDisk{left: left}, Header{}); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("with %d bytes left: %v", left, err)
		}
	}
}

func TestRealFullDevice(t *testing.T) {
	f, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no /dev/full here: ", err)
	}
	defer f.Close() //nolint:errcheck // nothing was written
	_, err = newWriter("/dev/full", f, Header{})
	if !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("got %v, want a full disk", err)
	}
}

func TestFailedSyncIsReported(t *testing.T) {
	disk := fullDisk{left: 1 << 20, synced: syscall.EIO}
	w, err := newWriter("x", &disk, Header{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Sync(); !errors.Is(err, syscall.EIO) {
		t.Errorf("Sync returned %v", err)
	}
	if err := w.Close(); !errors.Is(err, syscall.EIO) {
		t.Errorf("Close returned %v", err)
	}
}

// One record that cannot be recorded does not end the history, but leaves it
// without an end: a history with a hole must not read as complete.
func TestRefusedRecordsLeaveTheHistoryWithoutEnd(t *testing.T) {
	for _, row := range []struct {
		why   string
		write func(w *Writer)
		want  string
	}{
		{"JSON has no NaN", func(w *Writer) { w.Append(KindSample, Sample{Value: math.NaN()}) }, "sample"},
		{"a packed kind has its own method", func(w *Writer) { w.Append(KindIntent, Intent{}) }, "intent cannot be appended"},
		{"kind 0 is none", func(w *Writer) { w.Append(0, Phase{}) }, "kind-0"},
		{"a kind that does not exist", func(w *Writer) { w.Append(lastKind+1, Phase{}) }, "kind-20"},
		{"a body must be a struct", func(w *Writer) { w.Append(KindPhase, nil) }, "no struct"},
		{"a view that does not exist", func(w *Writer) { w.Append(KindSession, Session{View: 9}) }, "there is no view 9"},
		{"a body over the bound", func(w *Writer) { w.Append(KindPhase, Phase{Name: strings.Repeat("x", maxBody)}) }, "over the bound"},
		{"a key of another history", func(w *Writer) { w.Intent(Intent{Key: 3}) }, "name 3"},
		{"the same for a batch", func(w *Writer) { w.Observations([]Observation{{Key: 3}}) }, "name 3"},
		{"a reason of another history", func(w *Writer) { w.Outcome(Outcome{Reason: 3}) }, "name 3"},
		{"a class that does not exist", func(w *Writer) { w.Outcome(Outcome{Class: 3}) }, "class-3"},
	} {
		var file memory
		w, err := newWriter("x", &file, Header{Format: Format})
		if err != nil {
			t.Fatal(err)
		}
		row.write(w)
		if err := w.Err(); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got %v, want an error with %q", row.why, err, row.want)
		}
		w.Intent(Intent{Attempt: 1})
		w.Append(KindEnd, End{})
		if err := w.Close(); err == nil || !strings.Contains(err.Error(), "records missing: 2") {
			t.Errorf("%s: Close returned %v", row.why, err)
		}
		if facts, cutOff := mustRead(t, file.Bytes()); len(facts) != 1 || !cutOff {
			t.Errorf("%s: read %d records, cut off %v; want the good one and a cut-off", row.why, len(facts), cutOff)
		}
	}
}

// A key that cannot be named must not turn into another key.
func TestNameOverTheBoundEndsTheHistory(t *testing.T) {
	var file memory
	w, err := newWriter("x", &file, Header{Format: Format})
	if err != nil {
		t.Fatal(err)
	}
	w.Intent(Intent{Key: w.Name(strings.Repeat("x", maxBody+1))})
	if err := w.Close(); err == nil || !strings.Contains(err.Error(), "over the bound") {
		t.Errorf("Close returned %v", err)
	}
	if facts, _ := mustRead(t, file.Bytes()); len(facts) != 0 {
		t.Errorf("read %+v", facts)
	}
}

func TestRecordsAfterCloseAreCounted(t *testing.T) {
	var file memory
	w, err := newWriter("x", &file, Header{Format: Format})
	if err != nil {
		t.Fatal(err)
	}
	w.Append(KindEnd, End{})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	w.Intent(Intent{})
	w.Append(KindPhase, Phase{})
	if err := w.Err(); err == nil || !strings.Contains(err.Error(), "records missing: 2") {
		t.Errorf("Err returned %v", err)
	}
	if _, cutOff := mustRead(t, file.Bytes()); cutOff {
		t.Error("the end is gone")
	}
}
