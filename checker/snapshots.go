package checker

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"surety/checker/history"
)

// snapshots judges the atomic looks that a tail takes at a sink: all records of a
// transaction are to be seen by the same look first. A look that sees some of them and
// not those that come out later has seen half of it. What never comes out is lost, or
// torn where nobody knows how the transaction ended; see torn.
type snapshots struct {
	sessions map[uint32]*snapshotSession
	txs      map[uint64]*snapshotTx
	of       map[recordID]*snapshotTx // nil: a record of none, or of several, of which any may be seen
}

// snapshotSession is one tail that takes snapshots.
type snapshotSession struct {
	sink int
	look int64 // the present one, from 1
	txs  map[*snapshotTx]*sightedTx
	seen map[recordID]bool
}

type snapshotTx struct {
	begin   history.TxBegin
	aborted bool
}

// sightedTx is how the looks of one session came upon a transaction.
type sightedTx struct {
	look  int64 // that saw something of it first
	seen  int64 // records that it saw
	first history.Observation
	rest  *history.Observation // the first record that a later look brought
}

// watchesHalves says whether a session takes snapshots that a guarantee is judged by.
func (s *scan) watchesHalves(v *history.Session) bool {
	i, known := s.sinks[v.Sink]
	return known && v.Snapshot && v.View == history.Committed && v.Purpose == history.Tail && s.spec.Sinks[i].Guarantee.Atomicity
}

// halves reads the history for the snapshots of the sinks that were watched so.
func (j *judge) halves() (err error) {
	if !slices.Contains(j.scan.snapshots, true) {
		return nil
	}
	src, err := j.open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	h := snapshots{
		sessions: map[uint32]*snapshotSession{}, txs: map[uint64]*snapshotTx{}, of: map[recordID]*snapshotTx{},
	}
	if err := each(src, func(rec *history.Record) error { return h.record(j.scan, rec) }); err != nil {
		return err
	}
	h.judge(j.tallies, src.Name)
	return nil
}

func (h *snapshots) record(s *scan, rec *history.Record) error {
	switch rec.Kind {
	case history.KindIntent:
		in := &rec.Intent
		id, tx := recordID{in.Key, in.Seq}, (*snapshotTx)(nil)
		if in.Tx != 0 {
			tx = h.tx(in.Tx)
		}
		if was, tried := h.of[id]; tried && was != tx {
			tx = nil
		}
		h.of[id] = tx
	case history.KindObservation:
		h.observation(&rec.Observation)
	case history.KindSession:
		return body(rec, func(v history.Session) {
			if s.watchesHalves(&v) {
				h.sessions[v.Session] = &snapshotSession{sink: s.sinks[v.Sink], txs: map[*snapshotTx]*sightedTx{}, seen: map[recordID]bool{}}
			}
		})
	case history.KindTxBegin:
		return body(rec, func(b history.TxBegin) { h.tx(b.Tx).begin = b })
	case history.KindTxEnd:
		return body(rec, func(e history.TxEnd) { h.tx(e.Tx).aborted = e.Class == history.Failed })
	}
	return nil
}

func (h *snapshots) tx(no uint64) *snapshotTx {
	tx := h.txs[no]
	if tx == nil {
		tx = &snapshotTx{}
		h.txs[no] = tx
	}
	return tx
}

func (h *snapshots) observation(o *history.Observation) {
	s := h.sessions[o.Session]
	if s == nil {
		return
	}
	if o.First || s.look == 0 {
		s.look++
	}
	id := recordID{o.Key, o.Seq}
	tx := h.of[id]
	if o.Fence || o.Corrupt || tx == nil || s.seen[id] {
		return
	}
	s.seen[id] = true
	switch at := s.txs[tx]; {
	case at == nil:
		s.txs[tx] = &sightedTx{look: s.look, seen: 1, first: *o}
	case at.look == s.look:
		at.seen++
	case at.rest == nil:
		later := *o
		at.rest = &later
	}
}

// judge adds what the snapshots show, a transaction once at each sink.
func (h *snapshots) judge(tallies []*tally, name func(history.Name) string) {
	type place struct {
		sink int
		tx   *snapshotTx
	}
	half := map[place]*sightedTx{}
	for _, id := range slices.Sorted(maps.Keys(h.sessions)) {
		s := h.sessions[id]
		for tx, at := range s.txs {
			if at.rest == nil || tx.aborted {
				continue
			}
			if was := half[place{s.sink, tx}]; was == nil || at.first.At < was.first.At {
				half[place{s.sink, tx}] = at
			}
		}
	}
	touched := map[int]map[history.Name]bool{}
	for p, at := range half {
		o := at.rest
		t := tallies[p.sink]
		t.add(Finding{
			Class: Torn, Key: name(o.Key), Seq: o.Seq, At: at.first.At,
			Sightings: []Sighting{sightingOf(&at.first), sightingOf(o)},
			Note: fmt.Sprintf("a snapshot had %d records of a transaction (%s, writer %d) and not this one, which came out later",
				at.seen, cmp.Or(p.tx.begin.ID, "without an id"), p.tx.begin.Writer),
		}, at.first.At)
		if touched[p.sink] == nil {
			touched[p.sink] = map[history.Name]bool{}
		}
		if !touched[p.sink][o.Key] {
			touched[p.sink][o.Key] = true
			t.keys[Torn]++
		}
	}
}

func sightingOf(o *history.Observation) Sighting { return Sighting{o.Partition, o.Offset, o.At} }
