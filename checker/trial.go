package checker

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"surety/checker/history"
)

// scope says which classes a history has the evidence for. See Verdict.NotJudged.
type scope struct {
	input    bool // the input log resolves the attempts
	complete bool // the history was not cut off
	told     bool // sink order is the order of the history
	sinks    []sinkScope
}

type sinkScope struct {
	whole   bool // the final read is sound: what is not in it is not there
	absence bool // and nothing more was to come
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
		c := newCase(name(key), events, len(tallies))
		logOrder := firstsReordered(inOrder(c.logged))
		for i, tally := range tallies {
			if specs[i].results() {
				continue
			}
			j := judging{scope: sc, sinkScope: sc.sinks[i], key: c, logOrder: logOrder, tally: tally, touched: map[Class]bool{}}
			j.sink(c.sighted[i], c.tailed[i])
		}
	}
}

// keyCase is all that is known of one key.
type keyCase struct {
	key     string
	records map[int64]*record
	logged  []*event
	sighted [][]*event
	tailed  []map[int64]*event // first look
}

// record is one sequence number of a key: what was tried, and where the input
// log has it.
type record struct {
	tried, ok, unknown, aborted bool
	attempt                     *event // the surest one
	logged                      []*event
	sightings                   []*event // at the sink being judged
}

func newCase(key string, events []event, sinks int) *keyCase {
	c := &keyCase{
		key:     key,
		records: map[int64]*record{},
		sighted: make([][]*event, sinks),
		tailed:  make([]map[int64]*event, sinks),
	}
	for i := range events {
		ev := &events[i]
		switch ev.kind {
		case attempted:
			c.record(ev.seq).tried = true
		case settled:
			r := c.record(ev.seq)
			r.ok = r.ok || ev.class == history.OK
			r.unknown = r.unknown || ev.class == history.Unknown
			r.aborted = r.aborted || ev.aborted
			if r.attempt == nil || surer(ev, r.attempt) {
				r.attempt = ev
			}
		case logged:
			c.logged = append(c.logged, ev)
			r := c.record(ev.seq)
			r.logged = append(r.logged, ev)
		case sighted:
			c.sighted[ev.sink] = append(c.sighted[ev.sink], ev)
		case tailed:
			if c.tailed[ev.sink] == nil {
				c.tailed[ev.sink] = map[int64]*event{}
			}
			if c.tailed[ev.sink][ev.seq] == nil {
				c.tailed[ev.sink][ev.seq] = ev
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
	key      *keyCase
	logOrder map[int64]bool // reordered in the input log already
	tally    *tally
	touched  map[Class]bool
}

func (j *judging) sink(sighted []*event, tailed map[int64]*event) {
	for _, r := range j.key.records {
		r.sightings = nil
	}
	real := j.phantoms(sighted)
	if j.told {
		j.ordered(asTold(real))
	} else {
		j.ordered(inOrder(real))
	}
	j.presence(real, tailed)
}

// phantoms takes out what nobody tried to write. An output of another index than
// 0 is one, for an oracle that is one to one.
func (j *judging) phantoms(sighted []*event) (real []*event) {
	for _, ev := range sighted {
		r := j.key.records[ev.seq]
		if r != nil && r.tried && ev.index == 0 {
			real = append(real, ev)
			continue
		}
		if !j.complete {
			continue // its attempt may be in what was cut off
		}
		f := Finding{Class: Phantom, At: ev.at, Index: ev.index, Origin: j.madeBy(r)}
		if kept := j.add(f, ev.seq, ev.at); kept != nil {
			kept.Sightings = []Sighting{sighting(ev)}
			kept.Note = "nobody tried to write it"
		}
	}
	return real
}

// ordered judges how often and in which order records came out.
func (j *judging) ordered(all []placed) {
	for i, p := range all {
		r := j.key.records[p.seq]
		r.sightings = append(r.sightings, p.event)
		switch n := len(r.sightings); {
		case n > 1:
			origin := Processor
			if n <= len(r.logged) {
				origin = Ingest
			}
			f := Finding{Class: Duplicated, At: p.at, Origin: j.by(origin)}
			if kept := j.add(f, p.seq, p.at); kept != nil {
				kept.Sightings = []Sighting{sighting(r.sightings[0])}
				if n > 2 {
					kept.Sightings = append(kept.Sightings, sighting(r.sightings[n-2]))
				}
				kept.Sightings = append(kept.Sightings, sighting(p.event))
				kept.Note = fmt.Sprintf("sighting %d of this record", n)
			}
		case p.reordered():
			origin := Processor
			if j.logOrder[p.seq] {
				origin = Ingest
			}
			f := Finding{Class: Reordered, At: p.at, Origin: j.by(origin)}
			if kept := j.add(f, p.seq, p.at); kept != nil {
				kept.Sightings = []Sighting{sighting(p.before), sighting(p.event)}
				kept.Note = fmt.Sprintf("after sequence %d", p.before.seq)
			}
		}
		if p.lane != all[0].lane && !j.touched[Split] {
			f := Finding{Class: Split, At: p.at}
			if kept := j.add(f, p.seq, p.at); kept != nil {
				kept.Sightings = []Sighting{sighting(all[max(i-1, 0)].event), sighting(p.event)}
			}
		}
	}
}

// presence judges which records came out and which did not.
func (j *judging) presence(real []*event, tailed map[int64]*event) {
	if !j.complete {
		return
	}
	var recovered, absent int64
	var gaps *gaps
	for seq, r := range j.key.records {
		in := j.input && len(r.logged) > 0
		switch seen := len(r.sightings) > 0; {
		case !r.tried, seen && r.ok:
		case seen && r.unknown && (in || !j.input):
			recovered++
		case seen && !r.unknown && r.aborted:
			j.appeared(AbortedRead, r, "its transaction was aborted")
		case seen && in:
			j.appeared(FailedAppeared, r, "its write failed for certain, but the input log has it")
		case seen && r.unknown:
			j.appeared(FailedAppeared, r, "the input log does not have it")
		case seen:
			j.appeared(FailedAppeared, r, "its write failed for certain")
		case r.ok, in && (r.unknown || !r.aborted):
			if gaps == nil {
				gaps = newGaps(real)
			}
			j.missing(r, seq, tailed[seq], gaps)
		case r.unknown && j.absence:
			absent++
		}
	}
	j.tally.legal(Recovered, recovered)
	j.tally.legal(Absent, absent)
}

func (j *judging) appeared(c Class, r *record, note string) {
	first := r.sightings[0]
	f := Finding{Class: c, At: first.at, Origin: j.madeBy(r)}
	if kept := j.add(f, first.seq, first.at); kept != nil {
		kept.Sightings, kept.Note = sightings(r.sightings), note
	}
}

// missing is a record that had to come out and is not there.
func (j *judging) missing(r *record, seq int64, tail *event, gaps *gaps) {
	var origin Origin
	moment := gaps.showed(seq)
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
		{Class: Vanished, At: at, Origin: origin},
		{Class: Lost, At: at, Origin: origin, Place: gaps.place(seq)},
	} {
		if f.Class == Vanished && (tail == nil || !j.whole) || f.Class == Lost && !j.absence {
			continue
		}
		kept := j.add(f, seq, moment)
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
