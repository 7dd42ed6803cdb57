package history

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"sync"
	"testing"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memory is a file that stays in memory. It can be read while it is written.
type memory struct {
	mu   sync.Mutex
	data []byte
}

func (m *memory) Write(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.data = append(m.data, p...)
	return len(p), nil
}

func (m *memory) Bytes() []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return bytes.Clone(m.data)
}

func (m *memory) Len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.data)
}

func (*memory) Sync() error  { return nil }
func (*memory) Close() error { return nil }

// written is the file that write leaves behind, closed without an error.
func written(t testing.TB, write func(w *Writer)) []byte {
	t.Helper()
	var file memory
	w, err := newWriter("test", &file, Header{Format: Format, Run: "r1"})
	if err != nil {
		t.Fatal(err)
	}
	write(w)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// fact is a record with its names resolved and its body kept.
type fact struct {
	Kind        Kind
	Intent      Intent
	Outcome     Outcome
	Observation Observation
	Name        string // key or reason
	Body        string
}

func factOf(r *Reader, rec *Record) fact {
	f := fact{Kind: rec.Kind}
	switch rec.Kind {
	case KindIntent:
		f.Intent, f.Name = rec.Intent, r.Name(rec.Intent.Key)
	case KindOutcome:
		f.Outcome, f.Name = rec.Outcome, r.Name(rec.Outcome.Reason)
	case KindObservation:
		f.Observation, f.Name = rec.Observation, r.Name(rec.Observation.Key)
	default:
		f.Body = string(rec.Body)
	}
	return f
}

// read is everything up to the end of the file or its first damage. The error is
// nil at the end.
func read(file []byte) (facts []fact, cutOff bool, err error) {
	r, err := newReader("test", bytes.NewReader(file))
	if err != nil {
		return nil, false, err
	}
	var rec Record
	for {
		err := r.Next(&rec)
		if errors.Is(err, io.EOF) {
			return facts, r.CutOff(), nil
		}
		if err != nil {
			return facts, r.CutOff(), err
		}
		facts = append(facts, factOf(r, &rec))
	}
}

// mustRead is read of a file that has no damage.
func mustRead(t testing.TB, file []byte) (facts []fact, cutOff bool) {
	t.Helper()
	facts, cutOff, err := read(file)
	if err != nil {
		t.Fatal(err)
	}
	return facts, cutOff
}

func mustJSON(t rapid.TB, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// rareKind is a kind that is written by Append.
type rareKind struct {
	kind Kind
	body any                // one body of it
	draw func(*rapid.T) any // any body of it
	copy func(*Record) (any, error)
}

func rare[T any](kind Kind, body T) rareKind {
	bodies := rapid.MakeCustom[T](anyField)
	return rareKind{
		kind: kind,
		body: body,
		draw: func(t *rapid.T) any { return bodies.Draw(t, "body") },
		copy: func(rec *Record) (any, error) {
			var v T
			err := rec.As(&v)
			return v, err
		},
	}
}

// anyField draws what reflection alone would draw out of range.
var anyField = rapid.MakeConfig{Types: map[reflect.Type]*rapid.Generator[any]{
	reflect.TypeFor[OutcomeClass](): rapid.SampledFrom([]OutcomeClass{Unknown, OK, Failed}).AsAny(),
	reflect.TypeFor[View]():         rapid.SampledFrom([]View{0, Committed, Uncommitted, Input}).AsAny(),
	reflect.TypeFor[Purpose]():      rapid.SampledFrom([]Purpose{0, Tail, Final}).AsAny(),
	reflect.TypeFor[Evidence](): rapid.SampledFrom([]Evidence{
		{}, {Shown: true, Text: "exited", Facts: map[string]any{"exit_ms": 12.5, "signal": "killed"}},
	}).AsAny(),
}}

var rareKinds = []rareKind{
	rare(KindSession, Session{Session: 1, Sink: "out", Topic: "out-1", View: Committed, Purpose: Final, At: 1}),
	rare(KindSessionEnd, SessionEnd{Session: 1, Error: "gone", Ends: map[int32]int64{0: 7, 1: 9}, At: 2}),
	rare(KindTxBegin, TxBegin{Tx: 3, Writer: 4, ID: "tx-<4>", At: 3}),
	rare(KindTxEnd, TxEnd{Tx: 3, Class: Failed, Reason: "aborted", At: 4}),
	rare(KindPoll, Poll{Session: 1, Partition: 2, From: 3, To: 4, At: 5}),
	rare(KindRebalance, Rebalance{Group: "g", Member: "m", Assigned: []int32{1, 2}, At: 6}),
	rare(KindCommittedOffset, CommittedOffset{Group: "g", Topic: "in", Partition: 1, Offset: 1 << 40, At: 7}),
	rare(KindFence, Fence{Partition: 1, Sink: "out", Round: 2, At: 8}),
	rare(KindFault, Fault{Step: 1, Name: "kill", Targets: []string{"kafka-1"}, Phase: FaultInEffect, At: 9}),
	rare(KindSample, Sample{Name: "lag_records", Of: "g", Value: 0.5, At: 10}),
	rare(KindPhase, Phase{Name: "load", At: 11}),
	rare(KindDrain, Drain{Complete: true, Drained: true, Lag: -1, At: 12}),
	rare(KindVersions, Versions{Of: map[string]string{"broker": "kafka 4.2.0"}, At: 13}),
	rare(KindEnd, End{Interrupted: true, At: 14}),
	rare(KindSignal, Signal{Of: "processor-1", Name: "state", Text: "RUNNING", At: 15}),
}

// small is a history with at least one record of every kind, in several blocks.
func small(t testing.TB) []byte {
	t.Helper()
	return written(t, func(w *Writer) {
		key, odd, reason := w.Name("key-1"), w.Name("\xff\xfe<&>"), w.Name("timed out")
		w.Intents([]Intent{{Attempt: 1, Writer: 1, Key: key, At: 10, Intended: 9}, {Attempt: 2, Key: odd, Seq: 1, Tx: 3, At: 20, Intended: 5, Event: 4999, Term: 7}})
		w.Outcome(Outcome{Attempt: 1, Class: OK, Partition: 2, Offset: 40, At: 30})
		flush(t, w)
		w.Outcome(Outcome{Attempt: 2, Class: Failed, Partition: -1, Offset: -1, Reason: reason, At: 40})
		w.Observations([]Observation{
			{Session: 1, Partition: 2, Offset: 40, Key: key, Index: 1, Append: 1700000000000, At: 50},
			{Session: 1, Partition: 2, Offset: 41, Corrupt: true, At: 60},
			{Session: 1, Partition: 2, Offset: 42, Key: key, Valued: true, Event: 5000, Altered: true, First: true, At: 70},
		})
		flush(t, w)
		for _, rare := range rareKinds {
			w.Append(rare.kind, rare.body)
		}
	})
}

func flush(t testing.TB, w *Writer) {
	t.Helper()
	if err := w.Flush(); err != nil {
		t.Error(err)
	}
}

// open reads a file that has a header.
func open(t testing.TB, file []byte) *Reader {
	t.Helper()
	r, err := newReader("test", bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return r
}
