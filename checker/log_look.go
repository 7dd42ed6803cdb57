package checker

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"surety/checker/history"
)

// factBudget bounds the facts of odd chunks that are held at once.
const factBudget = 1 << 20

// judge settles what the first pass left open. absence says that the history is
// complete: what is not in it did not happen.
func (f *logFold) judge(open opener, absence bool) error {
	f.walk.finish()
	input := f.inputLog()
	look := &logLook{fold: f, input: input, suspects: map[valueKey][]*suspect{}, missed: map[missKey]*missing{}}
	if input != nil {
		input.tally.merge(f.sends)
		if absence && f.located > 0 {
			look.whole = f.whole(input.topic)
		}
		if look.whole != nil && look.whole.View != history.Input {
			look.whole = nil
		}
	}
	odd := look.compare()
	for len(odd) > 0 {
		var n int64
		look.chunks = map[chunkKey]*chunkFacts{}
		for len(odd) > 0 && (n == 0 || n+odd[0].size <= f.budget) {
			n += odd[0].size
			look.chunks[odd[0].chunkKey] = &chunkFacts{}
			odd = odd[1:]
		}
		if err := look.pass(open); err != nil {
			return err
		}
		look.weigh()
		look.chunks = nil
	}
	if len(look.suspects) > 0 || len(look.missed) > 0 {
		if err := look.pass(open); err != nil {
			return err
		}
		look.values()
	}
	return nil
}

// logLook looks again at the places where the witnesses of a log differ.
type logLook struct {
	fold  *logFold
	walk  logWalk
	input *logState
	whole *logSession // the final read of the input, where acknowledgements can be held to it

	chunks   map[chunkKey]*chunkFacts
	suspects map[valueKey][]*suspect
	missed   map[missKey]*missing
}

type chunkKey struct {
	log  string
	part int32
	no   int64
}

// oddChunk has witnesses that differ.
type oddChunk struct {
	chunkKey
	size int64 // facts in it
}

// chunkFacts are all that is known of the positions of one chunk.
type chunkFacts struct{ list []fact }

type fact struct {
	offset  int64
	entry   entry
	session *logSession // nil: an acknowledgement
	at      history.Nanos
}

// valueKey is a value of the input log. It is another one in each partition.
type valueKey struct {
	key   history.Name
	seq   int64
	index int32
}

// suspect is a value that stands somewhere without, or against, an
// acknowledgement, or that was acknowledged and not read there.
type suspect struct {
	part                         int32
	ok, unknown, failed, aborted bool
	acks, reads                  []loose
	committed                    []loose // of reads, those in a committed view
}

func (v *suspect) settle(class history.OutcomeClass, aborted bool) {
	v.ok = v.ok || class == history.OK
	v.unknown = v.unknown || class == history.Unknown
	v.failed = v.failed || class == history.Failed
	v.aborted = v.aborted || aborted
}

type missKey struct {
	session uint32
	part    int32
}

// missing are offsets that a session passed over though others know a record there.
type missing struct{ offsets []int64 }

// compare finds the chunks in which the witnesses of a log differ, and the values
// that nobody acknowledged where they were read.
func (k *logLook) compare() (odd []oddChunk) {
	lanes := map[chunkKey][]*logLane{} // no is 0
	if k.whole != nil {
		k.fold.acks.each(func(part int32, _ *plane) {
			lanes[chunkKey{log: k.input.topic, part: part}] = nil
		})
	}
	for _, s := range k.fold.walk.sessions {
		s.lanes.each(func(part int32, l *logLane) {
			if l.plane.chunks != nil {
				key := chunkKey{log: s.log, part: part}
				lanes[key] = append(lanes[key], l)
			}
		})
	}
	for key, list := range lanes {
		sizes, differ := map[int64]int64{}, map[int64]bool{}
		k.readings(key, list, sizes, differ)
		if k.whole != nil && key.log == k.input.topic {
			k.acknowledged(key.part, sizes, differ)
		}
		for no, is := range differ {
			if is {
				odd = append(odd, oddChunk{chunkKey{key.log, key.part, no}, sizes[no]})
			}
		}
	}
	slices.SortFunc(odd, func(a, b oddChunk) int {
		return cmp.Or(cmp.Compare(a.log, b.log), cmp.Compare(a.part, b.part), cmp.Compare(a.no, b.no))
	})
	return odd
}

