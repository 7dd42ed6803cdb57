package checker

import (
	"encoding/json"
	"fmt"
	"io"
	"testing"

	"surety/checker/history"
)

// story builds a history record by record. Times rise by one microsecond a record.
type story struct {
	recs     []any
	names    map[string]history.Name
	texts    []string
	now      history.Nanos
	attempts uint64
	sessions uint32
}

func newStory() *story {
	return &story{names: map[string]history.Name{"": 0}, texts: []string{""}}
}

func (s *story) name(text string) history.Name {
	n, ok := s.names[text]
	if !ok {
		n = history.Name(len(s.texts))
		s.names[text] = n
		s.texts = append(s.texts, text)
	}
	return n
}

func (s *story) text(n history.Name) string { return s.texts[n] }

func (s *story) tick() history.Nanos {
	s.now += 1000
	return s.now
}

func (s *story) put(rec any) { s.recs = append(s.recs, rec) }

// intent and outcome are the two halves of try.
func (s *story) intent(key string, seq int64, tx uint64) uint64 {
	s.attempts++
	s.put(history.Intent{Attempt: s.attempts, Key: s.name(key), Seq: seq, Tx: tx, At: s.tick(), Intended: s.now})
	return s.attempts
}

func (s *story) outcome(attempt uint64, class history.OutcomeClass) {
	s.put(history.Outcome{Attempt: attempt, Class: class, Partition: -1, Offset: -1, At: s.tick()})
}

// try is an attempt with its outcome.
func (s *story) try(class history.OutcomeClass, key string, seqs ...int64) {
	for _, seq := range seqs {
		s.outcome(s.intent(key, seq, 0), class)
	}
}

// tx is a transaction of ok attempts that ends as class says.
func (s *story) tx(no uint64, class history.OutcomeClass, key string, seqs ...int64) {
	s.put(history.TxBegin{Tx: no, Writer: 1, ID: fmt.Sprintf("tx-%d", no), At: s.tick()})
	for _, seq := range seqs {
		s.outcome(s.intent(key, seq, no), history.OK)
	}
	s.put(history.TxEnd{Tx: no, Class: class, At: s.tick()})
}

// look is one reader session, written into while it is open.
type look struct {
	*story
	id   uint32
	next map[int32]int64
}

func (s *story) look(sink string, view history.View, purpose history.Purpose) *look {
	s.sessions++
	s.put(history.Session{Session: s.sessions, Sink: sink, Topic: sink, View: view, Purpose: purpose, At: s.tick()})
	return &look{s, s.sessions, map[int32]int64{}}
}

// see reads the next offsets of partition 0.
func (l *look) see(key string, seqs ...int64) *look {
	for _, seq := range seqs {
		l.at(0, l.next[0], key, seq)
	}
	return l
}

// at reads one position; its append time is its offset.
func (l *look) at(part int32, offset int64, key string, seq int64) *look {
	return l.full(history.Observation{Partition: part, Offset: offset, Key: l.name(key), Seq: seq, Append: offset + 1})
}

func (l *look) full(o history.Observation) *look {
	o.Session, o.At = l.id, l.tick()
	l.put(o)
	l.next[o.Partition] = max(l.next[o.Partition], o.Offset+1)
	return l
}

func (l *look) end(err string) { l.put(history.SessionEnd{Session: l.id, Error: err, At: l.tick()}) }

func (s *story) tail() *look  { return s.look("out", history.Committed, history.Tail) }
func (s *story) final() *look { return s.look("out", history.Committed, history.Final) }

// out is a sound final read of one key.
func (s *story) out(key string, seqs ...int64) {
	l := s.final()
	l.see(key, seqs...)
	l.end("")
}

// log is a sound read of the input log.
func (s *story) log(key string, seqs ...int64) {
	l := s.look("input", history.Input, history.Final)
	l.see(key, seqs...)
	l.end("")
}

