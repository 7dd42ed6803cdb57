package checker

import (
	"math"

	"surety/checker/history"
)

// The sets of a key that decide what had to come out, in the order of their masks.
const (
	inOK members = 1 << iota
	inUnknown
	inFailed
	inAborted
	inLog
	inSeen
	inTail
)

// fate is what became of records that belong to the same sets: its class, or none.
// Vanished and lost are both said by lost: see missing.
func fate(in members, input bool) Class {
	ok, unknown := in&inOK != 0, in&(inOK|inUnknown) == inUnknown
	tried, there := in&(inOK|inUnknown|inFailed) != 0, input && in&inLog != 0
	aborted := in&inAborted != 0 && in&(inOK|inUnknown) == 0
	switch seen := in&inSeen != 0; {
	case !tried, seen && ok:
		return ""
	case seen && unknown && (there || !input):
		return Recovered
	case seen && aborted:
		return AbortedRead
	case seen:
		return FailedAppeared
	case ok, there && !aborted:
		return Lost
	case unknown:
		return Absent
	}
	return ""
}

// finish judges what came out and what did not, and closes the books. It returns
// the tangled keys with the number of their events.
func (l *ledger) finish(sc scope, fault bool) (tangled []tangledKey) {
	n := len(l.accounts.pages)
	for s := range l.sinks {
		n = max(n, len(l.sinks[s].flows.pages))
	}
	for i := range n * tablePage {
		a := l.accounts.find(i)
		if a == nil {
			a = &account{}
		}
		log := l.log.find(i)
		if a.tangled() || l.trialOnly {
			if events := l.events(i, a, log); events > 0 {
				tangled = append(tangled, tangledKey{l.key(i), events})
			}
			continue
		}
		if log == nil || !sc.input {
			log = &flow{}
		}
		for s := range l.sinks {
			b := &l.sinks[s]
			if b.skip {
				continue
			}
			j := presence{
				scope: sc, sinkScope: sc.sinks[s], fault: fault, tally: b.tally,
				name: l.key(i), account: a, log: log, flow: orNew(b.flows.find(i)), tail: orNew(b.tails.find(i)),
			}
			if j.flow.odd != nil {
				j.oddities()
			}
			if sc.complete && !a.plain(j.flow) {
				j.judge(l)
			}
		}
	}
	for s := range l.sinks {
		b := &l.sinks[s]
		b.tally.count(Duplicated, b.dups.n, b.dups.inFault)
		b.tally.count(Reordered, b.late.n, b.late.inFault)
		if sc.complete {
			b.tally.count(Phantom, b.strange.n, b.strange.inFault)
		}
	}
	return tangled
}

// tangledKey is a key for a trial.
type tangledKey struct {
	key    history.Name
	events int64 // about
}

func (l *ledger) events(i int, a *account, log *flow) int64 {
	n := a.ok.size()
	if a.rare != nil {
		n += a.rare.unknown.size() + a.rare.failed.size()
	}
	n = 2*n + log.sightings()
	for s := range l.sinks {
		n += l.sinks[s].flows.find(i).sightings()
	}
	return n
}

// sightings is how many a flow has had.
func (f *flow) sightings() int64 {
	if f == nil {
		return 0
	}
	n := f.seen.size()
	if f.odd != nil {
		n += f.odd.more.beyond()
	}
	return n
}

func orNew[T any](p *T) *T {
	if p == nil {
		return new(T)
	}
	return p
}

// plain says that all records are ok and were seen, and nothing else.
func (a *account) plain(f *flow) bool {
	return a.rare == nil && a.ok.lo == f.seen.lo && a.ok.n == f.seen.n && a.ok.single() && f.seen.single()
}

// single says that a set is one run, or empty.
func (s *set) single() bool { return s.rest == nil || s.rest.dense == nil && len(s.rest.runs) == 0 }

// presence judges one key at one sink.
type presence struct {
	scope
	sinkScope
	fault   bool // some fault began
	tally   *tally
	name    history.Name
	account *account
	log     *flow // empty where no input log was read
	flow    *flow
	tail    *set
}

