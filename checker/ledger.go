package checker

import "surety/checker/history"

// ledger is the first fold: it classifies what it is told of its keys and holds
// no event. A key costs a few sets, which grow with its gaps and not with its
// records. A key whose sightings are not told in the order of the sink is tangled:
// the ledger leaves it to a trial.
type ledger struct {
	shard     int
	shards    shards
	told      bool // sink order is the order of the history
	trialOnly bool // every key goes to a trial
	name      func(history.Name) string

	accounts table[account]
	log      table[flow]
	sinks    []books

	settled   bool // an earlier pass has told of all attempts
	strangers int64
	again     bool // a record was sighted before its attempt, or a key is tangled since: begin again
}

// account is what the driver knows of one key. Its size divides a line of the
// cache: keys come in any order, and each costs what is fetched for it.
type account struct {
	ok   set
	rare *doubtful
}

// doubtful are the records of a key that are not, or not yet, acknowledged.
type doubtful struct {
	open, unknown, failed, aborted set
	tangled                        bool
}

func (a *account) tangled() bool { return a.rare != nil && a.rare.tangled }

// books are those of one sink.
type books struct {
	skip                bool // its outputs are results
	flows               table[flow]
	tails               table[set]
	dups, late, strange counter
	tally               *tally
}

// flow is what came of one key out of the input log or a sink.
type flow struct {
	seen   set
	odd    *oddities
	offset int64 // of the last sighting
	before int64 // highest sequence seen before any fault, if early
	lane   uint32
	early  bool
	_      [8]byte // a line of the cache, as for an account
}

// oddities are the exceptions of a flow.
type oddities struct {
	more    repeats
	late    set // seen first after a higher sequence
	since   set // seen first when a fault had begun, and not known to be ok
	strange set // records that nobody tried
	others  repeats
	outputs int64 // sightings of outputs that no record has
	split   bool
}

// repeats counts what is in a set more than once.
type repeats struct {
	twice set         // or more often
	many  frequencies // three times or more often
}

// counter counts findings, and those since the first fault began.
type counter struct {
	n, inFault int64
	full       bool          // as many are kept as are kept of a class
	bound      history.Nanos // then: the time of the last of them
}

// early says whether a finding of this time may be kept, by a look at the counter
// alone: there may be as many as records.
func (c *counter) early(at history.Nanos) bool { return !c.full || at <= c.bound }

// keep offers a finding that a sighting shows to those that are kept.
func (b *books) keep(c *counter, f found) {
	b.tally.keep(f)
	if list := b.tally.findings[f.Class]; len(list) == kept {
		c.full, c.bound = true, list[kept-1].At
	}
}

func (c *counter) count(after bool) {
	c.n++
	if after {
		c.inFault++
	}
}

func newLedgers(shards int, told bool, sinks []SinkSpec) []*ledger {
	out := make([]*ledger, shards)
	for i := range out {
		out[i] = &ledger{shard: i, shards: shardsOf(shards), told: told}
		for j := range sinks {
			out[i].trialOnly = out[i].trialOnly || sinks[j].special()
		}
		out[i].begin(sinks)
	}
	return out
}

// begin makes the ledger ready for a pass. What the driver knows is kept, and which
// keys are tangled.
func (l *ledger) begin(sinks []SinkSpec) {
	l.again, l.strangers, l.log, l.sinks = false, 0, table[flow]{}, nil
	for i := range sinks {
		l.sinks = append(l.sinks, books{tally: newTally(), skip: sinks[i].results()})
	}
}

func (l *ledger) index(key history.Name) int { return l.shards.index(key) }

func (l *ledger) key(i int) history.Name { return l.shards.key(l.shard, i) }

func (l *ledger) add(ev *event) {
	switch i := l.index(ev.key); ev.kind {
	case attempted:
		l.meet(i, ev.seq, l.accounts.at(i).doubt().open.add(ev.seq))
	case settled:
		l.settle(i, ev)
	case logged:
		l.logged(i, ev)
	case sighted:
		if l.again && l.told { // the next pass begins with all attempts; nothing else is learned here
			return
		}
		l.sighted(i, ev)
	case tailed:
		if ev.index == 0 {
			l.sinks[ev.sink].tails.at(i).add(ev.seq)
		}
	}
}

func (l *ledger) settle(i int, ev *event) {
	a := l.accounts.at(i)
	switch {
	case ev.class == history.OK:
		l.meet(i, ev.seq, a.ok.add(ev.seq))
	case ev.class != history.Failed:
		l.meet(i, ev.seq, a.doubt().unknown.add(ev.seq))
	default:
		if ev.aborted {
			a.doubt().aborted.add(ev.seq)
		}
		l.meet(i, ev.seq, a.doubt().failed.add(ev.seq))
	}
}

// meet looks whether a record that was tried just now was taken for a phantom.
func (l *ledger) meet(i int, seq int64, first bool) {
	if !first || l.strangers == 0 {
		return
	}
	for s := range l.sinks {
		if f := l.sinks[s].flows.find(i); f != nil && f.odd != nil && f.odd.strange.has(seq) {
			l.again = true
		}
	}
}

func (a *account) doubt() *doubtful {
	if a.rare == nil {
		a.rare = &doubtful{}
	}
	return a.rare
}

