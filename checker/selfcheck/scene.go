package selfcheck

import (
	"fmt"
	"math"
	"math/rand/v2"

	"surety/checker"
	"surety/checker/history"
)

// scene is a short stretch of the life of one key, complete in itself: what the
// driver did, what the input log holds of it, what came out, and what the judge
// must count for it. The same draw gives the same scene, so that a history is told
// in several passes without being held.
//
// The sink that a scene plants its anomaly in is the victim. Where a history has
// a second sink, the bystander, nothing is wrong there unless the scene says so.
type scene struct {
	*world
	draw *rand.Rand
	keys []keyState // keys[0] is the key whose life this is; the others are the scene's own
	recs []rec
	kids int  // keys of their own that the scenes of this life had
	tell bool // what must be counted: in one of the passes

	writes []write
	logged []sight
	seen   []sight
}

// keyState is how far a key has come.
type keyState struct {
	name history.Name
	text string
	seq  int64
	part int32
}

// rec is one record: a sequence number of one of the scene's keys.
type rec struct {
	key int
	seq int64
}

type writeOp uint8

const (
	intent writeOp = iota
	outcome
	txBegin
	txEnd
)

// write is one thing that the driver recorded.
type write struct {
	op      writeOp
	rec     int
	attempt int // the step of its intent
	tx      int // the step that began it, from 1; 0: none
	class   history.OutcomeClass
}

// who sees a sighting.
const (
	victim    = 1 << iota // the first sink
	bystander             // the second
	tailed                // the tail of the first sink, whatever else it misses
	final                 // the final read
	fixed                 // fetched in just this order
	together              // at the append time of the sighting before it
	later                 // at a later append time than all before it
	fence                 // a record of the harness
	both      = victim | bystander
)

// sight is one record at one position of a sink, or of the input log.
type sight struct {
	rec     int
	how     int
	at      int // the sighting of this scene whose position this one has; -1: a position of its own
	part    int32
	index   int32
	corrupt bool
	altered bool
}

func (s *scene) coin() bool { return s.draw.IntN(2) == 0 }

// some is 1..n.
func (s *scene) some(n int) int { return 1 + s.draw.IntN(n) }

// reset begins the next scene of the same life.
func (s *scene) reset() {
	s.keys, s.recs = s.keys[:1], s.recs[:0]
	s.writes, s.logged, s.seen = s.writes[:0], s.logged[:0], s.seen[:0]
}

// own is a key of this scene alone, so that what is lost of it has a place.
func (s *scene) own() int {
	s.kids++
	s.keys = append(s.keys, s.newKey(fmt.Sprintf("%s/%d", s.keys[0].text, s.kids), s.draw))
	return len(s.keys) - 1
}

func (w *world) newKey(text string, draw *rand.Rand) keyState {
	k := keyState{name: w.out.Name(text), text: text, part: draw.Int32N(w.partitions)}
	if w.settled {
		k.part = 0
	}
	switch draw.IntN(20) {
	case 0:
		k.seq = math.MinInt64
	case 1:
		k.seq = math.MaxInt64 - 1<<40
	case 2:
		k.seq = 1<<53 - 2 // where floats end
	case 3:
		k.seq = -3
	}
	return k
}

// next is the record that the key sends next. Sequence numbers rise, not always
// by one.
func (s *scene) next(key int) int {
	k := &s.keys[key]
	k.seq++
	switch s.draw.IntN(50) {
	case 0:
		k.seq += int64(s.draw.IntN(5))
	case 1:
		k.seq += int64(s.draw.IntN(500))
	}
	s.recs = append(s.recs, rec{key, k.seq})
	return len(s.recs) - 1
}

// try is one attempt with its answer; nothing answers an unknown one, sometimes.
func (s *scene) try(r int, class history.OutcomeClass) { s.tryIn(0, r, class) }

// tryIn is an attempt within a transaction.
func (s *scene) tryIn(tx, r int, class history.OutcomeClass) {
	a := s.intend(tx, r)
	if class != history.Unknown || s.coin() {
		s.answer(a, class)
	}
}

func (s *scene) intend(tx, r int) (attempt int) {
	attempt = len(s.writes)
	s.writes = append(s.writes, write{op: intent, rec: r, attempt: attempt, tx: tx})
	return attempt
}

func (s *scene) answer(attempt int, class history.OutcomeClass) {
	s.writes = append(s.writes, write{op: outcome, rec: s.writes[attempt].rec, attempt: attempt, class: class})
}

// begin opens a transaction.
func (s *scene) begin() (tx int) {
	tx = len(s.writes) + 1
	s.writes = append(s.writes, write{op: txBegin, tx: tx})
	return tx
}

// finish ends it; nothing tells the end of an unknown one, sometimes.
func (s *scene) finish(tx int, class history.OutcomeClass) {
	if class != history.Unknown || s.coin() {
		s.writes = append(s.writes, write{op: txEnd, tx: tx, class: class})
	}
}

// log puts a record into the input log.
func (s *scene) log(r int) {
	s.logged = append(s.logged, sight{rec: r, at: -1, how: final, part: s.keys[s.recs[r].key].part})
}

// see lets a record come out as how says.
func (s *scene) see(r, how int) int {
	return s.show(sight{rec: r, how: how, at: -1, part: s.keys[s.recs[r].key].part})
}

func (s *scene) show(v sight) int {
	s.seen = append(s.seen, v)
	return len(s.seen) - 1
}

// again shows the victim the position of an earlier sighting once more, with the
// content of r.
func (s *scene) again(at, r int) {
	s.seen[at].how |= fixed
	s.show(sight{rec: r, how: victim | final | fixed, at: at, part: s.seen[at].part})
}

// come is a record as it should be: acknowledged, logged, once in each sink.
func (s *scene) come(r int) int {
	s.try(r, history.OK)
	s.log(r)
	return s.see(r, both|final)
}

// ordinary sends n records of a key of which nothing is to be said. Some are in
// flight together, and answered in another order.
func (s *scene) ordinary(key, n int) {
	if n > 1 && s.coin() {
		s.inFlight(key, n)
		return
	}
	for range n {
		s.come(s.next(key))
	}
}

func (s *scene) inFlight(key, n int) {
	attempts := make([]int, n)
	for i := range attempts {
		r := s.next(key)
		attempts[i] = s.intend(0, r)
		s.log(r)
		s.see(r, both|final)
	}
	s.draw.Shuffle(n, func(i, j int) { attempts[i], attempts[j] = attempts[j], attempts[i] })
	for _, a := range attempts {
		s.answer(a, history.OK)
	}
}

// count says what the judge must count at the victim, and whom it must name:
// where nobody can tell, by is empty.
func (s *scene) count(c checker.Class, n int, by checker.Origin) {
	if s.tell {
		s.want[0].count(c, n, by)
	}
}

// aside is count at the bystander.
func (s *scene) aside(c checker.Class, n int, by checker.Origin) {
	if s.tell {
		s.want[1].count(c, n, by)
	}
}

// everywhere is count at both sinks.
func (s *scene) everywhere(c checker.Class, n int, by checker.Origin) {
	if s.tell {
		s.want[0].count(c, n, by)
		s.want[1].count(c, n, by)
	}
}

// by is the origin, where an input log can tell it.
func (s *scene) by(o checker.Origin) checker.Origin {
	if s.input || o == checker.AtSink {
		return o
	}
	return ""
}

// lost counts losses at the victim.
func (s *scene) lost(n int, p checker.Place, by checker.Origin) {
	s.count(checker.Lost, n, by)
	if s.tell {
		s.want[0].places[p] += int64(n)
	}
}
