package checker

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"surety/checker/history"
)

// scan is one pass over a history. It tells positions apart, joins outcomes with
// their intents, follows the faults, and routes what is left of a key's facts to the
// folds, in the order of the history.
type scan struct {
	spec     Spec
	complete []bool // per sink: judge it by its final read alone
	out      *router
	name     func(history.Name) string

	sinks    map[string]int
	sessions map[uint32]*session
	lastID   uint32
	last     *session
	lanes    map[laneKey]*lane

	outputs  *outputs
	details  bool // some sink asks for more than who a record is
	attempts *attempts
	windows  *windows
	tallies  []*tally // per sink: what positions alone decide
	seen     []seen
	input    inputLog
	drain    *history.Drain
	ended    bool
	unknown  []*transaction
	logs     *logFold // nil: not in this pass
}

// seen counts what came out of one sink.
type seen struct {
	any    bool // even a fence, in any committed view
	judged int64
}

type inputLog struct {
	sound   bool
	corrupt int64
}

// session is a reader session with the lanes that it reads.
type session struct {
	history.Session
	sink  int // index in the spec; -1 for the input log; -2 for what is not judged
	ended bool
	err   string
	lanes map[int32]*lane
	part  int32
	lane  *lane // of part
}

const (
	inputSink = -1
	noSink    = -2
)

type laneKey struct {
	sink  int
	topic string
	part  int32
}

func newScan(spec Spec, told bool, complete []bool, out *router) *scan {
	s := &scan{
		spec: spec, complete: complete, out: out,
		sinks:    map[string]int{},
		sessions: map[uint32]*session{},
		lanes:    map[laneKey]*lane{},
		windows:  newWindows(spec.Faults),
		seen:     make([]seen, len(spec.Sinks)),
	}
	s.outputs = newOutputs(spec, told, func(n history.Name) string { return s.name(n) })
	s.attempts = newAttempts(out, s.outputs)
	s.details = slices.ContainsFunc(spec.Sinks, SinkSpec.special)
	s.attempts.details = s.details
	for i, sink := range spec.Sinks {
		s.sinks[sink.Name] = i
		s.tallies = append(s.tallies, newTally())
	}
	return s
}

// run reads src to its end. An error means that the history cannot be read.
func (s *scan) run(src source) error {
	s.name = src.Name
	var rec history.Record
	for {
		switch err := src.Next(&rec); {
		case errors.Is(err, io.EOF):
			s.ended = s.ended && !src.CutOff()
			s.unknown = s.attempts.finish()
			s.input.sound = s.sound(inputSink)
			return nil
		case err != nil:
			return err
		}
		if err := s.record(&rec); err != nil {
			return err
		}
	}
}

func (s *scan) record(rec *history.Record) error {
	if s.logs != nil {
		if err := s.logs.record(rec); err != nil {
			return err
		}
	}
	switch rec.Kind {
	case history.KindIntent:
		s.windows.see(rec.Intent.At)
		s.windows.intent(&rec.Intent)
		s.attempts.intent(&rec.Intent)
	case history.KindOutcome:
		s.windows.see(rec.Outcome.At)
		s.attempts.outcome(&rec.Outcome)
	case history.KindObservation:
		s.windows.see(rec.Observation.At)
		s.observation(&rec.Observation)
	case history.KindSession:
		return body(rec, s.session)
	case history.KindSessionEnd:
		return body(rec, s.sessionEnd)
	case history.KindTxBegin:
		return body(rec, s.attempts.txBegin)
	case history.KindTxEnd:
		return body(rec, s.attempts.txEnd)
	case history.KindFault:
		return body(rec, func(f history.Fault) {
			s.windows.see(f.At)
			s.windows.fault(&f)
		})
	case history.KindDrain:
		return body(rec, func(d history.Drain) {
			s.windows.see(d.At)
			s.drain = &d
		})
	case history.KindEnd:
		return body(rec, func(e history.End) {
			s.windows.see(e.At)
			s.ended = !e.Interrupted
		})
	}
	return nil
}

func body[T any](rec *history.Record, use func(T)) error {
	var v T
	if err := rec.As(&v); err != nil {
		return err
	}
	use(v)
	return nil
}

func (s *scan) session(v history.Session) {
	ses := &session{Session: v, sink: noSink, lanes: map[int32]*lane{}}
	sink, known := s.sinks[v.Sink]
	switch {
	case v.View == history.Input && v.Purpose == history.Final:
		ses.sink = inputSink
	case v.View == history.Committed && known:
		ses.sink = sink
	}
	s.sessions[v.Session], s.last = ses, nil
}

func (s *scan) sessionEnd(e history.SessionEnd) {
	if ses := s.sessions[e.Session]; ses != nil {
		ses.ended, ses.err = true, e.Error
	}
}

