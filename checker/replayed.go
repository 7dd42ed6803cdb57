package checker

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"

	"surety/checker/history"
)

// Replayed judges a history as Judge does, and holds what each of its sinks has at the
// end to what the same sink has in another history: the same input replayed gives the
// same output. Records of a key are compared as often as they come, in any order; of a
// sink with one state for each key, the last. Where the two had another input, one of
// them is not whole, or outputs depend on the clock, that leaves the sink open.
func Replayed(run, other func() (*history.Reader, error), spec Spec) (*Verdict, error) {
	mine, theirs := newJudge(run, spec), newJudge(other, spec)
	v, err := mine.verdict()
	if err != nil {
		return nil, err
	}
	theirs.level1 = false
	if err := theirs.classify(); err != nil {
		return nil, err
	}
	theirs.scope = theirs.scan.scope()
	r := replayed{mine, theirs}
	here, err := mine.holdings()
	if err != nil {
		return nil, err
	}
	there, err := theirs.holdings()
	if err != nil {
		return nil, err
	}
	open := r.open()
	for i := range v.Sinks {
		sv := &v.Sinks[i]
		if why := cmp.Or(open, r.openSink(i)); why != "" {
			v.leaveOpen(sv, why)
			continue
		}
		keys := differing(here[i], there[i])
		findings, err := r.evidence(i, keys[:min(len(keys), kept)])
		if err != nil {
			return nil, err
		}
		v.differs(sv, int64(len(keys)), findings)
	}
	return v, nil
}

// replayed are two judges of which each has read its history.
type replayed struct{ mine, theirs *judge }

// open says why nothing can be compared.
func (r replayed) open() string {
	logged := r.mine.scope.input && r.theirs.scope.input
	here, there := r.mine.inputs(logged), r.theirs.inputs(logged)
	n := len(here)
	for key, sum := range there {
		switch mine, both := here[key]; {
		case !both:
			n++
		case mine == sum:
			n--
		}
	}
	if n > 0 {
		return fmt.Sprintf("of %d keys other records went in than in the other run", n)
	}
	return ""
}

// openSink says why one sink cannot be compared.
func (r replayed) openSink(i int) string {
	switch spec := &r.mine.spec.Sinks[i]; {
	case !r.mine.scope.sinks[i].absence:
		return "what it has at the end is not known"
	case !r.theirs.scope.sinks[i].absence:
		return "what it has at the end of the other run is not known"
	case spec.Params.Size > 0:
		return "windows begin by the clock, which the two runs do not share"
	}
	return ""
}

// inputs sums up, for each key, the records that the input log has, or else those that
// were acknowledged.
func (j *judge) inputs(logged bool) map[string]uint64 {
	out := map[string]uint64{}
	for _, l := range j.ledgers {
		for i := range max(len(l.accounts.pages), len(l.log.pages)) * tablePage {
			in, more := (*set)(nil), int64(0)
			if a := l.accounts.find(i); a != nil {
				in = &a.ok
			}
			if logged {
				log := orNew(l.log.find(i))
				if in = &log.seen; log.odd != nil {
					more = log.odd.more.beyond()
				}
			}
			if in == nil || in.empty() {
				continue
			}
			sum := uint64(more) //nolint:gosec // any bits will do
			sweep(func(s span, _ members) {
				sum = fold64(sum^uint64(s.lo)^0x9e3779b97f4a7c15, uint64(s.hi)^0xe7037ed1a0b428db) //nolint:gosec // as above
			}, in)
			out[j.scan.name(l.key(i))] = sum
		}
	}
	return out
}

// holding sums up what a sink has of one key.
type holding struct{ n, sum uint64 }

func (h *holding) add(ev *event) {
	var more details
	if ev.more != nil {
		more = *ev.more
	}
	sum := fold64(uint64(ev.seq)^0x9e3779b97f4a7c15, uint64(uint32(ev.index))^0xe7037ed1a0b428db)                  //nolint:gosec // any bits will do
	sum ^= fold64(uint64(more.value)^0xa0761d6478bd642f, uint64(more.time)^0x8ebc6af09c88c6e3^bits.Reverse64(sum)) //nolint:gosec // as above
	h.n, h.sum = h.n+1, h.sum+sum
}

// collected is a fold that keeps the sightings of some keys; nil = all.
type collected struct {
	last  []bool // by sink: only the last in the order of the sink counts
	sinks []map[history.Name]*collection
	whole bool // keep the sightings themselves
}

type collection struct {
	holding
	events []*event // all, or the last one
}

