package checker

import "surety/checker/history"

// attempts joins intents with outcomes and transactions. An attempt settles once
// its outcome and the end of its transaction are known, at the latest with the
// history: what was never answered is unknown.
type attempts struct {
	out      *router
	outputs  *outputs
	details  bool // tell event times
	open     pending
	txs      map[uint64]*transaction // that are not settled
	ended    [3]set                  // numbers of the others, by the class of their end
	examined Examined
	eager    bool // tell of every attempt when it is made
}

type attempt struct {
	no       uint64
	live     bool
	answered bool
	class    history.OutcomeClass
	part     int32
	key      history.Name
	writer   uint32
	tx       uint64
	seq      int64
	offset   int64
	at       history.Nanos
	event    int64
	term     int64
}

// transaction is one of the driver's. Its members are kept until it is known to
// be committed or aborted.
type transaction struct {
	begin   history.TxBegin
	unknown bool // it has ended, nobody knows how
	members []member
}

type member struct {
	attempt uint64
	key     history.Name
	seq     int64
	at      history.Nanos
	failed  bool // the record itself was definitely not written
}

func newAttempts(out *router, outputs *outputs, eager bool) *attempts {
	return &attempts{out: out, outputs: outputs, eager: eager, txs: map[uint64]*transaction{}}
}

func (a *attempts) intent(in *history.Intent) {
	a.examined.Attempts++
	at := a.open.put(in.Attempt)
	if at.live { // numbers are unique; should one come again, the first was not answered
		a.settle(at, history.Unknown)
	}
	*at = attempt{
		no: in.Attempt, live: true, key: in.Key, seq: in.Seq, tx: in.Tx, at: in.At,
		part: -1, offset: -1, event: in.Event, term: in.Term,
	}
	if a.outputs.any {
		a.outputs.attempted(in)
	}
	if a.eager {
		a.tell(at)
	}
	if in.Tx == 0 {
		return
	}
	if class := a.endOf(in.Tx); class == history.Unknown {
		tx := a.tx(in.Tx)
		tx.members = append(tx.members, member{attempt: in.Attempt, key: in.Key, seq: in.Seq, at: in.At})
	}
}

// tell says that an attempt was made. Most need not be told of: that they settled
// says as much.
func (a *attempts) tell(at *attempt) {
	if ev := a.out.slot(attempted, at.key); ev != nil {
		ev.seq, ev.part, ev.offset, ev.at = at.seq, -1, -1, at.at
	}
}

// tellOpen tells of the attempts that wait for their outcome, since a record is
// about to be judged that one of them may have written; and from now on of every
// attempt.
func (a *attempts) tellOpen() {
	if a.eager || a.open.n == 0 {
		return
	}
	a.open.each(a.tell)
	a.eager = true
}

func (a *attempts) outcome(out *history.Outcome) {
	at := a.open.find(out.Attempt)
	if at == nil || at.answered {
		return
	}
	at.answered, at.class, at.part, at.offset = true, out.Class, out.Partition, out.Offset
	if at.tx == 0 || a.hasEnded(at.tx) {
		a.settle(at, out.Class)
		a.open.drop(out.Attempt)
	}
}

func (a *attempts) tx(no uint64) *transaction {
	tx := a.txs[no]
	if tx == nil {
		tx = &transaction{}
		a.txs[no] = tx
	}
	return tx
}

// endOf is how a transaction ended: unknown as long as it has not.
func (a *attempts) endOf(no uint64) history.OutcomeClass {
	if _, open := a.txs[no]; open {
		return history.Unknown
	}
	for _, class := range []history.OutcomeClass{history.OK, history.Failed} {
		if a.ended[class].has(int64(no)) { //nolint:gosec // a number of its own: any bit pattern will do
			return class
		}
	}
	return history.Unknown
}

func (a *attempts) hasEnded(no uint64) bool {
	if tx, open := a.txs[no]; open {
		return tx.unknown
	}
	return a.endOf(no) != history.Unknown
}

func (a *attempts) txBegin(b history.TxBegin) {
	if a.endOf(b.Tx) == history.Unknown {
		a.tx(b.Tx).begin = b
	}
}

func (a *attempts) txEnd(e history.TxEnd) {
	if a.hasEnded(e.Tx) {
		return
	}
	tx := a.tx(e.Tx)
	if e.Class == history.OK || e.Class == history.Failed {
		a.ended[e.Class].add(int64(e.Tx)) //nolint:gosec // as above
		delete(a.txs, e.Tx)
	} else {
		tx.unknown = true
	}
	for i := range tx.members {
		m := &tx.members[i]
		if at := a.open.find(m.attempt); at != nil && at.answered {
			m.failed = at.class == history.Failed
			a.settle(at, at.class)
			a.open.drop(m.attempt)
		}
	}
}

// settle tells the final class of an attempt. It is never surer than that of its
// transaction.
func (a *attempts) settle(at *attempt, class history.OutcomeClass) {
	aborted := false
	if at.tx != 0 {
		switch a.endOf(at.tx) {
		case history.Unknown:
			class = history.Unknown
		case history.Failed:
			class, aborted = history.Failed, true
		}
	}
	switch class {
	case history.OK:
		a.examined.OK++
	case history.Failed:
		a.examined.Failed++
	default:
		class = history.Unknown
		a.examined.Unknown++
	}
	if a.outputs.any {
		a.outputs.settled(at, class, aborted)
	}
	if ev := a.out.slot(settled, at.key); ev != nil {
		ev.class, ev.aborted = class, aborted
		ev.seq, ev.part, ev.offset, ev.at = at.seq, at.part, at.offset, at.at
		if a.details && at.event != 0 {
			ev.more = &details{time: at.event}
		}
	}
}

// finish settles what is still open and returns the transactions that nobody
// knows the end of.
func (a *attempts) finish() []*transaction {
	a.open.each(func(at *attempt) { a.settle(at, at.class) })
	var unknown []*transaction
	for _, tx := range a.txs {
		for i := range tx.members {
			m := &tx.members[i]
			if at := a.open.find(m.attempt); at != nil && at.answered {
				m.failed = at.class == history.Failed
			}
		}
		unknown = append(unknown, tx)
	}
	return unknown
}
