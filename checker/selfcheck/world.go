package selfcheck

import (
	"time"

	"surety/checker"
	"surety/checker/history"
)

// world is one drawn history: its shape, and what the judge must find in it.
type world struct {
	kind *Kind
	seed uint64

	keys   int     // with a life each
	perKey int     // attempts in a life, about
	open   int     // lives that go on at the same time
	chance float64 // of a scene to be one of the kind
	forced int     // the key that has one for certain

	partitions int32
	sessions   int  // of a final read
	input      bool // the input log is read
	tail       bool // the first sink is read while the run goes on
	queue      bool // sinks have no positions
	timed      bool // positions have append times
	noise      bool // there is more to see, and not to judge
	second     bool // there is a bystander
	stalled    bool // the system stands still before the drain is over
	settled    bool // all keys have the first partition, as the only one that they may be in
	calm       bool // it is large, and its background mostly ordinary
	keen       bool // the tail sees all that it can, before a fault is healed
	newest     bool // the first sink is a table
	// declare adds to what the first sink must keep; nil: nothing.
	declare func(*checker.SinkSpec)

	out      *history.Writer
	now      history.Nanos
	attempts uint64
	txs      uint64
	sessionN uint32
	scenes   int64
	want     [2]*want
}

// newWorld draws a history of so many attempts or a few more, with an anomaly in
// about one of oneIn.
func newWorld(kind *Kind, seed uint64, attempts, oneIn int) *world {
	d := drawn(seed, 0)
	one := func(in int) bool { return d.IntN(in) == 0 }
	w := &world{
		kind: kind, seed: seed,
		partitions: 1 + d.Int32N(6), sessions: 1 + d.IntN(2),
		input: one(2), tail: one(2), queue: one(8), timed: !one(4), noise: one(8), second: one(4),
		want: [2]*want{newWant(), newWant()},
	}
	w.calm = attempts >= large
	w.perKey = min(attempts, 3+d.IntN(max(5, attempts/20)))
	w.keys = (attempts + w.perKey - 1) / w.perKey
	w.open = 1 + d.IntN(min(w.keys, 100))
	w.forced = d.IntN(w.keys)
	if oneIn < attempts {
		w.chance = min(0.5, attemptsPerScene/float64(oneIn))
	}
	if kind.needs != nil {
		kind.needs(w)
	}
	w.tail = w.tail && !w.queue
	w.timed = w.timed && !w.queue
	return w
}

// attemptsPerScene is about how many a scene has for each anomaly of a planting.
const attemptsPerScene = 2

// large is how many attempts a history has whose background is mostly ordinary, as
// that of a real run is.
const large = 10_000

// What kinds need of their history.
func positions(w *world) { w.queue = false }
func tails(w *world)     { w.queue, w.tail = false, true }
func queue(w *world)     { w.queue = true }
func noise(w *world)     { w.noise = true }
func second(w *world)    { w.second = true }
func stalls(w *world)    { w.stalled, w.chance = true, 0 }

func partitions(w *world) {
	w.queue, w.timed, w.partitions = false, true, max(2, w.partitions)
}

// What kinds of declared classes need: the declaration, and no more than one reason
// to break it.

func routes(w *world) {
	positions(w)
	w.settled, w.partitions = true, 2
	w.declare = func(s *checker.SinkSpec) { s.Partitions, s.Guarantee.Routing = 1, checker.RoutingKey }
}

func recovers(w *world) {
	tails(w)
	w.keen = true
	w.declare = func(s *checker.SinkSpec) { s.Guarantee.Recovery = time.Second }
}

func preserves(w *world) {
	w.declare = func(s *checker.SinkSpec) { s.Guarantee.Preserve = true }
}

func equals(w *world) {
	w.second = true
	w.declare = func(s *checker.SinkSpec) { s.Equals = sinkName(1) }
}

func table(w *world) {
	positions(w)
	w.newest = true
	w.declare = func(s *checker.SinkSpec) {
		s.Oracle = "latest"
		if w.seed%2 == 0 {
			s.Guarantee.State = checker.StateFinal
		}
	}
}

// planted is how often the judge must count the kind's class; of a kind without
// a class how many scenes there are.
func (w *world) planted() int64 {
	if w.kind.Class == "" {
		return w.scenes
	}
	return w.want[0].counts[w.kind.Class]
}

// spec declares g for the victim, and h for the bystander.
func (w *world) spec(g, h checker.Guarantee) checker.Spec {
	spec := checker.Spec{Sinks: []checker.SinkSpec{{Name: sinkName(0), Oracle: "identity", Guarantee: g}}}
	if w.declare != nil {
		w.declare(&spec.Sinks[0])
	}
	if w.keen {
		spec.Faults = []checker.FaultSpec{{Name: "pause", Label: "pause processor-1"}}
	}
	if w.second {
		spec.Sinks = append(spec.Sinks, checker.SinkSpec{Name: sinkName(1), Oracle: "identity", Guarantee: h})
	}
	return spec
}

func sinkName(i int) string { return [...]string{"out", "copy"}[i] }
