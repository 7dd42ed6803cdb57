package checker

import (
	"math/bits"
	"slices"

	"surety/checker/history"
)

// The planes of a block: one bit for each of 64 neighbouring sequence numbers.
// One more plane for each sink follows them, of what was sighted there.
const (
	planeAttempted = iota
	planeOK
	planeUnknown
	planeFailed
	planeLogged
	planes
)

// screen is the first fold: a few bits a record tell the keys with nothing to
// judge, nearly all of them, from the odd ones that are worth their evidence. It
// may call a clean key odd, never the other way round.
type screen struct {
	sinks   int
	specs   []SinkSpec
	special bool // some sink is judged by more than the bits of a screen
	shards  int
	keys    []*screened // by name / shards
}

// screened is what is known of one key.
type screened struct {
	key    history.Name
	odd    bool
	events int64
	blocks blocks
	order  []progress // per sink
}

// progress is how far a key has come in one sink.
type progress struct {
	any    bool
	lane   uint32
	offset int64
	top    int64 // highest sequence sighted
}

func newScreens(shards int, specs []SinkSpec) []*screen {
	out := make([]*screen, shards)
	for i := range out {
		out[i] = &screen{sinks: len(specs), specs: specs, special: slices.ContainsFunc(specs, SinkSpec.special), shards: shards}
	}
	return out
}

func screenWants(kind eventKind, _ history.Name) bool { return kind != tailed }

func (s *screen) add(ev *event) {
	k := s.key(ev.key)
	k.events++
	k.odd = k.odd || s.special
	b := k.blocks.at(ev.seq >> 6)
	bit := uint64(1) << (ev.seq & 63)
	switch ev.kind {
	case attempted:
		b[planeAttempted] |= bit
	case settled:
		switch ev.class {
		case history.OK:
			b[planeOK] |= bit
		case history.Failed:
			b[planeFailed] |= bit
		default:
			b[planeUnknown] |= bit
		}
	case logged:
		b[planeLogged] |= bit
	case sighted:
		seen := &b[planes+int(ev.sink)]
		p := &k.order[ev.sink]
		switch {
		case ev.index != 0, b[planeAttempted]&bit == 0, *seen&bit != 0:
			k.odd = true
		case !p.any:
			*p = progress{true, ev.lane, ev.offset, ev.seq}
		case p.lane != ev.lane, p.offset >= 0 != (ev.offset >= 0), ev.offset < p.offset, ev.seq < p.top:
			k.odd = true
		default:
			p.offset, p.top = ev.offset, ev.seq
		}
		if ev.index == 0 {
			*seen |= bit
		}
	}
}

func (s *screen) key(name history.Name) *screened {
	i := int(name) / s.shards
	for len(s.keys) <= i {
		s.keys = append(s.keys, nil)
	}
	k := s.keys[i]
	if k == nil {
		k = &screened{key: name, order: make([]progress, s.sinks)}
		k.blocks.width = planes + s.sinks
		s.keys[i] = k
	}
	return k
}

// finish adds the legal counts of the clean keys to the tallies and lists the odd
// keys with the number of their events.
func (s *screen) finish(input bool, tallies []*tally) (odd []*screened) {
	recovered, absent := make([]int64, s.sinks), make([]int64, s.sinks)
	for _, k := range s.keys {
		if k == nil {
			continue
		}
		clear(recovered)
		clear(absent)
		k.blocks.each(func(b []uint64) {
			known := b[planeAttempted]
			ok := b[planeOK]
			unknown := b[planeUnknown] &^ ok
			must, free := ok, unknown
			if input {
				in := b[planeLogged] & known
				must |= in
				free &^= in
				k.odd = k.odd || in&^(ok|unknown) != 0
			}
			for i, seen := range b[planes:] {
				if s.specs[i].results() {
					continue
				}
				may := ok | unknown
				if input {
					may = ok | unknown&b[planeLogged]
				}
				k.odd = k.odd || must&^seen != 0 || seen&^may != 0
				recovered[i] += int64(bits.OnesCount64(unknown & seen))
				absent[i] += int64(bits.OnesCount64(free &^ seen))
			}
		})
		if k.odd {
			odd = append(odd, k)
			continue
		}
		for i, t := range tallies {
			t.legal(Recovered, recovered[i])
			t.legal(Absent, absent[i])
		}
	}
	return odd
}

// facts is what the screen knows of one record at one sink.
type facts struct{ unknown, logged, seen bool }

func (s *screen) facts(key history.Name, seq int64, sink int) facts {
	b := s.key(key).blocks.at(seq >> 6)
	bit := uint64(1) << (seq & 63)
	return facts{
		unknown: b[planeUnknown]&^b[planeOK]&bit != 0,
		logged:  b[planeLogged]&bit != 0,
		seen:    b[planes+sink]&bit != 0,
	}
}
