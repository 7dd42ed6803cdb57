package selfcheck

import (
	"math/rand/v2"
	"time"

	"surety/checker"
	"surety/checker/history"
)

// The streams of a world's seed. Readers of the same sink share one: they see the
// same positions. Each life has one as well, see world.life.
const (
	writesStream = 1 + iota
	logStream
	outStream // and that of the second sink
	_
	readStream // and those of further readers
)

// tell writes the history, in one go and without holding it.
func (w *world) tell(out *history.Writer) {
	w.out = out
	writes := newWeave(w, writesStream, func(s *scene) []write { return s.writes })
	writes.tell = true
	var tail *reading
	if w.tail {
		tail = w.read(0, history.Committed, history.Tail)
	}
	draw := drawn(w.seed, readStream)
	lag, ends := draw.IntN(20), draw.Float64()*1.2*float64(w.keys*w.perKey)
	for n := 0; ; n++ {
		t, step := writes.next()
		if t == nil {
			break
		}
		w.write(t, step)
		if tail != nil && n > lag && float64(n) < ends && draw.IntN(3) > 0 {
			tail.follow(false)
		}
	}
	if tail != nil {
		for tail.follow(!w.keen) {
		}
		tail.end()
	}
	w.heal()
	w.drain()
	if w.input {
		w.finish(w.read(-1, history.Input, history.Final))
	}
	w.finish(w.read(0, history.Committed, history.Final))
	if w.second {
		w.finish(w.read(1, history.Committed, history.Final))
	}
	out.Append(history.KindEnd, history.End{At: w.tick()})
}

func (w *world) tick() history.Nanos {
	w.now += 1000
	return w.now
}

// heal ends a fault that was there all the time, in a world that has one.
func (w *world) heal() {
	if !w.keen {
		return
	}
	for _, phase := range []history.FaultPhase{history.FaultInjected, history.FaultInEffect, history.FaultHealing, history.FaultHealed} {
		w.out.Append(history.KindFault, history.Fault{
			Name: "pause", Phase: phase, Evidence: history.Evidence{Shown: true, Text: "it stood still"}, At: w.tick(),
		})
	}
	w.now += history.Nanos(time.Hour)
}

func (w *world) drain() {
	d := history.Drain{Drained: true, Fences: true, At: w.tick()}
	if w.stalled {
		d = history.Drain{Reason: "nothing moved", At: d.At}
		w.want[0].stall()
		w.want[1].stall()
	}
	if w.newest { // of a table only the newest records need be there
		w.want[0].drop(checker.Absent)
	}
	w.out.Append(history.KindDrain, d)
}

func (w *world) write(t *thread[write], step *write) {
	s := t.scene
	switch step.op {
	case txBegin:
		w.txs++
		t.mark().n = w.txs
		w.out.Append(history.KindTxBegin, history.TxBegin{Tx: w.txs, Writer: 1, ID: "selfcheck", At: w.tick()})
	case txEnd:
		w.out.Append(history.KindTxEnd, history.TxEnd{Tx: t.marks[step.tx-1].n, Class: step.class, At: w.tick()})
	case intent:
		w.attempts++
		t.mark().n = w.attempts
		r := s.recs[step.rec]
		in := history.Intent{Attempt: w.attempts, Writer: 1, Key: s.keys[r.key].name, Seq: r.seq, At: w.tick(), Intended: w.now}
		if step.tx > 0 {
			in.Tx = t.marks[step.tx-1].n
		}
		w.out.Intent(in)
	case outcome:
		w.out.Outcome(history.Outcome{
			Attempt: t.marks[step.attempt].n, Class: step.class, Partition: -1, Offset: -1, At: w.tick(),
		})
	}
}

// reading is one look at a sink, or at the input log, from its start.
type reading struct {
	*world
	steps    *weave[sight]
	sink     int
	purpose  history.Purpose
	sessions []uint32
	noise    []uint32
	draw     *rand.Rand // what this reader sees, and when
	next     []int64    // offset of each partition
	clock    int64
	held     *history.Observation // fetched, to be told after what comes next
}

