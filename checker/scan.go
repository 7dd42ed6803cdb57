package checker

import (
	"cmp"
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
	spec  Spec
	told  bool // by another tool, in any order
	known knowledge
	out   *router
	name  func(history.Name) string

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
	rereads  []int64  // per sink
	seen     []seen
	input    inputLog
	drain    *history.Drain
	ended    bool
	unknown  []*transaction
	// snapshots says which sinks a tail took atomic looks at, of those that promise
	// whole transactions.
	snapshots []bool
	focus     *history.Wanted // nil: all
	logs      *logFold        // nil: not in this pass
}

// knowledge is what passes over a history have learned that a pass must know from
// its beginning.
type knowledge struct {
	complete []bool // per sink: judge it by its final read alone
	windows  []opening
	close    map[laneKey]*closeUp
	// everyAttempt tells of each attempt when it is made, not only of those that may
	// be looked for before they settle.
	everyAttempt bool
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
	near  [64]*lane // of the lowest partitions
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

func newScan(spec Spec, told bool, known knowledge, out *router) *scan {
	s := &scan{
		spec: spec, told: told, known: known, out: out,
		sinks:     map[string]int{},
		sessions:  map[uint32]*session{},
		lanes:     map[laneKey]*lane{},
		windows:   newWindows(spec.Faults, known.windows),
		seen:      make([]seen, len(spec.Sinks)),
		rereads:   make([]int64, len(spec.Sinks)),
		snapshots: make([]bool, len(spec.Sinks)),
	}
	s.outputs = newOutputs(spec, told, func(n history.Name) string { return s.name(n) })
	s.attempts = newAttempts(out, s.outputs, known.everyAttempt)
	s.details = slices.ContainsFunc(spec.Sinks, SinkSpec.special)
	s.attempts.details = s.details
	for i, sink := range spec.Sinks {
		s.sinks[sink.Name] = i
		s.tallies = append(s.tallies, newTally())
	}
	return s
}

// run reads src to its end. An error means that the history cannot be read.
func (s *scan) run(src source) (err error) {
	s.name = src.Name
	if s.known.windows == nil {
		s.known.windows = foresee(src, s.spec.Faults)
		s.windows = newWindows(s.spec.Faults, s.known.windows)
	}
	ahead := readAhead(src)
	defer ahead.stop()
	beside := s.logs.follow(ahead)
	defer func() { err = cmp.Or(err, beside.end()) }()
	for {
		batch := ahead.next(beside.holders())
		beside.take(batch)
		for i := range batch.list {
			if err = s.record(&batch.list[i]); err != nil {
				break
			}
		}
		err = cmp.Or(err, batch.err)
		ahead.drop(batch)
		switch {
		case errors.Is(err, io.EOF):
			s.ended = s.ended && !src.CutOff()
			s.unknown = s.attempts.finish()
			s.input.sound = s.sound(inputSink)
			s.windows.finish()
			for i, t := range s.tallies {
				t.count(Reread, s.rereads[i], 0)
			}
			return nil
		case err != nil:
			return err
		}
	}
}

// learn adds what this pass has found out to what it knew, and says whether that
// makes another pass necessary.
func (s *scan) learn() (knowledge, bool) {
	more, again := s.known, false
	more.complete = make([]bool, len(s.spec.Sinks))
	for i := range more.complete {
		more.complete[i] = s.sound(i)
	}
	again = !slices.Equal(more.complete, s.known.complete)
	again = again || s.windows.unforeseen()
	more.windows = s.windows.openings()
	for key, l := range s.lanes {
		doubts, any := l.doubts()
		if !any {
			continue
		}
		if more.close == nil {
			more.close = map[laneKey]*closeUp{}
		}
		if more.close[key] == nil {
			more.close[key] = &closeUp{}
		}
		more.close[key].merge(doubts)
		again = true
	}
	return more, again
}

func (s *scan) record(rec *history.Record) error {
	if s.focus != nil && passesOver(s.focus, rec) {
		return nil
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
	if s.watchesHalves(&v) {
		s.snapshots[sink] = true
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
	if part >= 0 && int(part) < len(ses.near) && ses.near[part] != nil {
		ses.part, ses.lane = part, ses.near[part]
		return ses.lane
	}
	l := ses.lanes[part]
	if l == nil {
		key := laneKey{ses.sink, ses.Topic, part}
		if l = s.lanes[key]; l == nil {
			l = &lane{id: uint32(len(s.lanes)), each: s.told || s.focus != nil, close: s.known.close[key]} //nolint:gosec // memory ends first
			s.lanes[key] = l
		}
		ses.lanes[part] = l
		if part >= 0 && int(part) < len(ses.near) {
			ses.near[part] = l
		}
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
	case ses.Purpose == history.Final, !s.known.complete[ses.sink] && o.Offset >= 0:
		s.judged(ses.sink, l, o)
	default:
		s.tail(ses.sink, l, o)
	}
}

func (s *scan) inputLog(l *lane, o *history.Observation) {
	if o.Offset >= 0 {
		var what sight
		if p := l.position(o.Offset); p != nil {
			what, _, _ = p.judge(o)
		} else {
			what, _ = l.judge(o)
		}
		if what != fresh {
			return
		}
	}
	if o.Corrupt {
		s.input.corrupt++
		return
	}
	if s.outputs.any {
		s.outputs.logged(l.id, o)
	}
	s.route(logged, 0, l, o, o.At)
}

func (s *scan) judged(sink int, l *lane, o *history.Observation) {
	s.seen[sink].judged++
	s.attempts.examined.Observations++
	at := o.At
	if o.Offset >= 0 {
		var what sight
		if p := l.position(o.Offset); p != nil {
			was, conflict := p.content, false
			what, at, conflict = p.judge(o)
			if conflict {
				s.inconsistent(sink, was, o)
			}
		} else {
			what, at = l.judge(o)
		}
		switch what {
		case again:
			s.rereads[sink]++
			return
		case other:
			return
		}
	}
	if o.Corrupt {
		f := Finding{Class: Corrupted, At: at, Note: "the checksum or the identity does not match"}
		s.positional(sink, f, o, at)
		return
	}
	if s.outputs.any && s.outputs.sighted(sink, l.id, o, at) {
		return
	}
	s.attempts.tellOpen()
	s.route(sighted, sink, l, o, at)
}

func (s *scan) tail(sink int, l *lane, o *history.Observation) {
	if o.Offset >= 0 {
		if p := l.position(o.Offset); p != nil {
			was := p.content
			if p.tail(o) {
				s.inconsistent(sink, was, o)
			}
		} else {
			l.tail(o, s.windows.after(o.At))
		}
	}
	if !o.Corrupt && s.outputs.sinks[sink] == nil { // of results only the final read counts
		s.route(tailed, sink, l, o, o.At)
	}
}

func (s *scan) route(kind eventKind, sink int, l *lane, o *history.Observation, at history.Nanos) {
	if ev := s.out.slot(kind, o.Key); ev != nil {
		ev.sink, ev.lane, ev.after = uint16(sink), l.id, s.windows.after(at) //nolint:gosec // a spec has few sinks
		ev.seq, ev.index = o.Seq, o.Index
		ev.part, ev.offset, ev.append, ev.at = o.Partition, o.Offset, o.Append, at
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
	s.positional(sink, Finding{Class: Inconsistent, Origin: AtSink, At: o.At, Note: note}, o, o.At)
}

// positional adds a finding that a position alone decides.
func (s *scan) positional(sink int, f Finding, o *history.Observation, at history.Nanos) {
	if !o.Corrupt {
		f.Key, f.Seq, f.Index = s.name(o.Key), o.Seq, o.Index
	}
	f.Sightings = []Sighting{{o.Partition, o.Offset, at}}
	s.tallies[sink].add(f, at)
}
