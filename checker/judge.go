// Package checker judges stored histories against declared guarantees. It has no
// clock and no client: the same history and the same Spec give the same Verdict.
package checker

import (
	"errors"
	"math"
	"runtime"
	"slices"

	"surety/checker/history"
)

// caseEvents bounds the facts of odd keys that are held at once. With more of
// them the history is read again for the next keys.
const caseEvents = 4 << 20

// Judge decides whether a history keeps what spec declares. It reads the history
// by open as often as it needs: once if nothing is odd. Findings about the system
// under test are in the verdict; an error means that the history cannot be read.
func Judge(open func() (*history.Reader, error), spec Spec) (*Verdict, error) {
	return newJudge(open, spec).verdict()
}

func newJudge(open func() (*history.Reader, error), spec Spec) *judge {
	return &judge{
		open:   func() (source, error) { return open() },
		spec:   spec,
		shards: min(runtime.GOMAXPROCS(0), 8),
		budget: caseEvents,
		level1: true,
	}
}

// JudgeTrace is Judge for a history that another tool told: its sink order is the
// order of its observations, whatever their positions, and it knows no faults.
func JudgeTrace(open func() (Source, error), spec Spec) (*Verdict, error) {
	j := judge{open: open, spec: spec, shards: min(runtime.GOMAXPROCS(0), 8), budget: caseEvents, told: true}
	return j.verdict()
}

// judge holds what the passes over one history share.
type judge struct {
	open   opener
	spec   Spec
	shards int
	budget int64
	told   bool // by another tool: a trace
	level1 bool // judge the logs by themselves as well

	scan    *scan
	logs    *logFold // nil: not judged
	known   knowledge
	ledgers []*ledger
	scope   scope
	tallies []*tally
	index   *history.Index // from the first pass; nil: its source has none
}

func (j *judge) verdict() (*Verdict, error) {
	if err := j.classify(); err != nil {
		return nil, err
	}
	j.scope = j.scan.scope()
	j.scope.told = j.told
	j.tallies = j.scan.tallies
	first := j.scan.windows.first
	for _, t := range j.tallies {
		t.place(first)
	}
	tangled := make([][]tangledKey, len(j.ledgers))
	parallel(len(j.ledgers), func(i int) { tangled[i] = j.ledgers[i].finish(j.scope, first < math.MaxInt64) })
	for _, l := range j.ledgers {
		for i := range l.sinks {
			j.tallies[i].merge(l.sinks[i].tally)
		}
	}
	for i, t := range j.tallies {
		if j.scope.sinks[i].absence {
			torn(j.scan.unknown, i, &j.spec.Sinks[i], j.scope.input, j.facts, j.scan.name, t)
		}
		if j.scope.input && j.scan.input.corrupt == 0 {
			t.blame(Corrupted, Processor)
		}
	}
	if err := j.halves(); err != nil {
		return nil, err
	}
	j.scan.outputs.finish(j.scope, j.tallies)
	for _, keys := range groups(slices.Concat(tangled...), j.budget) {
		if err := j.try(keys); err != nil {
			return nil, err
		}
	}
	if j.logs != nil {
		if err := j.logs.judge(j.open, j.scope.complete); err != nil {
			return nil, err
		}
	}
	if err := j.gather(); err != nil {
		return nil, err
	}
	return j.conclude(), nil
}

// pass reads the history once: of a scan that has a focus, that alone.
func (j *judge) pass(s *scan) (err error) {
	src, err := j.open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	if n, able := src.(narrow); able && s.focus != nil {
		n.Narrow(s.focus, j.index)
	} else if able && j.index == nil {
		j.index = n.Index()
	}
	for _, l := range j.ledgers {
		l.name = src.Name
	}
	return s.run(src)
}

