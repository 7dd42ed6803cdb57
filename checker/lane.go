package checker

import (
	"cmp"
	"slices"
	"sort"

	"surety/checker/history"
)

// lane is one partition of one topic of one sink, or of the input log. It tells
// new positions from those seen before without holding any: positions rise, and
// where one comes again it is taken for the same record. Digests of what the looks
// at a lane saw show where that was wrong; the next pass looks at those positions
// closely.
type lane struct {
	id     uint32
	each   bool // positions come in any order, or of some keys only: what was passed over may still come
	tailed gaze
	judged gaze
	clock  laneClock
	digest digests

	close *closeUp            // positions to look at closely, from earlier passes
	held  map[int64]*position // those of them that were seen
}

// gaze is what one purpose has seen of a lane.
type gaze struct {
	covered set // the offsets seen, with those that a reader passed over
	before  int64
	again   set // offsets that were covered when they came
}

// closeUp is a choice of positions.
type closeUp struct {
	offsets set
	ranges  []span
}

func (c *closeUp) has(offset int64) bool {
	if c.offsets.has(offset) {
		return true
	}
	i := sort.Search(len(c.ranges), func(i int) bool { return c.ranges[i].hi >= offset })
	return i < len(c.ranges) && c.ranges[i].lo <= offset
}

// merge adds the positions of another choice.
func (c *closeUp) merge(o closeUp) {
	if !o.offsets.empty() {
		o.offsets.within(span{o.offsets.min(), o.offsets.max()}, c.offsets.add)
	}
	all := slices.Concat(c.ranges, o.ranges)
	slices.SortFunc(all, func(a, b span) int { return cmp.Compare(a.lo, b.lo) })
	c.ranges = all[:0]
	for _, r := range all {
		if n := len(c.ranges); n > 0 && r.lo <= c.ranges[n-1].hi {
			c.ranges[n-1].hi = max(c.ranges[n-1].hi, r.hi)
		} else {
			c.ranges = append(c.ranges, r)
		}
	}
}

// see notes an offset and says whether it is new.
func (l *gaze) see(offset int64, all bool) bool {
	before := l.before
	l.before = offset
	switch {
	case all && l.covered.stretch(before, offset): // as most
		return true
	case !l.covered.add(offset):
		l.again.add(offset)
		return false
	}
	return true
}

// position is where a lane holds what is to be looked at closely, or nil.
func (l *lane) position(offset int64) *position {
	if l.close == nil {
		return nil
	}
	return l.closely(offset)
}

func (l *lane) closely(offset int64) *position {
	if !l.close.has(offset) {
		return nil
	}
	p := l.held[offset]
	if p == nil {
		if l.held == nil {
			l.held = map[int64]*position{}
		}
		p = &position{}
		l.held[offset] = p
	}
	return p
}

// judge notes an observation that is judged, at a position that is not looked at
// closely. Its time is when a tail saw the position first, as well as is known.
func (l *lane) judge(o *history.Observation) (s sight, at history.Nanos) {
	h := hashOf(o)
	if !l.judged.see(o.Offset, !l.each) {
		l.digest.at(o.Offset).judgedAgain.add(h)
		return again, o.At
	}
	d := l.digest.at(o.Offset)
	d.judged.add(h)
	if l.tailed.covered.has(o.Offset) {
		d.both.add(h)
		if at, known := l.clock.when(o.Offset); known {
			return fresh, at
		}
	}
	return fresh, o.At
}

// tail notes an observation of a tail, at a position that is not looked at closely.
func (l *lane) tail(o *history.Observation, after bool) {
	h := hashOf(o)
	if !l.tailed.see(o.Offset, !l.each) {
		l.digest.at(o.Offset).tailedAgain.add(h)
		return
	}
	d := l.digest.at(o.Offset)
	d.tailed.add(h)
	if l.judged.covered.has(o.Offset) {
		d.behind = true
	} else {
		l.clock.tick(o.Offset, o.At, after)
	}
}

// doubts are the positions that must be looked at closely, beyond those that are.
func (l *lane) doubts() (more closeUp, any bool) {
	for no, d := range l.digest.of {
		r := l.digest.span(no)
		if !d.judgedAgain.repeats(d.judged) {
			any = l.judged.again.within(r, more.offsets.add) || any
		}
		if !d.tailedAgain.repeats(d.tailed) {
			any = l.tailed.again.within(r, more.offsets.add) || any
		}
		if d.judged.n > 0 && !d.tailed.repeats(d.judged) && (d.behind || d.tailed != d.both) {
			more.ranges = append(more.ranges, r)
			any = true
		}
	}
	return more, any
}

// within visits the members that lie in r and says whether there are any.
func (s *set) within(r span, visit func(int64) bool) (any bool) {
	if s.empty() {
		return false
	}
	for x := r.lo; ; {
		in, end := s.upTo(x)
		end = min(end, r.hi)
		if in {
			any = true
			for ; ; x++ {
				visit(x)
				if x == end {
					break
				}
			}
		}
		if end == r.hi {
			return any
		}
		x = end + 1
	}
}

// digests sums up what was seen of a lane by blocks of neighbouring offsets. Blocks
// grow so that there are never many.
type digests struct {
	shift uint
	of    map[int64]*blockDigest
	no    int64
	last  *blockDigest
}

