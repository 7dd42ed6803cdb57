package report

import (
	"slices"

	"surety/checker"
	"surety/checker/history"
)

// Lane is the surroundings of one finding: what was tried and seen of its key.
type Lane struct {
	Finding  checker.Finding
	Attempts []LaneEvent
	Seen     []LaneEvent // at the tail
}

// LaneEvent is one attempt or one sighting of one record of the key.
type LaneEvent struct {
	Seq       int64
	At        history.Nanos
	Outcome   history.OutcomeClass // of an attempt
	Partition int32                // of a sighting
	Offset    int64
}

const (
	// manyLanes is how many findings are drawn, one of each broken class first.
	manyLanes = 4
	// around is how many records before and after the one found are shown.
	around = 6
	// manyEvents bounds a lane whose record came over and over.
	manyEvents = 200
)

// lanes gather the events around findings while a history is read.
type lanes struct {
	list  []*Lane
	byKey map[string][]*Lane
	open  map[uint64][]*LaneEvent // attempts with no outcome yet
}

// newLanes wants the first finding of each class that breaks a guarantee, then
// further ones.
func newLanes(v *checker.Verdict) *lanes {
	l := &lanes{byKey: map[string][]*Lane{}, open: map[uint64][]*LaneEvent{}}
	if v == nil {
		return l
	}
	var firsts, more []checker.Finding
	for _, s := range v.Sinks {
		for i, f := range s.Findings {
			if s.Breaks[f.Class] == 0 || f.Class.Keyless() {
				continue
			}
			if slices.IndexFunc(s.Findings, func(o checker.Finding) bool { return o.Class == f.Class }) == i {
				firsts = append(firsts, f)
			} else {
				more = append(more, f)
			}
		}
	}
	for _, f := range append(firsts, more...) {
		if len(l.list) == manyLanes {
			break
		}
		lane := &Lane{Finding: f}
		l.list = append(l.list, lane)
		l.byKey[f.Key] = append(l.byKey[f.Key], lane)
	}
	return l
}

func (l *Lane) shows(seq int64) bool {
	return seq >= l.Finding.Seq-around && seq <= l.Finding.Seq+around
}

func (l *lanes) attempt(in *history.Intent, key string) {
	for _, lane := range l.byKey[key] {
		if lane.shows(in.Seq) && len(lane.Attempts) < manyEvents {
			if cap(lane.Attempts) == 0 {
				lane.Attempts = make([]LaneEvent, 0, manyEvents) // events keep their place
			}
			lane.Attempts = append(lane.Attempts, LaneEvent{Seq: in.Seq, At: in.At})
			l.open[in.Attempt] = append(l.open[in.Attempt], &lane.Attempts[len(lane.Attempts)-1])
		}
	}
}

func (l *lanes) outcome(o *history.Outcome) {
	for _, e := range l.open[o.Attempt] {
		e.Outcome = o.Class
	}
	delete(l.open, o.Attempt)
}

func (l *lanes) observation(o *history.Observation, key string) {
	for _, lane := range l.byKey[key] {
		if lane.shows(o.Seq) && len(lane.Seen) < manyEvents {
			lane.Seen = append(lane.Seen, LaneEvent{Seq: o.Seq, At: o.At, Partition: o.Partition, Offset: o.Offset})
		}
	}
}

func (l *lanes) drawn() (out []Lane) {
	for _, lane := range l.list {
		out = append(out, *lane)
	}
	return out
}