// classify reads the history into the ledgers, with every sink taken as read
// whole and every position for what it looks like, and again with what that showed
// to be wrong.
func (j *judge) classify() error {
	j.known.complete = make([]bool, len(j.spec.Sinks))
	for i := range j.known.complete {
		j.known.complete[i] = true
	}
	j.ledgers = newLedgers(j.shards, j.told, j.spec.Sinks)
	for {
		var wants func(eventKind, history.Name) bool
		if j.ledgers[0].settled {
			wants = func(kind eventKind, _ history.Name) bool { return kind > settled }
		}
		out := newRouter(j.ledgers, wants)
		j.scan = newScan(j.spec, j.told, j.known, out)
		if j.level1 && j.logs == nil { // it asks nothing that is learned
			j.logs = newLogFold(func(n history.Name) string { return j.scan.name(n) })
			j.scan.logs = j.logs
		}
		err := j.pass(j.scan)
		out.close()
		if err != nil {
			return err
		}
		known, again := j.scan.learn()
		for _, l := range j.ledgers {
			again = again || l.again
		}
		j.known = known
		if !again {
			return nil
		}
		for _, l := range j.ledgers {
			l.settled = true
			l.begin(j.spec.Sinks)
		}
	}
}

// try reads the history for the facts of some keys and judges them.
func (j *judge) try(keys []tangledKey) error {
	sizes := map[history.Name]int64{}
	for _, k := range keys {
		sizes[k.key] = k.events
	}
	trials := newTrials(j.shards, sizes)
	out := newRouter(trials, func(_ eventKind, key history.Name) bool { return sizes[key] > 0 })
	known := j.known
	known.everyAttempt = true
	s := newScan(j.spec, j.told, known, out)
	err := j.pass(s)
	out.close()
	if err != nil {
		return err
	}
	found := make([][]*tally, len(trials))
	parallel(len(trials), func(i int) {
		for range j.spec.Sinks {
			t := newTally()
			t.place(j.scan.windows.first)
			found[i] = append(found[i], t)
		}
		trials[i].finish(j.scope, j.spec.Sinks, s.name, found[i])
	})
	for _, tallies := range found {
		for i, t := range tallies {
			j.tallies[i].merge(t)
		}
	}
	return nil
}

// gather reads the history for the evidence of the findings that the ledgers kept.
func (j *judge) gather() error {
	var all []*wanted
	d := newDossiers(j.ledgers)
	for i, t := range j.tallies {
		for _, list := range t.findings {
			for k := range list {
				if f := &list[k]; f.open {
					all = append(all, &wanted{found: f, sink: i})
				}
			}
		}
	}
	if len(all) == 0 {
		return nil
	}
	focus := &history.Wanted{}
	for _, w := range all {
		d.want(w)
		w.narrow(focus)
	}
	out := newRouter([]*dossiers{d}, func(_ eventKind, key history.Name) bool { return focus.Any(key) })
	s := newScan(j.spec, j.told, j.known, out)
	if j.known.close == nil {
		s.focus = focus
	}
	err := j.pass(s)
	out.close()
	if err != nil {
		return err
	}
	for _, w := range all {
		d.conclude(w, j.scope.input)
	}
	for _, t := range j.tallies {
		t.sort()
	}
	return nil
}

func (j *judge) facts(key history.Name, seq int64, sink int) facts {
	return j.ledgers[shardsOf(j.shards).shard(key)].facts(key, seq, sink)
}

// groups splits keys so that each group has at most budget events, or one key.
func groups(keys []tangledKey, budget int64) (out [][]tangledKey) {
	var n int64
	for _, k := range keys {
		if len(out) == 0 || n+k.events > budget {
			out, n = append(out, nil), 0
		}
		n += k.events
		out[len(out)-1] = append(out[len(out)-1], k)
	}
	return out
}

// scope is what a scanned history has the evidence for.
func (s *scan) scope() scope {
	sc := scope{input: s.input.sound, complete: s.ended}
	sc.lastHeal, sc.healed = s.windows.lastHeal()
	drained := s.drain != nil && (s.drain.Drained || s.drain.Complete)
	accounted := true // what is missing at an output may be a dead letter
	for i, spec := range s.spec.Sinks {
		if spec.Role == RoleDeadLetter {
			sc.dead, accounted = true, accounted && s.known.complete[i]
		}
	}
	for i := range s.spec.Sinks {
		whole := s.ended && s.known.complete[i]
		sc.sinks = append(sc.sinks, sinkScope{whole: whole, absence: whole && drained && accounted, tailed: s.watched(i), snapshots: s.snapshots[i]})
	}
	return sc
}