// oddities adds the keys and the origins of what sightings showed.
func (j *presence) oddities() {
	o, t, log := j.flow.odd, j.tally, orNew(j.log.odd)
	blame := func(c Class, n, ingest int64) {
		if n == 0 {
			return
		}
		t.keys[c]++
		if j.input {
			t.by(c, Ingest, ingest)
			t.by(c, Processor, n-ingest)
		}
	}
	blame(Duplicated, o.more.beyond(), o.more.least(&log.more))
	blame(Reordered, o.late.size(), common(&o.late, &log.late))
	if j.complete {
		ingest := common(&o.strange, &j.log.seen) + common(&o.others.twice, &j.log.seen)
		o.others.many.each(func(seq, n int64) {
			if j.log.seen.has(seq) {
				ingest += n - 2
			}
		})
		blame(Phantom, o.strange.size()+o.others.beyond()+o.outputs, ingest)
	}
	if o.split {
		t.legal(Split, 1)
	}
}

// least is how many repeats both have of the same records.
func (r *repeats) least(o *repeats) int64 {
	n := common(&r.twice, &o.twice)
	r.many.each(func(seq, times int64) {
		if o.twice.has(seq) {
			n += min(times, max(o.many.of(seq), 2)) - 2
		}
	})
	return n
}

func (j *presence) sets() []*set {
	rare := j.account.rare
	if rare == nil {
		rare = &doubtful{}
	}
	return []*set{&j.account.ok, &rare.unknown, &rare.failed, &rare.aborted, &j.log.seen, &j.flow.seen, j.tail}
}

// judge judges the presence of every record of the key.
func (j *presence) judge(l *ledger) {
	counts, inFault := map[Class]int64{}, map[Class]int64{}
	add := func(c Class, n int64, after int64, o Origin) {
		counts[c] += n
		inFault[c] += after
		j.tally.by(c, o, n)
	}
	offer := func(c Class, r span, p Place) { j.offer(c, r, p, l) }
	sweep(func(r span, in members) {
		n := r.len()
		switch c := fate(in, j.input); c {
		case Recovered:
			add(c, n, 0, "")
		case Absent:
			if j.absence {
				add(c, n, 0, "")
			}
		case AbortedRead, FailedAppeared:
			add(c, n, j.laterIn(r), j.madeBy(in))
			offer(c, r, "")
		case Lost:
			origin, after := j.missing(in), int64(0)
			if j.fault && (in&inTail != 0 || !j.flow.early || r.hi > j.flow.before) {
				after = n
			}
			if j.whole && in&inTail != 0 {
				add(Vanished, n, after, origin)
				offer(Vanished, r, "")
			}
			if j.absence {
				add(Lost, n, after, origin)
				place := j.place(r)
				j.tally.places[place] += n
				offer(Lost, r, place)
			}
		}
	}, j.sets()...)
	for c, n := range counts {
		j.tally.legal(c, n)
		j.tally.inFault[c] += inFault[c]
	}
}

// laterIn is how many of r came in or after a fault.
func (j *presence) laterIn(r span) (n int64) {
	if j.flow.odd == nil {
		return 0
	}
	later := &j.flow.odd.since
	for x := r.lo; !later.empty(); {
		in, end := later.upTo(x)
		end = min(end, r.hi)
		if in {
			n += span{x, end}.len()
		}
		if end == r.hi {
			break
		}
		x = end + 1
	}
	return n
}

// missing is who made a record go missing.
func (j *presence) missing(in members) Origin {
	switch {
	case in&inTail != 0:
		return AtSink
	case j.input && in&inLog != 0:
		return Processor
	case j.input:
		return Ingest
	}
	return ""
}

// madeBy is who let a record appear that should not have.
func (j *presence) madeBy(in members) Origin {
	switch {
	case !j.input:
		return ""
	case in&inLog != 0:
		return Ingest
	}
	return Processor
}

func (j *presence) place(r span) Place {
	switch seen := &j.flow.seen; {
	case seen.empty():
		return Whole
	case r.hi < seen.min():
		return Prefix
	case r.lo > seen.max():
		return Suffix
	}
	return Middle
}

// offer offers the first records of r: those of low sequence are kept, as they
// are mostly the earliest ones.
func (j *presence) offer(c Class, r span, p Place, l *ledger) {
	for x, n := r.lo, 0; n < kept && j.tally.early(c, x); n++ {
		j.tally.keep(found{
			Finding: Finding{Class: c, Place: p, Key: l.name(j.name), Seq: x},
			moment:  math.MaxInt64, rank: x, open: true, key: j.name,
		})
		if x == r.hi {
			return
		}
		x++
	}
}