// readings compares what sessions read of one partition.
func (k *logLook) readings(key chunkKey, list []*logLane, sizes map[int64]int64, differ map[int64]bool) {
	if len(list) == 0 {
		return
	}
	base, shift := k.base(key, list), k.fold.shift
	for _, l := range list {
		for no, c := range l.plane.chunks {
			sizes[no] += c.n
			differ[no] = differ[no] || c.mess || base.plane.chunks[no] == nil
		}
		for no, c := range base.plane.chunks {
			// Where a session began later or ended earlier it says nothing.
			within := no >= l.low>>shift && no <= l.high>>shift
			if was := base.upTo[l.high]; was != nil && no == l.high>>shift && !c.mess {
				c = was
			}
			differ[no] = differ[no] || within && l != base && !c.same(l.plane.chunks[no])
		}
	}
}

// base is the witness that the others are compared with: the final read, also
// where it read nothing, or else the one that saw most.
func (k *logLook) base(key chunkKey, list []*logLane) *logLane {
	if final := k.fold.whole(key.log); final != nil {
		if l := final.lanes.find(key.part); l != nil && l.plane.chunks != nil {
			return l
		}
		return &logLane{}
	}
	return slices.MaxFunc(list, func(a, b *logLane) int {
		return cmp.Or(cmp.Compare(len(a.plane.chunks), len(b.plane.chunks)), cmp.Compare(b.session.Session.Session, a.session.Session.Session))
	})
}

// acknowledged holds the acknowledgements of a partition to its final read, less
// what that found unacknowledged.
func (k *logLook) acknowledged(part int32, sizes map[int64]int64, differ map[int64]bool) {
	acks := k.fold.acks.find(part)
	if acks == nil {
		none := newPlane(k.fold.shift, true)
		acks = &none
	}
	read, extra := map[int64]*chunk{}, map[int64]*chunk{}
	if l := k.whole.lanes.find(part); l != nil {
		read = l.plane.chunks
		for _, x := range l.extra {
			if acks.has(x.offset) { // the acknowledgement came later
				continue
			}
			no := x.offset >> k.fold.shift
			if extra[no] == nil {
				extra[no] = &chunk{}
			}
			extra[no].n++
			extra[no].sum += x.entry.hash(x.offset)
			k.suspect(part, x.entry)
		}
	}
	less := func(a, b *chunk) *chunk {
		if a == nil || b == nil {
			return a
		}
		return &chunk{n: a.n - b.n, sum: a.sum - b.sum, mess: a.mess}
	}
	for no, c := range acks.chunks {
		sizes[no] += c.n
		differ[no] = differ[no] || !c.same(less(read[no], extra[no]))
	}
	for no, c := range read {
		if acks.chunks[no] == nil {
			differ[no] = differ[no] || less(c, extra[no]).n != 0
		}
	}
}

func (k *logLook) suspect(part int32, e entry) {
	if e.corrupt {
		return
	}
	key := valueKey{history.Name(e.key), e.seq, e.index}
	if k.find(key, part) == nil {
		k.suspects[key] = append(k.suspects[key], &suspect{part: part})
	}
}

func (k *logLook) find(key valueKey, part int32) *suspect {
	for _, v := range k.suspects[key] {
		if v.part == part {
			return v
		}
	}
	return nil
}

// pass reads the history once more.
func (k *logLook) pass(open opener) (err error) {
	src, err := open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	k.walk = newLogWalk(k)
	if err := each(src, k.walk.record); err != nil {
		return err
	}
	k.walk.finish()
	return nil
}

