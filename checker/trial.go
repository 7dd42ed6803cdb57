package checker

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"surety/checker/history"
)

// scope says which classes a history has the evidence for. See Verdict.NotJudged.
type scope struct {
	input    bool // the input log resolves the attempts
	complete bool // the history was not cut off
	told     bool // sink order is the order of the history
	dead     bool // some sink is for dead letters
	healed   bool // a fault was healed, and none left in place
	lastHeal history.Nanos
	sinks    []sinkScope
}

type sinkScope struct {
	whole   bool // the final read is sound: what is not in it is not there
	absence bool // and nothing more was to come
	tailed  bool // it was watched to the end of the run

	snapshots bool // atomic looks were taken at it, and it promises whole transactions
}

// trial is the second fold: it holds all facts of the odd keys and judges each
// key by the definitions.
type trial struct {
	sizes map[history.Name]int64 // events to expect, but for those of tails
	keys  map[history.Name][]event
}

func newTrials(shards int, sizes map[history.Name]int64) []*trial {
	out := make([]*trial, shards)
	for i := range out {
		out[i] = &trial{sizes: sizes, keys: map[history.Name][]event{}}
	}
	return out
}

func (t *trial) add(ev *event) {
	list := t.keys[ev.key]
	if list == nil {
		list = make([]event, 0, t.sizes[ev.key])
	}
	t.keys[ev.key] = append(list, *ev)
}

// finish judges every key into the tallies of the sinks.
func (t *trial) finish(sc scope, specs []SinkSpec, name func(history.Name) string, tallies []*tally) {
	for key, events := range t.keys {
		c := newCase(name(key), events, specs)
		for _, ev := range c.logged {
			ev.index = 0 // a log has no outputs: what stands there twice is one record
		}
		logOrder := firstsReordered(inOrder(c.logged))
		for i, tally := range tallies {
			if specs[i].results() {
				continue
			}
			o, _ := OracleNamed(specs[i].Oracle)
			j := judging{
				scope: sc, sinkScope: sc.sinks[i], spec: &specs[i], oracle: o,
				key: c, logOrder: logOrder, tally: tally, touched: map[Class]bool{}, seen: map[output][]*event{},
			}
			j.sink(c.sighted[i], c.tailed[i])
			if k := slices.IndexFunc(specs, func(s SinkSpec) bool { return s.Name == specs[i].Equals }); k >= 0 && j.absence {
				j.equal(c.sighted[i], c.sighted[k], specs[k].Name)
			}
		}
	}
}

// keyCase is all that is known of one key.
type keyCase struct {
	key     string
	records map[int64]*record
	logged  []*event
	sighted [][]*event
	tailed  []map[output]*event // first look
	dead    map[int64]bool      // seen in a dead-letter sink
}

// record is one sequence number of a key: what was tried, and where the input
// log has it.
type record struct {
	tried, ok, unknown, aborted bool
	first                       history.Nanos // attempted
	attempt                     *event        // the surest one
	settled                     []*event      // that may have been written
	logged                      []*event
}

func newCase(key string, events []event, specs []SinkSpec) *keyCase {
	c := &keyCase{
		key:     key,
		records: map[int64]*record{},
		sighted: make([][]*event, len(specs)),
		tailed:  make([]map[output]*event, len(specs)),
		dead:    map[int64]bool{},
	}
	for i := range events {
		ev := &events[i]
		switch ev.kind {
		case attempted:
			r := c.record(ev.seq)
			if !r.tried {
				r.tried, r.first = true, ev.at
			}
		case settled:
			r := c.record(ev.seq)
			r.ok = r.ok || ev.class == history.OK
			r.unknown = r.unknown || ev.class == history.Unknown
			r.aborted = r.aborted || ev.aborted
			if ev.class != history.Failed {
				r.settled = append(r.settled, ev)
			}
			if r.attempt == nil || surer(ev, r.attempt) {
				r.attempt = ev
			}
		case logged:
			c.logged = append(c.logged, ev)
			r := c.record(ev.seq)
			r.logged = append(r.logged, ev)
		case sighted:
			c.sighted[ev.sink] = append(c.sighted[ev.sink], ev)
			if specs[ev.sink].Role == RoleDeadLetter {
				c.dead[ev.seq] = true
			}
		case tailed:
			if specs[ev.sink].astray(key, ev) {
				continue // no sighting, so nothing vanishes with it
			}
			if c.tailed[ev.sink] == nil {
				c.tailed[ev.sink] = map[output]*event{}
			}
			out := output{ev.seq, ev.index}
			if c.tailed[ev.sink][out] == nil {
				c.tailed[ev.sink][out] = ev
			}
		}
	}
	return c
}

