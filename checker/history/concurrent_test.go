package history

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Writers of the driver, readers and the sampler share one history. The order of
// each of them is kept, and every outcome stands after its intent.
func TestConcurrentUse(t *testing.T) {
	const writers, each = 8, 2000
	file := written(t, func(w *Writer) {
		var wg sync.WaitGroup
		for i := range writers {
			wg.Go(func() {
				for seq := range each {
					attempt := uint64(i*each + seq)
					key := w.Name(fmt.Sprint("key-", i, "-", seq%50))
					w.Intent(Intent{Attempt: attempt, Writer: uint32(i), Key: key, Seq: int64(seq)})
					w.Outcome(Outcome{Attempt: attempt, Class: OK})
					w.Observations([]Observation{{Session: uint32(i), Key: key, Seq: int64(seq)}, {Session: uint32(i), Key: key, Seq: int64(seq)}})
					if seq%500 == 0 {
						w.Append(KindSample, Sample{Value: float64(seq)})
						flush(t, w)
					}
				}
			})
		}
		wg.Wait()
		w.Append(KindEnd, End{})
	})
	facts, cutOff := mustRead(t, file)
	if want := writers*each*4 + writers*each/500 + 1; len(facts) != want || cutOff {
		t.Fatalf("read %d records, cut off %v; want %d", len(facts), cutOff, want)
	}
	var next [writers]int64
	tried := make(map[uint64]bool)
	for _, f := range facts {
		switch f.Kind {
		case KindIntent:
			v := f.Intent
			if v.Seq != next[v.Writer] || f.Name != fmt.Sprint("key-", v.Writer, "-", v.Seq%50) {
				t.Fatalf("writer %d recorded seq %d of %s, want seq %d", v.Writer, v.Seq, f.Name, next[v.Writer])
			}
			next[v.Writer]++
			tried[v.Attempt] = true
		case KindOutcome:
			if !tried[f.Outcome.Attempt] {
				t.Fatalf("the outcome of attempt %d stands before its intent", f.Outcome.Attempt)
			}
		}
	}
}

// pass lets virtual time pass, with all that happens in it.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// What a killed harness loses is bounded in time, not only in size.
func TestRecordsReachTheFileWithoutAFlush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var file memory
		w, err := newWriter("x", &file, Header{Format: Format})
		if err != nil {
			t.Fatal(err)
		}
		before := file.Len()
		w.Intent(Intent{Attempt: 1})
		pass(flushEvery - 1)
		if file.Len() != before {
			t.Error("a record was written alone, before its time")
		}
		pass(1)
		if facts, _ := mustRead(t, file.Bytes()); len(facts) != 1 {
			t.Errorf("after %v the file has %d records, want 1", flushEvery, len(facts))
		}
		size := file.Len()
		pass(10 * flushEvery)
		if file.Len() != size {
			t.Error("empty blocks were written")
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestFullBlocksAreWrittenAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var file memory
		w, err := newWriter("x", &file, Header{Format: Format})
		if err != nil {
			t.Fatal(err)
		}
		for i := range uint64(blockFill) {
			w.Intent(Intent{Attempt: i})
		}
		synctest.Wait()
		for i, at := range blocks(file.Bytes())[1:] {
			if size := at - blocks(file.Bytes())[i]; i > 0 && (size < blockFill || size > blockFill+128) {
				t.Errorf("block %d has %d bytes, want about %d", i, size, blockFill)
			}
		}
		if file.Len() < 8*blockFill {
			t.Errorf("only %d bytes are written", file.Len())
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
}

// gated is a disk that takes nothing while its gate is closed.
type gated struct {
	memory
	gate chan struct{}
}

func (g *gated) Write(p []byte) (int, error) {
	<-g.gate
	return g.memory.Write(p)
}

// A disk that cannot keep up holds the recorders back. The time is known, and no
// record is left out for it.
func TestSlowDiskHoldsBackAndLosesNothing(t *testing.T) {
	disk := gated{gate: make(chan struct{}, 1)}
	disk.gate <- struct{}{} // for the header
	w, err := newWriter("x", &disk, Header{Format: Format})
	if err != nil {
		t.Fatal(err)
	}
	const records = 3 * maxQueued * blockFill / 4000 // of a little more: over what the queue takes
	done := make(chan struct{})
	go func() {
		defer close(done)
		long := strings.Repeat("x", 4000)
		for range records {
			w.Append(KindFault, Fault{Error: long})
		}
	}()
	held := func() bool {
		w.spool.mu.Lock()
		defer w.spool.mu.Unlock()
		return w.spool.held > 0
	}
	for deadline := time.Now().Add(30 * time.Second); !held(); {
		if time.Now().After(deadline) {
			t.Fatal("nobody was ever held back")
		}
		<-time.After(time.Millisecond)
	}
	select {
	case <-done:
		t.Error("the recorder ran ahead of a disk that takes nothing")
	default:
	}
	close(disk.gate)
	<-done
	if w.Waited() <= 0 {
		t.Error("the wait was not measured")
	}
	w.Append(KindEnd, End{})
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	r := open(t, disk.Bytes())
	var rec Record
	read := 0
	for ; r.Next(&rec) == nil; read++ {
	}
	if want := records + 1; read != want || r.CutOff() {
		t.Errorf("read %d of %d records, cut off %v", read, want, r.CutOff())
	}
}

func TestFastDiskHoldsNobodyBack(t *testing.T) {
	var file memory
	w, err := newWriter("x", &file, Header{Format: Format})
	if err != nil {
		t.Fatal(err)
	}
	for i := range uint64(100_000) { // a few blocks, which all fit into the queue
		w.Intent(Intent{Attempt: i})
	}
	if waited := w.Waited(); waited != 0 {
		t.Errorf("waited %v", waited)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}