func (w *world) read(sink int, view history.View, purpose history.Purpose) *reading {
	side, salt, name := func(s *scene) []sight { return s.seen }, outStream+uint64(max(sink, 0)), "input" //nolint:gosec // not negative
	if sink < 0 {
		side, salt = func(s *scene) []sight { return s.logged }, logStream
	} else {
		name = sinkName(sink)
	}
	r := &reading{
		world: w, steps: newWeave(w, salt, side), sink: sink, purpose: purpose,
		draw: drawn(w.seed, readStream+10*uint64(purpose)+salt), next: make([]int64, w.partitions), clock: 1_790_000_000_000,
	}
	r.steps.glued = func(v *sight) bool { return v.how&together != 0 }
	n := 1
	if purpose == history.Final {
		n = w.sessions
	}
	for range n {
		r.sessions = append(r.sessions, w.session(name, view, purpose))
	}
	if w.noise && sink == 0 {
		r.noise = []uint32{w.session(name, history.Uncommitted, purpose), w.session("elsewhere", history.Committed, purpose)}
	}
	return r
}

func (w *world) session(sink string, view history.View, purpose history.Purpose) uint32 {
	w.sessionN++
	w.out.Append(history.KindSession, history.Session{
		Session: w.sessionN, Sink: sink, Topic: sink, View: view, Purpose: purpose, At: w.tick(),
	})
	return w.sessionN
}

// finish reads all that is left.
func (w *world) finish(r *reading) {
	for {
		t, v := r.steps.next()
		if t == nil {
			r.end()
			return
		}
		o, sees := r.place(t, v)
		if !sees || r.sink >= 0 && v.how&final == 0 {
			continue
		}
		if v.how&fixed == 0 && r.held == nil && !w.queue && r.draw.IntN(4) == 0 {
			r.held = &o
			continue
		}
		r.saw(o)
		if r.held != nil && r.draw.IntN(2) == 0 {
			r.release()
		}
	}
}

// follow takes the tail one step on. A tail misses records, and sees some again;
// behind, it sees only what the history wants of it. It reports whether there was
// a step.
func (r *reading) follow(behind bool) bool {
	t, v := r.steps.next()
	if t == nil {
		return false
	}
	o, sees := r.place(t, v)
	switch {
	case !sees:
	case v.how&tailed != 0:
		r.saw(o)
	case behind || v.how&fixed != 0 || !r.keen && r.draw.IntN(20) == 0:
	default:
		r.saw(o)
		if r.draw.IntN(20) == 0 {
			r.saw(o)
		}
	}
	return true
}

// place gives a sighting its position; false if it is another sink's.
func (r *reading) place(t *thread[sight], v *sight) (history.Observation, bool) {
	if r.sink >= 0 && v.how&(victim<<r.sink) == 0 {
		return history.Observation{}, false
	}
	m := t.mark()
	switch {
	case v.at >= 0:
		*m = t.marks[v.at]
	case v.how&together != 0:
		*m = mark{offset: r.next[v.part], append: r.clock}
		r.next[v.part]++
	default:
		r.clock += int64(r.steps.draw.IntN(3))
		if v.how&later != 0 {
			r.clock++
		}
		*m = mark{offset: r.next[v.part], append: r.clock}
		r.next[v.part]++
	}
	rec := t.scene.recs[v.rec]
	o := history.Observation{
		Session: r.sessions[int(v.part)%len(r.sessions)], Partition: v.part, Offset: m.offset,
		Key: t.scene.keys[rec.key].name, Seq: rec.seq, Index: v.index, Fence: v.how&fence != 0, Append: m.append, Altered: v.altered,
	}
	if v.corrupt {
		o.Corrupt, o.Seq = true, r.clock
	}
	if !r.timed {
		o.Append = 0
	}
	if r.queue && r.sink >= 0 {
		o.Partition, o.Offset = 0, -1
	}
	return o, true
}

func (r *reading) saw(o history.Observation) {
	o.At = r.tick()
	r.out.Observation(o)
	// An uncommitted view shows the same records, another sink has records of its own.
	for i, session := range r.noise {
		if r.draw.IntN(4) == 0 {
			o.Session, o.Seq = session, o.Seq+int64(i)
			r.out.Observation(o)
		}
	}
}

func (r *reading) release() {
	if r.held != nil {
		r.saw(*r.held)
		r.held = nil
	}
}

func (r *reading) end() {
	r.release()
	for _, session := range append(r.sessions, r.noise...) {
		r.out.Append(history.KindSessionEnd, history.SessionEnd{Session: session, At: r.tick()})
	}
}