// surer orders attempts of a record as its effective outcome does.
func surer(a, b *event) bool {
	rank := map[history.OutcomeClass]int{history.OK: 2, history.Unknown: 1}
	return cmp.Or(cmp.Compare(rank[a.class], rank[b.class]), cmp.Compare(b.at, a.at)) > 0
}

func (c *keyCase) record(seq int64) *record {
	r := c.records[seq]
	if r == nil {
		r = &record{}
		c.records[seq] = r
	}
	return r
}

// judging is the trial of one key at one sink.
type judging struct {
	scope
	sinkScope
	spec     *SinkSpec
	oracle   Oracle
	key      *keyCase
	logOrder map[int64]bool // reordered in the input log already
	tally    *tally
	touched  map[Class]bool
	seen     map[output][]*event // sightings, in sink order
}

// output is one output of a record: its index is 0 where it has but one.
type output struct {
	seq   int64
	index int32
}

// owes is how many outputs a record has at the sink.
func (j *judging) owes(seq int64) int32 {
	if j.oracle.owes == nil || j.spec.Role == RoleDeadLetter {
		return 1
	}
	return j.oracle.owes(&j.spec.Params, j.key.key, seq)
}

func (j *judging) sink(sighted []*event, tailed map[output]*event) {
	real := j.sightings(sighted)
	inSinkOrder := inOrder
	if j.told {
		inSinkOrder = asTold
	}
	all := inSinkOrder(real)
	for _, p := range all {
		out := output{p.seq, p.index}
		j.seen[out] = append(j.seen[out], p.event)
	}
	if j.oracle.newest {
		j.table(all, tailed)
		return
	}
	j.ordered(all)
	j.presence(real, tailed)
	j.late(tailed)
	if !j.spec.Params.Table.IsZero() {
		j.joined(real)
	}
}

// sightings takes out what is none: what nobody tried to write, and what belongs
// elsewhere.
func (j *judging) sightings(sighted []*event) (real []*event) {
	for _, ev := range sighted {
		r := j.key.records[ev.seq]
		n := j.owes(ev.seq)
		var f Finding
		note := ""
		switch {
		case r == nil || !r.tried:
			f, note = Finding{Class: Phantom}, "nobody tried to write it"
		case n == 0:
			f, note = Finding{Class: Misrouted}, "it does not belong into this sink"
		case ev.index < 0 || ev.index >= n:
			f, note = Finding{Class: Phantom}, fmt.Sprintf("the record has %d outputs, numbered from 0", n)
		case j.spec.astray(j.key.key, ev):
			f, note = Finding{Class: Misrouted}, fmt.Sprintf("its key belongs into partition %d", partitionOf(j.key.key, j.spec.Partitions))
		default:
			real = append(real, ev)
			if ev.more != nil && ev.more.altered && j.spec.Guarantee.Preserve {
				if kept := j.add(Finding{Class: Altered, At: ev.at, Index: ev.index, Origin: j.by(Processor)}, ev.seq, ev.at); kept != nil {
					kept.Sightings = []Sighting{sighting(ev)}
				}
			}
			continue
		}
		if !j.complete {
			continue // its attempt may be in what was cut off
		}
		f.At, f.Index, f.Origin = ev.at, ev.index, j.madeBy(r)
		if f.Class == Misrouted || ev.index < 0 || ev.index >= max(n, 1) { // the log has no such output
			f.Origin = j.by(Processor)
		}
		if kept := j.add(f, ev.seq, ev.at); kept != nil {
			kept.Sightings, kept.Note = []Sighting{sighting(ev)}, note
		}
	}
	return real
}

// astray says whether a record stands in a partition that is not that of its key.
func (s *SinkSpec) astray(key string, ev *event) bool {
	return s.Guarantee.Routing == RoutingKey && s.Partitions > 0 && ev.part >= 0 && ev.part != partitionOf(key, s.Partitions)
}

