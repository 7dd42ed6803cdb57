package checker

import (
	"cmp"
	"slices"

	"surety/checker/history"
)

// logWalk goes through a history as the checks of logs need it: sends joined with
// their answers and transactions, and readings in the order of each session. It
// holds what is in flight, and nothing else of the records.
type logWalk struct {
	to       logVisitor
	open     pending
	txs      map[uint64]*sendTx
	sessions map[uint32]*logSession
	last     *logSession
}

// logVisitor is one look at a history.
type logVisitor interface {
	// settled tells a send with its final class; aborted with its transaction.
	settled(s *attempt, class history.OutcomeClass, aborted bool)
	// read tells a record with a position. The lane is before it.
	read(l *logLane, o *history.Observation, s step)
}

// located says whether it is known where an attempt went, and entry what it wrote.
func (a *attempt) located() bool { return a.part >= 0 && a.offset >= 0 }
func (a *attempt) entry() entry  { return entry{key: uint32(a.key), seq: a.seq} }

type sendTx struct {
	ended   bool
	class   history.OutcomeClass
	members []uint64 // attempts, until it ends
}

// logSession is a reader session with what it has read of each partition.
type logSession struct {
	history.Session
	log   string // topic; without one, the sink
	ended bool
	err   string
	told  bool // its records say where a poll begins; see history.Observation.First
	begun bool
	lanes parts[logLane]
	lane  *logLane // read last
}

// logLane is one session's way through one partition.
type logLane struct {
	session   *logSession
	part      int32
	any       bool // prev is to be compared with
	prev      int64
	low, high int64 // of all that were read; high is below 0 before the first
	poll      history.Poll
	plane     plane
	ends      []int64          // at which other sessions stood when this one began, rising
	upTo      map[int64]*chunk // what the chunk of such an end held up to it
	extra     []loose          // read, but not acknowledged there
}

// loose is a position that stands alone.
type loose struct {
	offset int64
	entry  entry
	at     history.Nanos
}

// step is how a session came to a record.
type step struct {
	compare bool  // there is a record before it
	within  bool  // read by the same poll as that
	prev    int64 // its offset
}

func newLogWalk(to logVisitor) logWalk {
	return logWalk{to: to, txs: map[uint64]*sendTx{}, sessions: map[uint32]*logSession{}}
}

func (w *logWalk) record(rec *history.Record) error {
	switch rec.Kind {
	case history.KindIntent:
		w.intent(&rec.Intent)
	case history.KindOutcome:
		w.outcome(&rec.Outcome)
	case history.KindObservation:
		if rec.Observation.Offset >= 0 {
			w.observation(&rec.Observation)
		}
	case history.KindTxEnd:
		return body(rec, w.txEnd)
	case history.KindSession:
		return body(rec, func(s history.Session) {
			w.sessions[s.Session] = &logSession{Session: s, log: cmp.Or(s.Topic, s.Sink)}
			w.last = nil
		})
	case history.KindSessionEnd:
		return body(rec, func(e history.SessionEnd) {
			if s := w.sessions[e.Session]; s != nil {
				s.ended, s.err = true, e.Error
			}
		})
	case history.KindPoll:
		return body(rec, w.poll)
	case history.KindRebalance:
		return body(rec, w.rebalance)
	}
	return nil
}

func (w *logWalk) intent(in *history.Intent) {
	*w.open.put(in.Attempt) = attempt{
		no: in.Attempt, live: true, writer: in.Writer, key: in.Key, seq: in.Seq, part: -1, offset: -1, tx: in.Tx, at: in.At,
	}
	if in.Tx != 0 {
		if tx := w.tx(in.Tx); !tx.ended {
			tx.members = append(tx.members, in.Attempt)
		}
	}
}

func (w *logWalk) tx(no uint64) *sendTx {
	tx := w.txs[no]
	if tx == nil {
		tx = &sendTx{}
		w.txs[no] = tx
	}
	return tx
}

func (w *logWalk) outcome(o *history.Outcome) {
	s := w.open.find(o.Attempt)
	if s == nil || s.answered {
		return
	}
	s.answered, s.class, s.part, s.offset = true, o.Class, o.Partition, o.Offset
	if s.tx == 0 || w.tx(s.tx).ended {
		w.settle(s)
	}
}