func (c *collected) add(ev *event) {
	if ev.kind != sighted {
		return
	}
	of := c.sinks[ev.sink][ev.key]
	if of == nil {
		of = &collection{}
		c.sinks[ev.sink][ev.key] = of
	}
	switch {
	case c.last[ev.sink]:
		if len(of.events) > 0 {
			if both := inOrder([]*event{of.events[0], ev}); both[1].event != ev {
				return
			}
		}
		of.events, of.holding = []*event{held(ev)}, holding{}
	case c.whole:
		of.events = append(of.events, held(ev))
	}
	of.add(ev)
}

// collect reads the history for what its sinks have, of some keys or of all.
func (j *judge) collect(whole bool, wants func(history.Name) bool) ([]*collected, error) {
	spec := Spec{Faults: j.spec.Faults}
	folds := make([]*collected, j.shards)
	for i := range folds {
		folds[i] = &collected{whole: whole}
	}
	for _, s := range j.spec.Sinks {
		spec.Sinks = append(spec.Sinks, SinkSpec{Name: s.Name, Oracle: identityOracle.Name})
		for _, f := range folds {
			f.last, f.sinks = append(f.last, s.results() || s.table()), append(f.sinks, map[history.Name]*collection{})
		}
	}
	out := newRouter(folds, func(kind eventKind, key history.Name) bool { return kind == sighted && (wants == nil || wants(key)) })
	s := newScan(spec, j.told, j.known, out)
	s.details = true
	err := j.pass(s)
	out.close()
	return folds, err
}

// holdings sums up what each sink has, by key.
func (j *judge) holdings() ([]map[string]holding, error) {
	folds, err := j.collect(false, nil)
	if err != nil {
		return nil, err
	}
	out := make([]map[string]holding, len(j.spec.Sinks))
	for i := range out {
		out[i] = map[string]holding{}
		for _, f := range folds {
			for key, c := range f.sinks[i] {
				out[i][j.scan.name(key)] = c.holding
			}
		}
	}
	return out, nil
}

// differing are the keys of which two sinks have not the same, in their order.
func differing(a, b map[string]holding) (keys []string) {
	for key, h := range a {
		if b[key] != h {
			keys = append(keys, key)
		}
	}
	for key := range b {
		if _, both := a[key]; !both {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// evidence shows where keys begin to differ.
func (r replayed) evidence(sink int, keys []string) (out []Finding, err error) {
	if len(keys) == 0 {
		return nil, nil
	}
	var sides [2]map[string][]*event
	for i, j := range []*judge{r.mine, r.theirs} {
		name := j.scan.name
		folds, err := j.collect(true, func(key history.Name) bool { _, is := slices.BinarySearch(keys, name(key)); return is })
		if err != nil {
			return nil, err
		}
		sides[i] = map[string][]*event{}
		for _, f := range folds {
			for key, c := range f.sinks[sink] {
				sides[i][name(key)] = c.events
			}
		}
	}
	for _, key := range keys {
		ev, here, note := difference(sides[0][key], sides[1][key], "the other run")
		if ev == nil {
			continue // two contents with one sum
		}
		f := Finding{Class: Differed, Sink: r.mine.spec.Sinks[sink].Name, Key: key, Seq: ev.seq, Index: ev.index, Note: note}
		if here {
			f.At, f.Sightings = ev.at, []Sighting{sighting(ev)}
		}
		out = append(out, f)
	}
	return out, nil
}

// differs adds that a sink differs from that of another run in so many keys.
func (v *Verdict) differs(sv *SinkVerdict, keys int64, findings []Finding) {
	sv.Counts[Differed] += keys
	if keys == 0 {
		return
	}
	sv.Keys[Differed] += keys
	sv.Findings = append(sv.Findings, findings...)
	if !sv.Guarantee.Breaks(Differed) {
		return
	}
	sv.Breaks[Differed] += keys
	sv.Answer, v.Answer = Violated, Violated
	why := Reason{Text: fmt.Sprintf("%s: %s breaks %s: %d keys have another content than in the other run", sv.Sink, Differed, sv.Guarantee.Delivery, keys)}
	v.Reasons = slices.Insert(v.Reasons, 0, why)
}

// leaveOpen adds that a sink could not be compared.
func (v *Verdict) leaveOpen(sv *SinkVerdict, why string) {
	sv.NotJudged = append(sv.NotJudged, Differed)
	v.Reasons = append(v.Reasons, Reason{
		Text: sv.Sink + ": it cannot be compared with the other run: " + why,
		Try:  "compare runs of the same load that both came to their end",
	})
	sv.Answer = worse(sv.Answer, Inconclusive)
	v.Answer = worse(v.Answer, Inconclusive)
}