// ordered judges how often and in which order records came out.
func (j *judging) ordered(all []placed) {
	times := map[output]int{}
	for i, p := range all {
		out := output{p.seq, p.index}
		times[out]++
		r, before := j.key.records[p.seq], j.seen[out]
		switch n := times[out]; {
		case n > 1:
			if n <= j.copies(r) {
				break // a copy that came after it was forgotten
			}
			origin := Processor
			if n <= len(r.logged) && j.spec.Params.TTL == 0 {
				origin = Ingest
			}
			f := Finding{Class: Duplicated, At: p.at, Index: p.index, Origin: j.by(origin)}
			if kept := j.add(f, p.seq, p.at); kept != nil {
				kept.Sightings = []Sighting{sighting(before[0])}
				if n > 2 {
					kept.Sightings = append(kept.Sightings, sighting(before[n-2]))
				}
				kept.Sightings = append(kept.Sightings, sighting(p.event))
				kept.Note = fmt.Sprintf("sighting %d of this record", n)
			}
		case p.reordered():
			origin := Processor
			if j.logOrder[p.seq] {
				origin = Ingest
			}
			f := Finding{Class: Reordered, At: p.at, Index: p.index, Origin: j.by(origin)}
			if kept := j.add(f, p.seq, p.at); kept != nil {
				kept.Sightings = []Sighting{sighting(p.before), sighting(p.event)}
				kept.Note = fmt.Sprintf("after sequence %d", p.before.seq)
			}
		}
		j.splitAt(all, i)
	}
}

// splitAt notes the first sighting of a key in another partition.
func (j *judging) splitAt(all []placed, i int) {
	if p := all[i]; p.lane != all[0].lane && !j.touched[Split] {
		if kept := j.add(Finding{Class: Split, At: p.at}, p.seq, p.at); kept != nil {
			kept.Sightings = []Sighting{sighting(all[max(i-1, 0)].event), sighting(p.event)}
		}
	}
}

// presence judges which records came out and which did not.
func (j *judging) presence(real []*event, tailed map[output]*event) {
	if !j.complete {
		return
	}
	var legal [3]int64 // recovered, absent, dead-lettered
	var gaps *gaps
	for seq, r := range j.key.records {
		if !r.tried {
			continue
		}
		for index := range j.owes(seq) {
			out := output{seq, index}
			must, may := j.due(r)
			switch seen := j.seen[out]; {
			case len(seen) > 0:
				if j.appeared(r, out) {
					legal[0]++
				}
			case j.spec.Role == RoleDeadLetter:
			case (must || may) && j.key.dead[seq]:
				legal[2]++
			case must:
				if gaps == nil {
					gaps = newGaps(real)
				}
				j.missing(r, out, tailed[out], gaps)
			case may && j.absence:
				legal[1]++
			}
		}
	}
	j.tally.legal(Recovered, legal[0])
	j.tally.legal(Absent, legal[1])
	j.tally.legal(DeadLettered, legal[2])
}

// due says whether a record must come out, and whether it may.
func (j *judging) due(r *record) (must, may bool) {
	in := j.input && len(r.logged) > 0
	must = r.ok || in && (r.unknown || !r.aborted)
	return must, must || r.unknown
}

// appeared judges that a record is there. It reports whether that recovered one of
// unknown outcome.
func (j *judging) appeared(r *record, out output) (recovered bool) {
	in := j.input && len(r.logged) > 0
	c, note := FailedAppeared, ""
	switch {
	case r.ok:
		return false
	case r.unknown && (in || !j.input):
		return true
	case !r.unknown && r.aborted:
		c, note = AbortedRead, "its transaction was aborted"
	case in:
		note = "its write failed for certain, but the input log has it"
	case r.unknown:
		note = "the input log does not have it"
	default:
		note = "its write failed for certain"
	}
	seen := j.seen[out]
	f := Finding{Class: c, At: seen[0].at, Index: out.index, Origin: j.madeBy(r)}
	if kept := j.add(f, out.seq, seen[0].at); kept != nil {
		kept.Sightings, kept.Note = sightings(seen), note
	}
	return false
}