func (k *logLook) settled(s *attempt, class history.OutcomeClass, aborted bool) {
	if k.whole == nil {
		return
	}
	ok := class == history.OK && s.located()
	if k.chunks != nil {
		if c := k.chunks[chunkKey{k.input.topic, s.part, s.offset >> k.fold.shift}]; ok && c != nil {
			c.list = append(c.list, fact{offset: s.offset, entry: s.entry(), at: s.at})
		}
		return
	}
	for _, v := range k.suspects[valueKey{s.key, s.seq, 0}] {
		if s.part >= 0 && s.part != v.part {
			continue // else nobody knows where it went
		}
		if v.settle(class, aborted); ok {
			v.acks = place(v.acks, s.offset, s.entry(), s.at)
		}
	}
}

func place(list []loose, offset int64, e entry, at history.Nanos) []loose {
	if slices.ContainsFunc(list, func(l loose) bool { return l.offset == offset }) {
		return list
	}
	return append(list, loose{offset, e, at})
}

func (k *logLook) read(l *logLane, o *history.Observation, s step) {
	ses, e := l.session, entryOf(o)
	if k.chunks != nil {
		if c := k.chunks[chunkKey{ses.log, o.Partition, o.Offset >> k.fold.shift}]; c != nil && !o.Fence {
			c.list = append(c.list, fact{offset: o.Offset, entry: e, session: ses, at: o.At})
		}
		return
	}
	if k.whole != nil && ses.log == k.input.topic && !o.Corrupt && !o.Fence {
		if v := k.find(valueKey{o.Key, o.Seq, o.Index}, o.Partition); v != nil {
			v.reads = place(v.reads, o.Offset, e, o.At)
			if ses.View != history.Uncommitted {
				v.committed = place(v.committed, o.Offset, e, o.At)
			}
		}
	}
	if m := k.missed[missKey{ses.Session.Session, o.Partition}]; m != nil && s.compare && o.Offset > s.prev {
		m.skip(k, l, o, s)
	}
}

// skip counts one if the session went over a record to get here.
func (m *missing) skip(k *logLook, l *logLane, o *history.Observation, s step) {
	i, _ := slices.BinarySearch(m.offsets, s.prev+1)
	if i == len(m.offsets) || m.offsets[i] >= o.Offset {
		return
	}
	class := PollSkip
	if s.within {
		class = IntPollSkip
	}
	j, _ := slices.BinarySearch(m.offsets, o.Offset)
	k.fold.polled(class, l, o, fmt.Sprintf("session %d, the %s of %s, came from offset %d and passed over %d known records, the first at offset %d",
		l.session.Session.Session, l.session.Purpose, l.session.Sink, s.prev, j-i, m.offsets[i]))
}

// weigh judges the chunks of this pass.
func (k *logLook) weigh() {
	for key, c := range k.chunks {
		slices.SortStableFunc(c.list, func(a, b fact) int { return cmp.Compare(a.offset, b.offset) })
		for list := c.list; len(list) > 0; {
			n := 1
			for n < len(list) && list[n].offset == list[0].offset {
				n++
			}
			k.position(key, list[:n])
			list = list[n:]
		}
	}
}

// position judges all that is known of one offset.
func (k *logLook) position(key chunkKey, at []fact) {
	f, first := k.fold, at[0]
	for _, x := range at[1:] {
		if x.entry != first.entry {
			f.logs[key.log].tally.add(k.inconsistent(key.part, first, x), x.at)
			break
		}
	}
	input := k.input != nil && key.log == k.input.topic
	known := false // to a committed view
	readBy := map[uint32]bool{}
	for _, x := range at {
		if x.session != nil {
			readBy[x.session.Session.Session] = true
			known = known || x.session.View != history.Uncommitted
		}
		if x.session == nil {
			known = true
		}
		// An acknowledgement and a reading of the same leave nothing open.
		matched := slices.ContainsFunc(at, func(y fact) bool {
			return (x.session == nil) != (y.session == nil) && x.entry == y.entry
		})
		if input && k.whole != nil && !matched {
			k.suspect(key.part, x.entry)
		}
	}
	for _, s := range f.walk.sessions {
		l := s.lanes.find(key.part)
		if s.log != key.log || l == nil || readBy[s.Session.Session] || first.offset <= l.low || first.offset >= l.high {
			continue
		}
		if !known && s.View != history.Uncommitted {
			continue
		}
		mk := missKey{s.Session.Session, key.part}
		if k.missed[mk] == nil {
			k.missed[mk] = &missing{}
		}
		m := k.missed[mk]
		i, found := slices.BinarySearch(m.offsets, first.offset)
		if !found {
			m.offsets = slices.Insert(m.offsets, i, first.offset)
		}
	}
}

