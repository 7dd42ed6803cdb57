package report

import (
	"math/bits"
	"time"

	"surety/checker/history"
)

// Timeline is how a run went, in at most Buckets steps of equal width from the
// first record that the schedule wanted.
type Timeline struct {
	From    history.Nanos
	Width   history.Nanos
	Sink    string // whose sightings are counted
	Counted bool   // losses and duplicates are: the sink has what went in, once each
	Steps   []Step
	P50     history.Nanos // latency of all records, as of a step's
	P99     history.Nanos
}

// Step is one step of a timeline. Lag, Lost and Duplicated are as of its end.
type Step struct {
	Offered    int64         // records that the schedule wanted
	OK         int64         // acknowledged
	Seen       int64         // first sightings of records at the tail
	Lag        int64         // acknowledged and not yet seen
	P50        history.Nanos // from the intended time to the first sighting, of the records that were wanted in this step; 0 = none was seen
	P99        history.Nanos
	Lost       int64 // running, by when the record was wanted
	Duplicated int64 // running, by when the further sighting came
}

// Buckets is the most steps of a timeline: a plot on a phone has hardly more points.
const Buckets = 256

// At is when a step begins.
func (t *Timeline) At(step int) history.Nanos { return t.From + history.Nanos(step)*t.Width }

// firstWidth of a step doubles as often as a run is longer.
const firstWidth = history.Nanos(time.Millisecond)

// buckets count events of a run whose length is not known: when it outgrows them,
// two become one.
type buckets struct {
	from, width history.Nanos
	at          []bucket
}

type bucket struct {
	offered, ok, seen, lost, duplicated int64
	latency                             spread
}

// of is the bucket of a moment; what was before the first belongs to it.
func (b *buckets) of(t history.Nanos) *bucket {
	for t-b.from >= b.width*Buckets {
		b.halve()
	}
	i := int(max(0, t-b.from) / b.width)
	for len(b.at) <= i {
		b.at = append(b.at, bucket{})
	}
	return &b.at[i]
}

func (b *buckets) halve() {
	b.width *= 2
	half := make([]bucket, (len(b.at)+1)/2, Buckets)
	for i := range b.at {
		from, to := &b.at[i], &half[i/2]
		to.offered += from.offered
		to.ok += from.ok
		to.seen += from.seen
		to.lost += from.lost
		to.duplicated += from.duplicated
		to.latency.merge(&from.latency)
	}
	b.at = half
}

func (b *buckets) timeline() *Timeline {
	t := &Timeline{From: b.from, Width: b.width, Steps: make([]Step, len(b.at))}
	var all spread
	var acknowledged, seen, lost, duplicated int64
	for i := range b.at {
		k := &b.at[i]
		acknowledged, seen = acknowledged+k.ok, seen+k.seen
		lost, duplicated = lost+k.lost, duplicated+k.duplicated
		all.merge(&k.latency)
		t.Steps[i] = Step{
			Offered: k.offered, OK: k.ok, Seen: k.seen, Lag: max(0, acknowledged-seen),
			P50: k.latency.quantile(0.5), P99: k.latency.quantile(0.99), Lost: lost, Duplicated: duplicated,
		}
	}
	t.P50, t.P99 = all.quantile(0.5), all.quantile(0.99)
	return t
}

// spread counts times in bins of which each is at most an eighth wider than the one
// before, so that a quantile is at most 12.5 % too high.
type spread struct {
	n    int64
	bins []int64
}

func (s *spread) add(d history.Nanos) {
	i := bin(uint64(max(0, d)))
	for len(s.bins) <= i {
		s.bins = append(s.bins, 0)
	}
	s.bins[i]++
	s.n++
}

// bin of a time: below 16 ns its own, above eight for each doubling.
func bin(d uint64) int {
	if d < 16 {
		return int(d)
	}
	shift := bits.Len64(d) - 4
	return 16 + (shift-1)*8 + int(d>>shift) - 8
}

// upper is the highest time of a bin.
func upper(i int) history.Nanos {
	if i < 16 {
		return history.Nanos(i)
	}
	shift := (i-16)/8 + 1
	return history.Nanos((uint64((i-16)%8+9) << shift) - 1) //nolint:gosec // bins are made from positive times
}

func (s *spread) merge(o *spread) {
	for len(s.bins) < len(o.bins) {
		s.bins = append(s.bins, 0)
	}
	for i, n := range o.bins {
		s.bins[i] += n
	}
	s.n += o.n
}

// quantile is an upper bound of the q-quantile; 0 of nothing.
func (s *spread) quantile(q float64) history.Nanos {
	rank, below := int64(q*float64(s.n-1)), int64(0)
	for i, n := range s.bins {
		if below += n; below > rank {
			return upper(i)
		}
	}
	return 0
}
