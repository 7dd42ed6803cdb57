package checker

import (
	"fmt"
	"math"

	"surety/checker/history"
)

// dossiers is the fold of the last pass: it gathers the evidence of the findings
// that are kept, a few of each class.
type dossiers struct {
	ledgers []*ledger
	keys    map[history.Name]*trails
	records map[recordID]*dossier
}

type recordID struct {
	key history.Name
	seq int64
}

// trails are the sightings of one key that stand last and highest, by sink.
type trails struct {
	sinks   []trail
	missing []*wanted // records that did not come out: when did that show?
}

type trail struct {
	any       bool
	last, top event
}

// dossier is what a few events say of one record.
type dossier struct {
	attempt *event // the surest one
	logged  *event
	sinks   []appearance
	found   []*wanted // that sightings show
}

type appearance struct {
	tail      *event // the first look
	n         int64  // sightings
	sightings []*event
}

// wanted is a finding at a sink that wants evidence.
type wanted struct {
	*found
	sink int
}

// manySightings is how many sightings of one record are held.
const manySightings = 16

func newDossiers(ledgers []*ledger) *dossiers {
	return &dossiers{ledgers: ledgers, keys: map[history.Name]*trails{}, records: map[recordID]*dossier{}}
}

func (d *dossiers) ledger(key history.Name) *ledger {
	return d.ledgers[shardsOf(len(d.ledgers)).shard(key)]
}

// want asks for the evidence of a finding.
func (d *dossiers) want(w *wanted) {
	sinks := len(d.ledger(w.key).sinks)
	k := d.keys[w.key]
	if k == nil {
		k = &trails{sinks: make([]trail, sinks)}
		d.keys[w.key] = k
	}
	id := recordID{w.key, w.Seq}
	r := d.records[id]
	if r == nil {
		r = &dossier{sinks: make([]appearance, sinks)}
		d.records[id] = r
	}
	switch w.Class {
	case Lost, Vanished:
		k.missing = append(k.missing, w)
	case Duplicated, Reordered, Split:
		r.found = append(r.found, w)
	}
}

// narrow wants the records that say all about a finding.
func (w *wanted) narrow(to *history.Wanted) {
	switch w.Class {
	case Duplicated, Phantom, FailedAppeared, AbortedRead:
		to.Record(w.key, w.Seq)
	case Reordered:
		to.Record(w.key, w.Seq)
		to.Record(w.key, w.higher)
	default: // what else of its key came out, and when
		to.Key(w.key)
	}
}

func (d *dossiers) add(ev *event) {
	r := d.records[recordID{ev.key, ev.seq}]
	switch {
	case ev.kind == sighted:
		d.sighted(ev, r)
	case r == nil:
	case ev.kind == settled:
		if r.attempt == nil || surer(ev, r.attempt) {
			r.attempt = held(ev)
		}
	case ev.kind == logged:
		if r.logged == nil {
			r.logged = held(ev)
		}
	case ev.kind == tailed:
		if a := &r.sinks[ev.sink]; a.tail == nil && ev.index == 0 {
			a.tail = held(ev)
		}
	}
}

// sighted completes the findings that a sighting shows, and moves the trail on.
func (d *dossiers) sighted(ev *event, r *dossier) {
	l := d.ledger(ev.key)
	if ev.index != 0 || !l.accounts.at(l.index(ev.key)).tried(ev.seq) {
		return
	}
	k := d.keys[ev.key]
	for _, w := range k.missing {
		if w.sink == int(ev.sink) && ev.seq > w.Seq {
			w.moment = min(w.moment, ev.at)
		}
	}
	t := &k.sinks[ev.sink]
	if r != nil {
		a := &r.sinks[ev.sink]
		a.n++
		for _, w := range r.found {
			if w.nth == a.n && w.sink == int(ev.sink) {
				w.shown(t, a, ev)
			}
		}
		if len(a.sightings) < manySightings {
			a.sightings = append(a.sightings, held(ev))
		}
	}
	t.last = *ev
	if !t.any || ev.seq > t.top.seq {
		t.any, t.top = true, *ev
	}
}

// shown names the sightings behind a finding, in the order of the sink.
func (w *wanted) shown(t *trail, a *appearance, ev *event) {
	switch {
	case w.Class == Reordered && t.any:
		w.Sightings = []Sighting{sighting(&t.top)}
	case w.Class == Split && t.any:
		w.Sightings = []Sighting{sighting(&t.last)}
	case w.Class == Duplicated && len(a.sightings) > 0:
		w.Sightings = []Sighting{sighting(a.sightings[0])}
		if last := w.nth - 2; last > 0 && last < int64(len(a.sightings)) {
			w.Sightings = append(w.Sightings, sighting(a.sightings[last]))
		}
	}
	w.Sightings = append(w.Sightings, sighting(ev))
}

func held(ev *event) *event {
	own := *ev
	return &own
}

// conclude completes a finding with what was gathered.
func (d *dossiers) conclude(w *wanted, input bool) {
	r := d.records[recordID{w.key, w.Seq}]
	a := &r.sinks[w.sink]
	if r.attempt != nil {
		w.Attempt = &AttemptRef{
			Outcome: r.attempt.class.String(), At: r.attempt.at, Partition: r.attempt.part, Offset: r.attempt.offset,
		}
		if r.logged != nil {
			w.Attempt.Partition, w.Attempt.Offset = r.logged.part, r.logged.offset
		}
	}
	l := d.ledger(w.key)
	log := l.log.find(l.index(w.key))
	copies := log.times(w.Seq)
	w.Origin = Processor
	switch w.Class {
	case Duplicated:
		w.Note = fmt.Sprintf("sighting %d of this record", w.nth)
		if w.nth <= copies {
			w.Origin = Ingest
		}
	case Reordered:
		w.Note = fmt.Sprintf("after sequence %d", w.higher)
		if log != nil && log.odd != nil && log.odd.late.has(w.Seq) {
			w.Origin = Ingest
		}
	case Phantom: // a log has no outputs: one beyond those of its record was made behind it
		if copies > 0 && w.Index == 0 {
			w.Origin = Ingest
		}
	case AbortedRead, FailedAppeared:
		if copies > 0 {
			w.Origin = Ingest
		}
		w.appeared(a, r, input && copies > 0)
	case Lost, Vanished:
		if copies == 0 {
			w.Origin = Ingest
		}
		w.missing(a, r, input && copies == 0)
	}
	if w.Class == Split || !input && w.Origin != AtSink {
		w.Origin = ""
	}
}

// missing completes the finding of a record that should have come out.
func (w *wanted) missing(a *appearance, r *dossier, notLogged bool) {
	if r.attempt != nil {
		w.At = r.attempt.at
	}
	switch {
	case a.tail != nil:
		w.Origin, w.moment = AtSink, math.MaxInt64
		w.Sightings = []Sighting{sighting(a.tail)}
		w.Note = "seen while the run went on, not in the final read"
	case notLogged:
		w.Note = "the input log does not have it"
	}
	w.moment = max(w.moment, w.At)
}

// appeared completes the finding of a record that should not have come out.
func (w *wanted) appeared(a *appearance, r *dossier, logged bool) {
	w.Sightings = sightings(a.sightings)
	if len(a.sightings) > 0 {
		w.At = a.sightings[0].at
		w.moment = w.At
	}
	switch {
	case w.Class == AbortedRead:
		w.Note = "its transaction was aborted"
	case logged:
		w.Note = "its write failed for certain, but the input log has it"
	case r.attempt != nil && r.attempt.class == history.Unknown:
		w.Note = "the input log does not have it"
	default:
		w.Note = "its write failed for certain"
	}
}