func (s *story) fault(step int, phase history.FaultPhase, shown bool) {
	e := history.Evidence{Shown: shown}
	if phase == history.FaultInEffect {
		e.Text = "held 0 bytes"
	}
	s.put(history.Fault{Step: step, Name: "cut", Phase: phase, Evidence: e, At: s.tick()})
}

func (s *story) drain() { s.put(history.Drain{Drained: true, Fences: true, At: s.tick()}) }
func (s *story) end()   { s.put(history.End{At: s.tick()}) }

// close ends a story that drained.
func (s *story) close() {
	s.drain()
	s.end()
}

// open reads the story as the judge reads a file.
func (s *story) open() (source, error) { return &reading{story: s, cut: true}, nil }

type reading struct {
	*story
	i   int
	cut bool
}

func (r *reading) Name(n history.Name) string { return r.text(n) }
func (r *reading) CutOff() bool               { return r.cut }
func (r *reading) Close() error               { return nil }

// Read gives one record at a time: batches change no verdict.
func (r *reading) Read(recs []history.Record) (int, error) {
	if err := r.next(&recs[0]); err != nil {
		return 0, err
	}
	return 1, nil
}

func (r *reading) next(rec *history.Record) error {
	if r.i == len(r.recs) {
		return io.EOF
	}
	r.i++
	var err error
	switch v := r.recs[r.i-1].(type) {
	case history.Intent:
		*rec = history.Record{Kind: history.KindIntent, Intent: v}
	case history.Outcome:
		*rec = history.Record{Kind: history.KindOutcome, Outcome: v}
	case history.Observation:
		*rec = history.Record{Kind: history.KindObservation, Observation: v}
	case history.End:
		r.cut = false
		*rec = history.Record{Kind: history.KindEnd}
		rec.Body, err = json.Marshal(v)
	default:
		*rec = history.Record{Kind: kindOf(v)}
		if rec.Kind == 0 {
			return fmt.Errorf("no kind for %T", v)
		}
		rec.Body, err = json.Marshal(v)
	}
	return err
}

func kindOf(v any) history.Kind {
	switch v.(type) {
	case history.Session:
		return history.KindSession
	case history.SessionEnd:
		return history.KindSessionEnd
	case history.TxBegin:
		return history.KindTxBegin
	case history.TxEnd:
		return history.KindTxEnd
	case history.Poll:
		return history.KindPoll
	case history.Rebalance:
		return history.KindRebalance
	case history.CommittedOffset:
		return history.KindCommittedOffset
	case history.Fault:
		return history.KindFault
	case history.Drain:
		return history.KindDrain
	case history.End:
		return history.KindEnd
	}
	return 0
}

// file writes the story as a history file and returns its run directory.
func (s *story) file(t testing.TB) history.Dir {
	t.Helper()
	dir, err := history.MakeDir(t.TempDir() + "/run")
	if err != nil {
		t.Fatal(err)
	}
	w, err := history.Create(dir, history.Header{Run: "r1"})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range s.texts {
		w.Name(text)
	}
	for _, rec := range s.recs {
		s.write(w, rec)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func (*story) write(w *history.Writer, rec any) {
	switch v := rec.(type) {
	case history.Intent:
		w.Intent(v)
	case history.Outcome:
		w.Outcome(v)
	case history.Observation:
		w.Observation(v)
	default:
		w.Append(kindOf(v), v)
	}
}

// judgeStory judges in memory, with everything that the tests vary.
func judgeStory(t interface{ Fatal(...any) }, s *story, spec Spec, shards int, budget int64) *Verdict {
	j := judge{open: s.open, spec: spec, shards: shards, budget: budget}
	v, err := j.verdict()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func specOf(d Delivery, o Order) Spec {
	return Spec{Sinks: []SinkSpec{{Name: "out", Oracle: "identity", Guarantee: Guarantee{Delivery: d, Order: o}}}}
}
