package checker

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"surety/checker/history"
)

// scene is a small history with what is true of it said outright: what was tried,
// what the input log holds and what each sink shows, each in order.
type scene struct {
	tried   []tried
	log     []shown // nil = not read
	sink    []shown
	dead    []shown
	hasDead bool
}

type tried struct {
	seq, event int64
	class      history.OutcomeClass
}

type shown struct {
	seq   int64
	index int32
	part  int32
	table int64 // joined with; -1 = nothing
}

// drawScene draws attempts of one key, and outputs that are mostly right.
func drawScene(t *rapid.T, p Params) scene {
	chance := func(what string, percent int) bool { return rapid.IntRange(0, 99).Draw(t, what) < percent }
	var w scene
	class := rapid.SampledFrom([]history.OutcomeClass{ok, ok, ok, unknown, failed})
	for seq := range int64(rapid.IntRange(0, 8).Draw(t, "records")) {
		for range rapid.SampledFrom([]int{1, 1, 1, 2, 3}).Draw(t, "attempts") {
			w.tried = append(w.tried, tried{seq, rapid.Int64Range(1, 40).Draw(t, "event"), class.Draw(t, "class")})
		}
	}
	w.hasDead = chance("dead letters", 30)
	if chance("input read", 50) {
		w.log = []shown{}
		for _, a := range w.tried {
			if chance("logged", 75) {
				w.log = append(w.log, shown{seq: a.seq})
			}
		}
	}
	show := func(o shown) []shown {
		var out []shown
		for range rapid.SampledFrom([]int{0, 1, 1, 1, 1, 1, 2}).Draw(t, "copies") {
			out = append(out, o)
		}
		return out
	}
	for seq := range int64(9) {
		if seq > 0 && chance("nothing of it", 10) {
			continue
		}
		for index := range max(1, p.Outputs) {
			o := shown{seq: seq, index: index, part: partitionOf("k", 4), table: -1}
			if chance("strange", 3) {
				o.index = rapid.Int32Range(-1, 3).Draw(t, "index")
			}
			if chance("astray", 5) {
				o.part = (o.part + 1) % 4
			}
			if !p.Table.IsZero() && seq > 0 {
				o.table = seq - 1 - (seq-1)%3
			}
			if !p.Table.IsZero() && chance("joined otherwise", 20) {
				o.table = rapid.Int64Range(-1, 8).Draw(t, "table")
			}
			w.sink = append(w.sink, show(o)...)
		}
		if w.hasDead && chance("a dead letter", 20) {
			w.dead = append(w.dead, shown{seq: seq, table: -1})
		}
	}
	if len(w.sink) > 1 && chance("swapped", 30) {
		i := rapid.IntRange(1, len(w.sink)-1).Draw(t, "with the one before")
		w.sink[i], w.sink[i-1] = w.sink[i-1], w.sink[i]
	}
	return w
}

// story tells a scene; the key is in one partition of the input.
func (w scene) story() *story {
	s := newStory()
	for _, a := range w.tried {
		s.send(a.class, a.seq, a.event, 0)
	}
	read := func(l *look, all []shown) {
		for _, o := range all {
			ob := history.Observation{Partition: o.part, Offset: l.next[o.part], Key: s.name("k"), Seq: o.seq, Index: o.index, Append: int64(s.now)}
			if o.table >= 0 {
				ob.Valued, ob.Value = true, o.table
			}
			l.full(ob)
		}
		l.end("")
	}
	if w.log != nil {
		l := s.look("input", history.Input, history.Final)
		for i, o := range w.log {
			l.full(history.Observation{Offset: int64(i), Key: s.name("k"), Seq: o.seq, Event: w.event(o.seq)})
		}
		l.end("")
	}
	read(s.final(), w.sink)
	if w.hasDead {
		read(s.look("dead", history.Committed, history.Final), w.dead)
	}
	s.close()
	return s
}

func (w scene) event(seq int64) int64 {
	i := slices.IndexFunc(w.tried, func(a tried) bool { return a.seq == seq })
	return w.tried[i].event
}

func (w scene) has(seq int64, class history.OutcomeClass) bool {
	return slices.ContainsFunc(w.tried, func(a tried) bool { return a.seq == seq && a.class == class })
}

func (w scene) tries(seq int64) bool {
	return slices.ContainsFunc(w.tried, func(a tried) bool { return a.seq == seq })
}

func (w scene) logged(seq int64) bool {
	return slices.ContainsFunc(w.log, func(o shown) bool { return o.seq == seq })
}