func (k *logLook) inconsistent(part int32, a, b fact) Finding {
	say := func(x fact) string {
		switch {
		case x.session == nil:
			return "acknowledged for " + k.text(x.entry)
		case x.entry.corrupt:
			return fmt.Sprintf("read corrupted by session %d", x.session.Session.Session)
		}
		return fmt.Sprintf("read by session %d as %s", x.session.Session.Session, k.text(x.entry))
	}
	fd := Finding{
		Class: InconsistentOffsets, At: b.at, Sightings: []Sighting{{part, a.offset, a.at}, {part, b.offset, b.at}},
		Note: "this offset was " + say(a) + ", and " + say(b),
	}
	if !a.entry.corrupt {
		fd.Key, fd.Seq, fd.Index = k.fold.name(history.Name(a.entry.key)), a.entry.seq, a.entry.index
	}
	return fd
}

func (k *logLook) text(e entry) string {
	return fmt.Sprintf("key %q sequence %d", k.fold.name(history.Name(e.key)), e.seq)
}

// values judges the suspects: what is known of each of their positions.
func (k *logLook) values() {
	if k.whole == nil {
		return
	}
	high := map[int32]int64{}
	for _, s := range k.fold.walk.sessions {
		if s.log == k.input.topic {
			s.lanes.each(func(part int32, l *logLane) {
				if h, any := high[part]; !any || l.high > h {
					high[part] = l.high
				}
			})
		}
	}
	for key, list := range k.suspects {
		for _, v := range list {
			h, any := high[v.part]
			if !any {
				h = -1
			}
			k.value(key, v, h)
		}
	}
}

func (k *logLook) value(key valueKey, v *suspect, high int64) {
	t := k.input.tally
	find := func(c Class, at, moment history.Nanos, where []loose, note string) {
		f := Finding{Class: c, Key: k.fold.name(key.key), Seq: key.seq, Index: key.index, At: at, Note: note}
		if len(v.acks) > 0 {
			a := v.acks[0]
			f.Attempt = &AttemptRef{Outcome: history.OK.String(), At: a.at, Partition: v.part, Offset: a.offset}
		}
		for _, p := range where[:min(len(where), 4)] {
			f.Sightings = append(f.Sightings, Sighting{v.part, p.offset, p.at})
		}
		t.add(f, moment)
	}
	if len(v.reads) == 0 {
		for _, a := range v.acks {
			c, note := LostWrite, "acknowledged, and no reading of this partition returned it, though they went beyond its offset"
			if a.offset > high {
				c, note = Unseen, fmt.Sprintf("acknowledged above the highest offset that was read, %d", high)
			}
			find(c, a.at, math.MaxInt64, nil, note) // it shows when all was read
		}
		return
	}
	all := slices.Clone(v.reads)
	for _, a := range v.acks {
		all = place(all, a.offset, a.entry, a.at)
	}
	slices.SortFunc(all, func(a, b loose) int { return cmp.Compare(a.offset, b.offset) })
	for i := range len(all) - max(1, len(v.acks)) {
		find(Duplicate, all[i+1].at, all[i+1].at, all, fmt.Sprintf("one value at %d offsets, sent with %d acknowledgements", len(all), len(v.acks)))
	}
	if len(v.committed) > 0 && v.failed && !v.ok && !v.unknown {
		c, note := FailedAppeared, "its write failed for certain"
		if v.aborted {
			c, note = AbortedRead, "its transaction was aborted"
		}
		find(c, v.committed[0].at, v.committed[0].at, v.committed, note)
	}
}
