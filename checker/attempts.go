package checker

import "surety/checker/history"

// attempts joins intents with outcomes and transactions. An attempt settles once
// its outcome and the end of its transaction are known, at the latest with the
// history: what was never answered is unknown.
type attempts struct {
	out      *router
	outputs  *outputs
	details  bool            // tell event times
	open     sparse[attempt] // by attempt number
	txs      map[uint64]*transaction
	examined Examined
}

type attempt struct {
	live     bool
	answered bool
	class    history.OutcomeClass
	key      history.Name
	part     int32
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
	end     history.TxEnd
	ended   bool
	members []member
}

type member struct {
	attempt uint64
	key     history.Name
	seq     int64
	at      history.Nanos
	failed  bool // the record itself was definitely not written
}

func newAttempts(out *router, outputs *outputs) *attempts {
	return &attempts{out: out, outputs: outputs, txs: map[uint64]*transaction{}}
}

func (a *attempts) intent(in *history.Intent) {
	a.examined.Attempts++
	n := int64(in.Attempt) //nolint:gosec // a number of its own: any bit pattern will do
	at := a.open.get(n)
	if at.live { // numbers are unique; should one come again, the first was not answered
		a.settle(at, history.Unknown)
	} else {
		a.open.hold(n)
	}
	*at = attempt{live: true, key: in.Key, seq: in.Seq, tx: in.Tx, at: in.At, part: -1, offset: -1, event: in.Event, term: in.Term}
	a.outputs.attempted(in)
	if ev := a.out.slot(attempted, in.Key); ev != nil {
		*ev = event{kind: attempted, key: in.Key, seq: in.Seq, at: in.At}
	}
	if in.Tx != 0 {
		if tx := a.tx(in.Tx); !tx.ended || tx.end.Class == history.Unknown {
			tx.members = append(tx.members, member{attempt: in.Attempt, key: in.Key, seq: in.Seq, at: in.At})
		}
	}
}

func (a *attempts) outcome(out *history.Outcome) {
	n := int64(out.Attempt) //nolint:gosec // as above
	at := a.open.find(n)
	if at == nil || !at.live || at.answered {
		return
	}
	at.answered, at.class, at.part, at.offset = true, out.Class, out.Partition, out.Offset
	if at.tx == 0 || a.tx(at.tx).ended {
		a.settle(at, out.Class)
		a.open.drop(n)
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

func (a *attempts) txBegin(b history.TxBegin) { a.tx(b.Tx).begin = b }

func (a *attempts) txEnd(e history.TxEnd) {
	tx := a.tx(e.Tx)
	if tx.ended {
		return
	}
	tx.ended, tx.end = true, e
	for i := range tx.members {
		m := &tx.members[i]
		n := int64(m.attempt) //nolint:gosec // as above
		if at := a.open.find(n); at != nil && at.live && at.answered {
			m.failed = at.class == history.Failed
			a.settle(at, at.class)
			a.open.drop(n)
		}
	}
	if e.Class != history.Unknown {
		tx.members = nil
	}
}

// settle tells the final class of an attempt. It is never surer than that of its
// transaction.
func (a *attempts) settle(at *attempt, class history.OutcomeClass) {
	aborted := false
	if at.tx != 0 {
		switch tx := a.tx(at.tx); {
		case !tx.ended || tx.end.Class == history.Unknown:
			class = history.Unknown
		case tx.end.Class == history.Failed:
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
	a.outputs.settled(at, class, aborted)
	if ev := a.out.slot(settled, at.key); ev != nil {
		*ev = event{
			kind: settled, class: class, aborted: aborted,
			key: at.key, seq: at.seq, part: at.part, offset: at.offset, at: at.at,
		}
		if a.details && at.event != 0 {
			ev.more = &details{time: at.event}
		}
	}
}

// finish settles what is still open and returns the transactions that nobody
// knows the end of.
func (a *attempts) finish() []*transaction {
	a.open.each(func(_ int64, at *attempt) {
		if at.live {
			a.settle(at, at.class)
		}
	})
	var unknown []*transaction
	for _, tx := range a.txs {
		if tx.ended && tx.end.Class != history.Unknown {
			continue
		}
		for i := range tx.members {
			m := &tx.members[i]
			//nolint:gosec // as above
			if at := a.open.find(int64(m.attempt)); at != nil && at.live && at.answered {
				m.failed = at.class == history.Failed
			}
		}
		unknown = append(unknown, tx)
	}
	return unknown
}
