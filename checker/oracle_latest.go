package checker

import "fmt"

var latestOracle = Oracle{
	Name:   "latest",
	About:  "the sink is a table with the newest record of each key",
	newest: true,
}

// table judges a key of a table: the newest record that had to come out is there,
// and no older one replaced a newer.
func (j *judging) table(all []placed, tailed map[output]*event) {
	var top *event // newest that was ever seen
	for i, p := range all {
		j.splitAt(all, i)
		if j.spec.Guarantee.State == StateMonotonic && i > 0 && p.seq < all[i-1].seq {
			j.regressed(p.event, all[i-1].event)
		}
		top = higher(top, p.event)
	}
	for _, ev := range tailed {
		if r := j.key.records[ev.seq]; r != nil && r.tried {
			top = higher(top, ev)
		}
	}
	if !j.complete {
		return
	}
	var recovered int64
	var newest *record
	var seq int64
	for s, r := range j.key.records {
		if !r.tried {
			continue
		}
		out := output{seq: s}
		if len(j.seen[out]) > 0 && j.appeared(r, out) {
			recovered++
		}
		if must, _ := j.due(r); must && (newest == nil || s > seq) {
			newest, seq = r, s
		}
	}
	j.tally.legal(Recovered, recovered)
	switch {
	case newest != nil && (top == nil || top.seq < seq):
		if j.key.dead[seq] {
			j.tally.legal(DeadLettered, 1)
			return
		}
		var real []*event
		for _, p := range all {
			real = append(real, p.event)
		}
		j.missing(newest, output{seq: seq}, nil, newGaps(real))
	case len(all) > 0 && j.absence && j.spec.Guarantee.State != StateMonotonic:
		if last := all[len(all)-1]; last.seq < top.seq {
			j.regressed(last.event, top)
		}
	}
}

func (j *judging) regressed(now, before *event) {
	if !j.complete {
		return
	}
	if kept := j.add(Finding{Class: Regressed, At: now.at, Origin: j.by(Processor)}, now.seq, now.at); kept != nil {
		kept.Sightings = []Sighting{sighting(before), sighting(now)}
		kept.Note = fmt.Sprintf("it replaced sequence %d", before.seq)
	}
}