func (w *logWalk) txEnd(e history.TxEnd) {
	tx := w.tx(e.Tx)
	if tx.ended {
		return
	}
	tx.ended, tx.class = true, e.Class
	for _, n := range tx.members {
		if s := w.open.find(n); s != nil && s.answered && s.tx == e.Tx {
			w.settle(s)
		}
	}
	tx.members = nil
}

// settle tells a send. It is never surer than its transaction.
func (w *logWalk) settle(s *attempt) {
	class, aborted := s.class, false
	if s.tx != 0 {
		switch tx := w.tx(s.tx); {
		case !tx.ended, tx.class == history.Unknown:
			class = history.Unknown
		case tx.class == history.Failed:
			class, aborted = history.Failed, true
		}
	}
	w.to.settled(s, class, aborted)
	w.open.drop(s.no)
}

// finish settles what was never answered, and what is in transactions without an
// end.
func (w *logWalk) finish() {
	var left []uint64
	w.open.each(func(s *attempt) { left = append(left, s.no) })
	for _, no := range left {
		w.settle(w.open.find(no))
	}
}

func (w *logWalk) poll(p history.Poll) {
	if s := w.sessions[p.Session]; s != nil {
		s.of(p.Partition).poll = p
	}
}

// rebalance lets a session that subscribes go on anywhere.
func (w *logWalk) rebalance(r history.Rebalance) {
	if s := w.sessions[r.Session]; s != nil && s.Subscribes {
		s.lanes.each(func(_ int32, l *logLane) { l.any = false })
	}
}

func (s *logSession) of(part int32) *logLane {
	l := s.lanes.find(part)
	if l == nil {
		l = &logLane{session: s, part: part, high: -1}
		s.lanes.set(part, l)
	}
	s.lane = l
	return l
}

func (w *logWalk) observation(o *history.Observation) {
	s := w.last
	if s == nil || s.Session.Session != o.Session {
		if s = w.sessions[o.Session]; s == nil {
			return
		}
		w.last = s
	}
	if !s.begun {
		s.begun, s.told = true, o.First
	}
	l := s.lane
	if l == nil || l.part != o.Partition {
		l = s.of(o.Partition)
	}
	w.to.read(l, o, step{compare: l.any, within: l.any && s.told && !o.First, prev: l.prev})
	if l.high < 0 {
		l.low = o.Offset
	}
	l.any, l.prev = true, o.Offset
	l.low, l.high = min(l.low, o.Offset), max(l.high, o.Offset)
}

// own says whether a record is an uncommitted write of the transaction that this
// very poll belongs to.
func (w *logWalk) own(l *logLane, o *history.Observation) bool {
	tx := w.txs[l.poll.Tx]
	if tx == nil || tx.ended || o.Corrupt || o.Offset < l.poll.From || o.Offset >= l.poll.To {
		return false
	}
	return slices.ContainsFunc(tx.members, func(n uint64) bool {
		s := w.open.find(n)
		return s != nil && s.key == o.Key && s.seq == o.Seq
	})
}

func entryOf(o *history.Observation) entry {
	if o.Corrupt {
		return entry{corrupt: true}
	}
	e := entry{seq: o.Seq, key: uint32(o.Key), index: o.Index}
	if o.Valued {
		e.valued, e.value, e.event = true, o.Value, o.Event
	}
	return e
}

// ends are the offsets at which the other readings of a lane's partition stand.
func (w *logWalk) ends(lane *logLane) (all []int64) {
	for _, s := range w.sessions {
		if l := s.lanes.find(lane.part); l != nil && l != lane && l.high >= 0 && s.log == lane.session.log {
			all = append(all, l.high)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// pass keeps what the chunk of the next end holds before the lane goes beyond it:
// a reading that ends there is held to that and not to the whole chunk. What is
// read behind the end later makes the chunk a mess.
func (l *logLane) pass() {
	end := l.ends[0]
	l.ends = l.ends[1:]
	if c := l.plane.chunks[end>>l.plane.shift]; c != nil {
		if l.upTo == nil {
			l.upTo = map[int64]*chunk{}
		}
		was := *c
		l.upTo[end] = &was
	}
}