// judge counts by the definitions what the sink shows of the scene.
func (w scene) judge(sink SinkSpec) map[Class]int64 {
	counts := map[Class]int64{}
	p := sink.Params
	owes := func(seq int64) int32 {
		switch {
		case sink.Oracle == "filter" && !p.Keep.Holds("k", seq), sink.Oracle == "join" && p.Table.Holds("k", seq):
			return 0
		case sink.Oracle == "fan-out":
			return p.Outputs
		}
		return 1
	}
	must := func(seq int64) bool { return w.has(seq, ok) || w.logged(seq) }
	type id struct {
		seq   int64
		index int32
	}
	var real []shown
	parts := map[int32]bool{}
	for _, o := range w.sink {
		switch n := owes(o.seq); {
		case !w.tries(o.seq):
			counts[Phantom]++
		case n == 0:
			counts[Misrouted]++
		case o.index < 0 || o.index >= n:
			counts[Phantom]++
		case sink.Guarantee.Routing != "" && o.part != partitionOf("k", 4):
			counts[Misrouted]++
		default:
			real = append(real, o)
			parts[o.part] = true
		}
	}
	if len(parts) > 1 {
		counts[Split]++
	}
	if sink.Oracle == "latest" {
		w.judgeTable(real, must, counts)
		return counts
	}
	times := map[id]int64{}
	for i, o := range real {
		k := id{o.seq, o.index}
		if times[k]++; times[k] == 1 && slices.ContainsFunc(real[:i], func(b shown) bool { return b.seq > o.seq }) {
			counts[Reordered]++
		}
		if sink.Oracle == "join" && !w.joins(o, p, sink.Guarantee.Delivery) {
			counts[WrongState]++
		}
	}
	for k, n := range times {
		counts[Duplicated] += max(0, n-max(1, w.forgotten(k.seq, p.TTL)))
	}
	for seq := range int64(9) {
		if !w.tries(seq) {
			continue
		}
		dead := slices.ContainsFunc(w.dead, func(o shown) bool { return o.seq == seq })
		for index := range owes(seq) {
			switch n := times[id{seq, index}]; {
			case n > 0 && w.has(seq, ok):
			case n > 0 && w.has(seq, unknown) && (w.log == nil || w.logged(seq)):
				counts[Recovered]++
			case n > 0:
				counts[FailedAppeared]++
			case dead && (must(seq) || w.has(seq, unknown)):
				counts[DeadLettered]++
			case must(seq):
				counts[Lost]++
			case w.has(seq, unknown):
				counts[Absent]++
			}
		}
	}
	return counts
}

func (w scene) judgeTable(real []shown, must func(int64) bool, counts map[Class]int64) {
	newest, top := int64(-1), int64(-1)
	seen := map[int64]bool{}
	for _, o := range real {
		top = max(top, o.seq)
		seen[o.seq] = true
	}
	for seq := range int64(9) {
		if w.tries(seq) && must(seq) {
			newest = seq
		}
		switch {
		case !seen[seq] || w.has(seq, ok):
		case w.has(seq, unknown) && (w.log == nil || w.logged(seq)):
			counts[Recovered]++
		default:
			counts[FailedAppeared]++
		}
	}
	dead := slices.ContainsFunc(w.dead, func(o shown) bool { return o.seq == newest })
	switch {
	case top < newest && dead:
		counts[DeadLettered]++
	case top < newest:
		counts[Lost]++
	case len(real) > 0 && real[len(real)-1].seq < top:
		counts[Regressed]++
	}
}

// forgotten is how often a dedup may let a record through.
func (w scene) forgotten(seq int64, ttl time.Duration) int64 {
	if ttl == 0 {
		return 1
	}
	var times []int64
	for _, a := range w.tried {
		if a.seq == seq && a.class != failed && w.log == nil {
			times = append(times, a.event)
		}
	}
	for _, o := range w.log {
		if o.seq == seq {
			times = append(times, w.event(seq))
		}
	}
	slices.Sort(times)
	var passed []int64
	for _, t := range times {
		if len(passed) == 0 || t > passed[len(passed)-1]+ttl.Milliseconds() {
			passed = append(passed, t)
		}
	}
	return int64(len(passed))
}

// joins says whether an output may have been joined with what it says.
func (w scene) joins(o shown, p Params, d Delivery) bool {
	if w.log != nil && !w.logged(o.seq) {
		return true // it never went in: nobody knows where it would stand
	}
	// What the processor reads in its order: certain, or perhaps.
	type row struct {
		seq     int64
		certain bool
	}
	var rows []row
	var at []int
	if w.logged(o.seq) {
		for i, l := range w.log {
			rows = append(rows, row{l.seq, true})
			if l.seq == o.seq {
				at = append(at, i)
			}
		}
	} else {
		for seq := range int64(9) {
			if seq == o.seq {
				at = append(at, len(rows))
			}
			if w.has(seq, ok) || w.has(seq, unknown) {
				rows = append(rows, row{seq, w.has(seq, ok)})
			}
		}
	}
	for _, n := range at {
		right := map[int64]bool{}
		certain := false
		for i := n - 1; i >= 0 && !certain; i-- {
			if p.Table.Holds("k", rows[i].seq) {
				right[rows[i].seq] = true
				certain = rows[i].certain && d != AtMostOnce
			}
		}
		if !certain {
			right[-1] = true
		}
		if d == AtLeastOnce {
			for _, later := range rows[n:] {
				if p.Table.Holds("k", later.seq) {
					right[later.seq] = true
				}
			}
		}
		if right[o.table] {
			return true
		}
	}
	return false
}

func TestRecordOraclesAgreeWithTheDefinitions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sink := rapid.SampledFrom([]SinkSpec{
			{Oracle: "identity"}, {Oracle: "map"}, {Oracle: "latest"},
			{Oracle: "filter", Params: Params{Keep: pred("seq % 3 != 0")}},
			{Oracle: "fan-out", Params: Params{Outputs: 2}},
			{Oracle: "dedup", Params: Params{TTL: 10 * time.Millisecond}},
			{Oracle: "join", Params: Params{Table: pred("seq % 3 == 0")}},
		}).Draw(t, "sink")
		sink.Name, sink.Guarantee, sink.Partitions = "out", guaranteeOf(t), 4
		if rapid.Bool().Draw(t, "routed") {
			sink.Guarantee.Routing = RoutingKey
		}
		w := drawScene(t, sink.Params)
		spec := Spec{Sinks: []SinkSpec{sink}}
		if w.hasDead {
			spec.Sinks = append(spec.Sinks, SinkSpec{Name: "dead", Role: RoleDeadLetter, Guarantee: alo})
		}
		v := judgeStory(t, w.story(), spec, 2, 1000)
		want := w.judge(sink)
		for c, n := range want {
			if n == 0 {
				delete(want, c)
			}
		}
		if got := counted(v.Sinks[0]); !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: counts %v, want %v\n%+v\n%s", sink.Oracle, got, want, w, show(v.Sinks[0].Findings))
		}
	})
}