// missing is a record that had to come out and is not there.
func (j *judging) missing(r *record, out output, tail *event, gaps *gaps) {
	var origin Origin
	moment := gaps.showed(out.seq)
	switch {
	case tail != nil:
		// It was there, and went some time before the final read.
		origin, moment = AtSink, math.MaxInt64
	case j.input && len(r.logged) > 0:
		origin = Processor
	case j.input:
		origin = Ingest
	}
	at := history.Nanos(0)
	if r.attempt != nil {
		at = r.attempt.at
	}
	moment = max(moment, at)
	for _, f := range []Finding{
		{Class: Vanished, At: at, Index: out.index, Origin: origin},
		{Class: Lost, At: at, Index: out.index, Origin: origin, Place: gaps.place(out.seq)},
	} {
		if f.Class == Vanished && (tail == nil || !j.whole) || f.Class == Lost && !j.absence {
			continue
		}
		kept := j.add(f, out.seq, moment)
		switch {
		case kept == nil:
		case tail != nil:
			kept.Sightings = []Sighting{sighting(tail)}
			kept.Note = "seen while the run went on, not in the final read"
		case origin == Ingest:
			kept.Note = "the input log does not have it"
		}
	}
}

// late judges what was tried before the last fault was healed and first seen after
// the deadline that follows it.
func (j *judging) late(tailed map[output]*event) {
	within := history.Nanos(j.spec.Guarantee.Recovery)
	if within <= 0 || !j.complete || !j.healed || !j.tailed {
		return
	}
	for out, seen := range j.seen {
		first := seen[0]
		for _, ev := range append(seen[1:len(seen):len(seen)], tailed[out]) {
			if ev != nil && ev.at < first.at {
				first = ev
			}
		}
		r := j.key.records[out.seq]
		if r.first > j.lastHeal || first.at <= j.lastHeal+within {
			continue
		}
		f := Finding{Class: Late, At: first.at, Index: out.index, Origin: j.by(Processor)}
		if kept := j.add(f, out.seq, first.at); kept != nil {
			kept.Sightings = []Sighting{sighting(first)}
			kept.Note = fmt.Sprintf("first seen %v after the last fault was healed", time.Duration(first.at-j.lastHeal).Round(time.Millisecond))
		}
	}
}

// add counts a finding of the key, and completes it if it is kept.
func (j *judging) add(f Finding, seq int64, moment history.Nanos) *Finding {
	if !j.touched[f.Class] {
		j.touched[f.Class] = true
		j.tally.keys[f.Class]++
	}
	f.Key, f.Seq = j.key.key, seq
	kept, ok := j.tally.add(f, moment)
	if !ok {
		return nil
	}
	if r := j.key.records[seq]; r != nil && r.attempt != nil {
		ref := &AttemptRef{Outcome: r.attempt.class.String(), At: r.attempt.at, Partition: r.attempt.part, Offset: r.attempt.offset}
		if len(r.logged) > 0 {
			ref.Partition, ref.Offset = r.logged[0].part, r.logged[0].offset
		}
		kept.Attempt = ref
	}
	return kept
}

// by is the origin where the input log can tell it.
func (j *judging) by(o Origin) Origin {
	if !j.input {
		return ""
	}
	return o
}

// madeBy is who let a record appear that should not have.
func (j *judging) madeBy(r *record) Origin {
	if r != nil && len(r.logged) > 0 {
		return j.by(Ingest)
	}
	return j.by(Processor)
}

// gaps places a missing record among the sighted ones of its key.
type gaps struct {
	seqs  []int64         // sighted, rising
	shown []history.Nanos // when that sequence or a higher one was first seen
}

func newGaps(real []*event) *gaps {
	events := slices.Clone(real)
	slices.SortFunc(events, func(a, b *event) int { return cmp.Compare(a.seq, b.seq) })
	g := &gaps{seqs: make([]int64, len(events)), shown: make([]history.Nanos, len(events))}
	first := history.Nanos(math.MaxInt64)
	for i, ev := range slices.Backward(events) {
		first = min(first, ev.at)
		g.seqs[i], g.shown[i] = ev.seq, first
	}
	return g
}

func (g *gaps) place(seq int64) Place {
	switch n := len(g.seqs); {
	case n == 0:
		return Whole
	case seq < g.seqs[0]:
		return Prefix
	case seq > g.seqs[n-1]:
		return Suffix
	}
	return Middle
}

// showed is when the gap showed: a later record was there and this one was not. A
// gap at the end shows at the end.
func (g *gaps) showed(seq int64) history.Nanos {
	i, _ := slices.BinarySearch(g.seqs, seq)
	if i == len(g.seqs) {
		return math.MaxInt64
	}
	return g.shown[i]
}

func sighting(ev *event) Sighting { return Sighting{ev.part, ev.offset, ev.at} }

func sightings(events []*event) (out []Sighting) {
	for _, ev := range events[:min(len(events), 4)] {
		out = append(out, sighting(ev))
	}
	return out
}