const manyDigests = 1024

type blockDigest struct {
	judged, judgedAgain, tailed, tailedAgain digest

	both   digest // of judged, those that a tail had seen: it may have ended early
	behind bool   // a tail came to what was judged already
}

// digest is the sum of the hashes of observations, and how many there were: equal
// for equal observations, in whatever order they came.
type digest struct {
	sum, n uint64
}

func (d *digest) add(h uint64) { d.sum += h; d.n++ }

func (d *digest) merge(o digest) { d.sum += o.sum; d.n += o.n }

// repeats says whether d is of the same observations as first, each as often again.
func (d digest) repeats(first digest) bool {
	return d.n == 0 || first.n > 0 && d.n%first.n == 0 && d.sum == first.sum*(d.n/first.n)
}

func (d *digests) at(offset int64) *blockDigest {
	no := offset >> d.shift
	if d.last != nil && no == d.no {
		return d.last
	}
	b := d.of[no]
	if b == nil {
		if d.of == nil {
			d.of, d.shift = map[int64]*blockDigest{}, 8
			no = offset >> d.shift
		}
		for len(d.of) == manyDigests {
			d.coarsen()
			no = offset >> d.shift
		}
		if b = d.of[no]; b == nil {
			b = &blockDigest{}
			d.of[no] = b
		}
	}
	d.no, d.last = no, b
	return b
}

// coarsen makes one block of each two.
func (d *digests) coarsen() {
	d.shift++
	old := d.of
	d.of = make(map[int64]*blockDigest, manyDigests)
	for no, b := range old {
		to := d.of[no>>1]
		if to == nil {
			d.of[no>>1] = b
			continue
		}
		to.judged.merge(b.judged)
		to.judgedAgain.merge(b.judgedAgain)
		to.tailed.merge(b.tailed)
		to.tailedAgain.merge(b.tailedAgain)
		to.both.merge(b.both)
		to.behind = to.behind || b.behind
	}
}

func (d *digests) span(no int64) span {
	return span{no << d.shift, no<<d.shift + (1<<d.shift - 1)}
}

// hashOf mixes a position and its content.
func hashOf(o *history.Observation) uint64 {
	h := uint64(o.Offset) * 0x9e3779b97f4a7c15 //nolint:gosec // any bits will do
	h ^= h >> 32
	if o.Corrupt {
		return (h + 1) * 0xd6e8feb86659fd93
	}
	h = (h + uint64(o.Seq)) * 0xbf58476d1ce4e5b9 //nolint:gosec // as above
	h ^= h >> 29
	h = (h + uint64(o.Key)<<32 + uint64(uint32(o.Index))) * 0x94d049bb133111eb //nolint:gosec // as above
	if o.Valued || o.Value != 0 || o.Event != 0 {
		h = (h ^ h>>30 + uint64(o.Value)) * 0x9e3779b97f4a7c15 //nolint:gosec // as above
		h = (h ^ h>>27 + uint64(o.Event)) * 0xbf58476d1ce4e5b9 //nolint:gosec // as above
		if o.Valued {
			h = ^h
		}
	}
	return h ^ h>>32
}

// laneClock tells when a tail saw the offsets of a lane: exactly in a small
// history, in steps of a few thousandth of its length in a large one.
type laneClock struct {
	glimpses []glimpse
	step     history.Nanos // between glimpses
	near     int           // the mark that was asked for last
}

// glimpse says that the offsets from one on were seen at a time or a little later.
type glimpse struct {
	offset int64
	at     history.Nanos
	after  bool // the first fault had begun
}

const manyGlimpses = 4096

// tick notes that an offset above all others was seen. Lower ones are passed over,
// and a clock that steps back is leveled.
func (c *laneClock) tick(offset int64, at history.Nanos, after bool) {
	if n := len(c.glimpses); n > 0 {
		last := c.glimpses[n-1]
		at, after = max(at, last.at), after || last.after
		if offset <= last.offset || last.after == after && at-last.at <= c.step {
			return
		}
		if n == manyGlimpses {
			c.thin()
		}
	}
	c.glimpses = append(c.glimpses, glimpse{offset, at, after})
}

// thin drops glimpses that stand close to others.
func (c *laneClock) thin() {
	for len(c.glimpses) > manyGlimpses/2 {
		c.step = max(2*c.step, 1000)
		kept := c.glimpses[:1]
		for _, m := range c.glimpses[1:] {
			if last := kept[len(kept)-1]; m.after != last.after || m.at-last.at > c.step {
				kept = append(kept, m)
			}
		}
		c.glimpses = kept
	}
	c.near = 0
}

// when is the time at which a tail saw an offset.
func (c *laneClock) when(offset int64) (history.Nanos, bool) {
	n := len(c.glimpses)
	if n == 0 || offset < c.glimpses[0].offset {
		return 0, false
	}
	if c.near >= n || c.glimpses[c.near].offset > offset {
		c.near = sort.Search(n, func(i int) bool { return c.glimpses[i].offset > offset }) - 1
	}
	for i := 0; c.near+1 < n && c.glimpses[c.near+1].offset <= offset; i++ {
		if c.near++; i > 8 {
			c.near = sort.Search(n, func(i int) bool { return c.glimpses[i].offset > offset }) - 1
			break
		}
	}
	return c.glimpses[c.near].at, true
}
