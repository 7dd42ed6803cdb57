// Package checker judges stored histories against declared guarantees. It has no
// clock and no client: the same history and the same Spec give the same Verdict.
package checker

import (
	"errors"
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
	j := judge{
		open:   func() (source, error) { return open() },
		spec:   spec,
		shards: min(runtime.GOMAXPROCS(0), 8),
		budget: caseEvents,
		level1: true,
	}
	return j.verdict()
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
	screens []*screen
	scope   scope
	tallies []*tally
}

func (j *judge) verdict() (*Verdict, error) {
	if err := j.screen(); err != nil {
		return nil, err
	}
	j.scope = j.scan.scope()
	j.scope.told = j.told
	j.tallies = j.scan.tallies
	var odd []*screened
	for _, s := range j.screens {
		odd = append(odd, s.finish(j.scope.input, j.tallies)...)
	}
	for i, t := range j.tallies {
		if j.scope.sinks[i].absence {
			torn(j.scan.unknown, i, &j.spec.Sinks[i], j.scope.input, j.facts, j.scan.name, t)
		}
		if j.scope.input && j.scan.input.corrupt == 0 {
			t.blame(Corrupted, Processor)
		}
	}
	j.scan.outputs.finish(j.scope, j.tallies)
	for _, keys := range groups(odd, j.budget) {
		if err := j.try(keys); err != nil {
			return nil, err
		}
	}
	if j.logs != nil {
		if err := j.logs.judge(j.open, j.scope.complete); err != nil {
			return nil, err
		}
	}
	return j.conclude(), nil
}

// pass reads the history once.
func (j *judge) pass(s *scan) (err error) {
	src, err := j.open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	return s.run(src)
}

// screen reads the history with every sink taken as read whole, and again if one
// was not: then what its tails saw is judged as well.
func (j *judge) screen() error {
	complete := make([]bool, len(j.spec.Sinks))
	for i := range complete {
		complete[i] = true
	}
	for {
		j.screens = newScreens(j.shards, j.spec.Sinks)
		out := newRouter(j.screens, screenWants)
		j.scan = newScan(j.spec, j.told, complete, out)
		if j.level1 {
			j.logs = newLogFold(func(n history.Name) string { return j.scan.name(n) })
			j.scan.logs = j.logs
		}
		err := j.pass(j.scan)
		out.close()
		if err != nil {
			return err
		}
		found := make([]bool, len(complete))
		for i := range found {
			found[i] = j.scan.sound(i)
		}
		if slices.Equal(found, complete) {
			return nil
		}
		complete = found
	}
}

// try reads the history for the facts of some odd keys and judges them.
func (j *judge) try(keys []*screened) error {
	sizes := map[history.Name]int64{}
	for _, k := range keys {
		sizes[k.key] = k.events
	}
	trials := newTrials(j.shards, sizes)
	out := newRouter(trials, func(_ eventKind, key history.Name) bool { return sizes[key] > 0 })
	s := newScan(j.spec, j.told, j.scan.complete, out)
	err := j.pass(s)
	out.close()
	if err != nil {
		return err
	}
	found := make([][]*tally, len(trials))
	parallel(len(trials), func(i int) {
		for range j.spec.Sinks {
			found[i] = append(found[i], newTally())
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

func (j *judge) facts(key history.Name, seq int64, sink int) facts {
	return j.screens[int(key)%j.shards].facts(key, seq, sink)
}

// groups splits keys so that each group has at most budget events, or one key.
func groups(keys []*screened, budget int64) (out [][]*screened) {
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
			sc.dead, accounted = true, accounted && s.complete[i]
		}
	}
	for i := range s.spec.Sinks {
		whole := s.ended && s.complete[i]
		sc.sinks = append(sc.sinks, sinkScope{whole: whole, absence: whole && drained && accounted, tailed: s.watched(i)})
	}
	return sc
}