func (a *account) tried(seq int64) bool {
	return a.ok.has(seq) || a.rare != nil &&
		(a.rare.open.has(seq) || a.rare.unknown.has(seq) || a.rare.failed.has(seq))
}

func (f *flow) oddities() *oddities {
	if f.odd == nil {
		f.odd = &oddities{}
	}
	return f.odd
}

// follows says whether a sighting stands behind those before it in the order of
// the sink.
func (f *flow) follows(ev *event) bool {
	return f.seen.empty() || f.lane == ev.lane && f.offset >= 0 == (ev.offset >= 0) && ev.offset >= f.offset
}

// move notes where the last sighting stands.
func (f *flow) move(ev *event) {
	if f.seen.empty() {
		f.lane = ev.lane
	}
	f.offset = ev.offset
}

// count notes a sighting and says how many there are of this record.
func (f *flow) count(seq int64) int64 {
	if f.seen.add(seq) {
		return 1
	}
	return f.oddities().more.count(seq)
}

// count notes what is in the set already, and says how many times it is now.
func (r *repeats) count(seq int64) int64 {
	if r.twice.add(seq) {
		return 2
	}
	n := r.many.at(seq)
	*n = max(*n, 2) + 1
	return *n
}

// beyond is how many there are beyond the first of each.
func (r *repeats) beyond() int64 {
	n := r.twice.size()
	r.many.each(func(_, times int64) { n += times - 2 })
	return n
}

// times is how often a record was seen.
func (f *flow) times(seq int64) int64 {
	switch {
	case f == nil || !f.seen.has(seq):
		return 0
	case f.odd == nil || !f.odd.more.twice.has(seq):
		return 1
	}
	return max(f.odd.more.many.of(seq), 2)
}

// tangle leaves a key to a trial. What was counted of it is wrong.
func (l *ledger) tangle(a *account) {
	a.doubt().tangled, l.again = true, true
}

func (l *ledger) logged(i int, ev *event) {
	f, a := l.log.at(i), l.accounts.at(i)
	late := !f.seen.empty() && ev.seq < f.seen.max()
	if !a.tangled() && !f.follows(ev) {
		l.tangle(a)
	}
	f.move(ev)
	if f.count(ev.seq) == 1 && late {
		f.oddities().late.add(ev.seq)
	}
}

func (l *ledger) sighted(i int, ev *event) {
	a, b := l.accounts.at(i), &l.sinks[ev.sink]
	f := b.flows.at(i)
	switch {
	case l.trialOnly || a.tangled():
		if ev.index == 0 {
			f.count(ev.seq)
		}
		return
	case ev.index != 0 || !a.tried(ev.seq):
		l.stray(b, f, ev)
		return
	case l.told && !f.seen.empty() && f.lane != ev.lane && (f.odd == nil || !f.odd.split):
		f.oddities().split = true
		b.tally.keep(l.finding(Split, ev, f.times(ev.seq)+1))
	case !l.told && !f.follows(ev):
		l.tangle(a)
		return
	}
	top := ev.seq
	if !f.seen.empty() {
		top = f.seen.max()
	}
	f.move(ev)
	if !ev.after && (!f.early || ev.seq > f.before) {
		f.before, f.early = ev.seq, true
	}
	switch n := f.count(ev.seq); {
	case n > 1:
		b.dups.count(ev.after)
		if b.dups.early(ev.at) {
			b.keep(&b.dups, l.finding(Duplicated, ev, n))
		}
		return
	case ev.seq < top:
		b.late.count(ev.after)
		f.oddities().late.add(ev.seq)
		if b.late.early(ev.at) {
			found := l.finding(Reordered, ev, n)
			found.higher = top
			b.keep(&b.late, found)
		}
	}
	if ev.after && !a.ok.has(ev.seq) {
		f.oddities().since.add(ev.seq)
	}
}

// stray notes a sighting of what nobody tried to write, or of an output that no
// record has.
func (l *ledger) stray(b *books, f *flow, ev *event) {
	b.strange.count(ev.after)
	odd := f.oddities()
	if ev.index != 0 {
		odd.outputs++
	} else if l.strangers++; !odd.strange.add(ev.seq) {
		odd.others.count(ev.seq)
	}
	if b.strange.early(ev.at) {
		found := l.finding(Phantom, ev, 0)
		found.Sightings, found.Note = []Sighting{sighting(ev)}, "nobody tried to write it"
		b.keep(&b.strange, found)
	}
}

// finding is one that the n-th sighting of a record shows.
func (l *ledger) finding(c Class, ev *event, n int64) found {
	return found{
		Finding: Finding{Class: c, Key: l.name(ev.key), Seq: ev.seq, Index: ev.index, At: ev.at},
		moment:  ev.at, rank: int64(ev.at), open: true, key: ev.key, nth: n,
	}
}

// facts is what the ledger knows of one record at one sink.
type facts struct{ unknown, logged, seen bool }

func (l *ledger) facts(key history.Name, seq int64, sink int) (f facts) {
	i := l.index(key)
	if a := l.accounts.find(i); a != nil && a.rare != nil {
		f.unknown = a.rare.unknown.has(seq) && !a.ok.has(seq)
	}
	f.logged = l.log.find(i).times(seq) > 0
	f.seen = l.sinks[sink].flows.find(i).times(seq) > 0
	return f
}
