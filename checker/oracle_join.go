package checker

import (
	"cmp"
	"fmt"
	"slices"
)

var joinOracle = Oracle{
	Name:  "join",
	About: "every record that is not one of the table comes out with the newest record of the table that went in before it under its key",
	Takes: []string{"table"},
	owes: func(p *Params, key string, seq int64) int32 {
		if p.Table.Holds(key, seq) {
			return 0
		}
		return 1
	},
}

// joined judges which record of the table each output was joined with, by the
// input log where it was read, else by sequence: exactly-once joins with the newest
// one before it. At-least-once may have read on before it joined again, so newer
// ones are right as well; at-most-once may have missed some, so older ones are.
func (j *judging) joined(real []*event) {
	if !j.complete {
		return
	}
	for _, ev := range real {
		if j.rightlyJoined(ev) {
			continue
		}
		note := "it was joined with nothing, though the table had a record"
		if ev.more != nil && ev.more.valued {
			note = fmt.Sprintf("it was joined with sequence %d of the table", ev.more.value)
		}
		if kept := j.add(Finding{Class: WrongState, At: ev.at, Origin: j.by(Processor)}, ev.seq, ev.at); kept != nil {
			kept.Sightings, kept.Note = []Sighting{sighting(ev)}, note
		}
	}
}

func (j *judging) rightlyJoined(ev *event) bool {
	places, versions := j.places(ev.seq), j.versions()
	if len(places) == 0 {
		return true // it never went in: nobody knows where it would stand
	}
	for _, at := range places {
		// What stands before it, from old to new, down to the newest certain one.
		n, _ := slices.BinarySearchFunc(versions, at, version.compare)
		low := n
		for low > 0 && versions[low-1].lane == at.lane {
			low--
			if versions[low].certain && j.spec.Guarantee.Delivery != AtMostOnce {
				break
			}
		}
		high := n
		if j.spec.Guarantee.Delivery == AtLeastOnce {
			for high < len(versions) && versions[high].lane == at.lane {
				high++
			}
		}
		if ev.more == nil || !ev.more.valued {
			if low == n || !versions[low].certain || j.spec.Guarantee.Delivery == AtMostOnce {
				return true
			}
			continue
		}
		for _, v := range versions[low:high] {
			if v.seq == ev.more.value {
				return true
			}
		}
	}
	return false
}

// version is a record of the table where it went in.
type version struct {
	lane    uint32
	place   int64 // offset, or sequence where the input was not read
	seq     int64
	certain bool
}

// versions lists the records of the table that are or may be in the input.
func (j *judging) versions() (all []version) {
	for seq, r := range j.key.records {
		if !r.tried || !j.spec.Params.Table.Holds(j.key.key, seq) {
			continue
		}
		switch {
		case j.input:
			for _, ev := range r.logged {
				all = append(all, version{ev.lane, ev.offset, seq, true})
			}
		case r.ok, r.unknown:
			all = append(all, version{0, seq, seq, r.ok})
		}
	}
	slices.SortFunc(all, version.compare)
	return all
}

func (v version) compare(w version) int {
	return cmp.Or(cmp.Compare(v.lane, w.lane), cmp.Compare(v.place, w.place))
}

// places is where a record went in.
func (j *judging) places(seq int64) (all []version) {
	if !j.input {
		return []version{{place: seq}}
	}
	for _, ev := range j.key.records[seq].logged {
		all = append(all, version{lane: ev.lane, place: ev.offset})
	}
	return all
}