// sound says whether a sink (or the input log) was read whole: by final sessions
// that all ended without an error.
func (s *scan) sound(sink int) bool {
	n := 0
	for _, ses := range s.sessions {
		if ses.sink == sink && ses.Purpose == history.Final {
			if n++; !ses.ended || ses.err != "" {
				return false
			}
		}
	}
	return n > 0
}

// watched says whether a tail followed a sink to the end of the run.
func (s *scan) watched(sink int) bool {
	for _, ses := range s.sessions {
		if ses.sink == sink && ses.Purpose == history.Tail && ses.ended && ses.err == "" {
			return true
		}
	}
	return false
}

// lane finds the partition that an observation stands in.
func (s *scan) lane(ses *session, part int32) *lane {
	if ses.lane != nil && ses.part == part {
		return ses.lane
	}
	l := ses.lanes[part]
	if l == nil {
		key := laneKey{ses.sink, ses.Topic, part}
		if l = s.lanes[key]; l == nil {
			l = &lane{id: uint32(len(s.lanes))} //nolint:gosec // memory ends first
			s.lanes[key] = l
		}
		ses.lanes[part] = l
	}
	ses.part, ses.lane = part, l
	return l
}

func (s *scan) observation(o *history.Observation) {
	if s.last == nil || s.lastID != o.Session {
		s.lastID, s.last = o.Session, s.sessions[o.Session]
	}
	ses := s.last
	if ses == nil || ses.sink == noSink {
		return
	}
	if ses.sink != inputSink {
		s.seen[ses.sink].any = true
		if ses.Purpose == history.Tail && !o.Fence && !o.Corrupt {
			s.windows.tail(o)
		}
	}
	if o.Fence {
		return
	}
	l := s.lane(ses, o.Partition)
	switch {
	case ses.sink == inputSink:
		s.inputLog(l, o)
	case ses.Purpose == history.Final, !s.complete[ses.sink] && o.Offset >= 0:
		s.judged(ses.sink, l, o)
	default:
		s.tail(ses.sink, l, o)
	}
}

func (s *scan) inputLog(l *lane, o *history.Observation) {
	if o.Offset >= 0 {
		if sight, _, _ := l.positions.get(o.Offset).judge(o); sight != fresh {
			return
		}
	}
	if o.Corrupt {
		s.input.corrupt++
		return
	}
	s.outputs.logged(l.id, o)
	s.route(logged, 0, l, o, o.At)
}

func (s *scan) judged(sink int, l *lane, o *history.Observation) {
	s.seen[sink].judged++
	s.attempts.examined.Observations++
	at := o.At
	if o.Offset >= 0 {
		p := l.positions.get(o.Offset)
		was := p.content
		sight, first, conflict := p.judge(o)
		if conflict {
			s.inconsistent(sink, was, o)
		}
		switch sight {
		case again:
			s.tallies[sink].count(Reread, 1)
			return
		case other:
			return
		}
		at = first
	}
	if o.Corrupt {
		f := Finding{Class: Corrupted, At: at, Note: "the checksum or the identity does not match"}
		s.positional(sink, f, o, at)
		return
	}
	if s.outputs.sighted(sink, l.id, o, at) {
		return
	}
	s.route(sighted, sink, l, o, at)
}

func (s *scan) tail(sink int, l *lane, o *history.Observation) {
	if o.Offset >= 0 {
		p := l.positions.get(o.Offset)
		was := p.content
		if p.tail(o) {
			s.inconsistent(sink, was, o)
		}
	}
	if !o.Corrupt {
		s.route(tailed, sink, l, o, o.At)
	}
}

func (s *scan) route(kind eventKind, sink int, l *lane, o *history.Observation, at history.Nanos) {
	if ev := s.out.slot(kind, o.Key); ev != nil {
		*ev = event{
			kind: kind, sink: uint16(sink), lane: l.id, //nolint:gosec // a spec has few sinks
			key: o.Key, seq: o.Seq, index: o.Index,
			part: o.Partition, offset: o.Offset, append: o.Append, at: at,
		}
		if s.details && (o.Valued || o.Altered || o.Event != 0) {
			ev.more = &details{value: o.Value, time: o.Event, valued: o.Valued, altered: o.Altered}
		}
	}
}

func (s *scan) inconsistent(sink int, was content, o *history.Observation) {
	note := fmt.Sprintf("this position was first seen with key %s sequence %d", s.name(was.key), was.seq)
	if was.corrupt {
		note = "this position was first seen with a corrupted record"
	}
	f := Finding{Class: Inconsistent, Origin: AtSink, At: o.At, Note: note}
	s.positional(sink, f, o, o.At)
}

// positional adds a finding that a position alone decides.
func (s *scan) positional(sink int, f Finding, o *history.Observation, at history.Nanos) {
	if !o.Corrupt {
		f.Key, f.Seq, f.Index = s.name(o.Key), o.Seq, o.Index
	}
	f.Sightings = []Sighting{{o.Partition, o.Offset, at}}
	s.tallies[sink].add(f, at)
}
