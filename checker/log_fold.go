package checker

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"surety/checker/history"
)

// logFold judges the logs of a run by themselves: what one partition holds at
// which offset, as acknowledgements and readings tell it. A record is its value
// (key, sequence, index) within its partition; whether it came through a processor
// is not asked. The anomalies are those of Jepsen's Kafka workload (jepsen.tests.
// kafka), in which a process is a writer of the driver or a reader session, a key
// is a partition, and what is internal happens within one transaction or poll.
//
// The first pass keeps sums over chunks of offsets; see plane. Where they differ,
// and for values at offsets that nobody acknowledged, the history is read again.
// Memory goes with partitions, sessions, what is in flight, and anomalies.
type logFold struct {
	walk    logWalk
	shift   uint
	budget  int64 // of facts held at once
	order   sendOrder
	acks    parts[plane]
	located int64 // acknowledged and not aborted sends whose position is known
	placed  int64 // aborted ones as well
	logs    map[string]*logState
	sends   *tally // findings about sends, until it is known which log they went to
	commits map[commitKey]history.CommittedOffset
	name    func(history.Name) string
}

// logState is one log: a topic, or a sink without one.
type logState struct {
	topic string
	sinks []string // that read it, by name
	input bool     // the driver writes it
	tally *tally
	polls bool // some session told where its polls begin
	anyTx bool // some poll belonged to a transaction
	group bool // committed offsets were watched
}

type commitKey struct {
	group, topic string
	part         int32
}

func newLogFold(name func(history.Name) string) *logFold {
	f := &logFold{
		shift: chunkBits, budget: factBudget, logs: map[string]*logState{},
		sends: newTally(), commits: map[commitKey]history.CommittedOffset{}, name: name,
	}
	f.walk = newLogWalk(f)
	f.order = sendOrder{writers: map[uint32]*sendQueue{}, back: f.sentBack}
	return f
}

// record takes the next record of the history.
func (f *logFold) record(rec *history.Record) error {
	switch rec.Kind {
	case history.KindIntent:
		f.order.sent(&rec.Intent)
	case history.KindCommittedOffset:
		return body(rec, f.committed)
	}
	if err := f.walk.record(rec); err != nil {
		return err
	}
	if rec.Kind == history.KindSession {
		return body(rec, f.session)
	}
	return nil
}

func (f *logFold) log(topic string) *logState {
	l := f.logs[topic]
	if l == nil {
		l = &logState{topic: topic, tally: newTally()}
		f.logs[topic] = l
	}
	return l
}

func (f *logFold) session(s history.Session) {
	l := f.log(cmp.Or(s.Topic, s.Sink))
	if s.View == history.Input {
		l.input = true
	} else if !slices.Contains(l.sinks, s.Sink) {
		l.sinks = append(l.sinks, s.Sink)
	}
}

func (f *logFold) settled(s *attempt, class history.OutcomeClass, _ bool) {
	f.order.settled(s, s.class == history.OK)
	if s.class == history.OK && s.located() {
		f.placed++
	}
	if class != history.OK || !s.located() {
		return
	}
	f.located++
	p := f.acks.find(s.part)
	if p == nil {
		exact := newPlane(f.shift, true)
		p = &exact
		f.acks.set(s.part, p)
	}
	p.add(s.offset, s.entry().hash(s.offset))
}

// sentBack: an acknowledged send of a writer stands at or below the one that it
// sent before into that partition. Records of others between the two are legal.
func (f *logFold) sentBack(prev, s *placedSend) {
	class := NonmonotonicSend
	if s.tx != 0 && s.tx == prev.tx {
		class = IntNonmonotonicSend
	}
	f.sends.add(Finding{
		Class: class, Key: f.name(history.Name(s.entry.key)), Seq: s.entry.seq, At: s.at,
		Attempt: &AttemptRef{Outcome: history.OK.String(), At: s.at, Partition: s.part, Offset: s.offset},
		Note:    fmt.Sprintf("its writer's send before it got offset %d of this partition", prev.offset),
	}, s.at)
}

func (f *logFold) read(l *logLane, o *history.Observation, s step) {
	ses := l.session
	if l.plane.chunks == nil {
		l.plane, l.ends = newPlane(f.shift, false), f.walk.ends(l)
		f.logs[ses.log].polls = f.logs[ses.log].polls || ses.told
	}
	if s.compare && o.Offset <= s.prev {
		class := NonmonotonicPoll
		if s.within {
			class = IntNonmonotonicPoll
		}
		f.polled(class, l, o, fmt.Sprintf("session %d, the %s of %s, had just read offset %d", ses.Session.Session, ses.Purpose, ses.Sink, s.prev))
	}
	if o.Offset <= l.high {
		l.plane.suspect(o.Offset)
	}
	for len(l.ends) > 0 && l.ends[0] < o.Offset {
		l.pass()
	}
	if o.Fence {
		return
	}
	if l.poll.Tx != 0 {
		f.logs[ses.log].anyTx = true
		if ses.View != history.Uncommitted && f.walk.own(l, o) {
			f.polled(PrecommittedRead, l, o, fmt.Sprintf("read by a poll of its own transaction %d, before that was committed", l.poll.Tx))
		}
	}
	e := entryOf(o)
	l.plane.add(o.Offset, e.hash(o.Offset))
	if ses.View == history.Input && ses.Purpose == history.Final {
		if p := f.acks.find(o.Partition); f.located > 0 && (p == nil || !p.has(o.Offset)) {
			l.extra = append(l.extra, loose{o.Offset, e, o.At})
		}
	}
}

// polled counts a finding about one record that a session read.
func (f *logFold) polled(c Class, l *logLane, o *history.Observation, note string) {
	fd := Finding{Class: c, At: o.At, Note: note, Sightings: []Sighting{{o.Partition, o.Offset, o.At}}}
	if !o.Corrupt {
		fd.Key, fd.Seq, fd.Index = f.name(o.Key), o.Seq, o.Index
	}
	f.logs[l.session.log].tally.add(fd, o.At)
}

// committed: a group's committed offset went back. No scenario declares a reset,
// so each one counts. It explains duplicates and breaks nothing by itself.
func (f *logFold) committed(c history.CommittedOffset) {
	k := commitKey{c.Group, c.Topic, c.Partition}
	before, known := f.commits[k]
	f.commits[k] = c
	l := f.log(c.Topic)
	l.group = true
	if known && c.Offset < before.Offset {
		l.tally.add(Finding{
			Class: OffsetRegression, At: c.At, Sightings: []Sighting{{c.Partition, c.Offset, c.At}},
			Note: fmt.Sprintf("group %s had committed offset %d and went back to %d", c.Group, before.Offset, c.Offset),
		}, c.At)
	}
}

// inputLog is the log that the driver writes to, nil where nobody read it.
func (f *logFold) inputLog() *logState {
	for _, topic := range slices.Sorted(maps.Keys(f.logs)) {
		if f.logs[topic].input {
			return f.logs[topic]
		}
	}
	return nil
}

// whole is the reading that says what a log holds at the end: a final one that
// came to its end without an error. The input's own comes first.
func (f *logFold) whole(topic string) (found *logSession) {
	for _, id := range slices.Sorted(maps.Keys(f.walk.sessions)) {
		s := f.walk.sessions[id]
		if s.log != topic || s.Purpose != history.Final || !s.ended || s.err != "" {
			continue
		}
		if found == nil || s.View == history.Input && found.View != history.Input {
			found = s
		}
	}
	return found
}
