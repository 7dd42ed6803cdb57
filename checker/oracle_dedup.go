package checker

import (
	"slices"
	"time"
)

var dedupOracle = Oracle{
	Name:  "dedup",
	About: "copies of a record come out once while it is remembered: a copy later than ttl after the one that came out may come out again",
	Takes: []string{"ttl"},
}

// copies is how often a record may come out: once, and under a dedup once more for
// each copy that went in later than its time-to-live after the last one that came
// out. A copy's time is its event time, else when it went in.
func (j *judging) copies(r *record) int {
	ttl := j.spec.Params.TTL.Milliseconds()
	if ttl == 0 {
		return 1
	}
	in := r.settled
	if j.input {
		in = r.logged
	}
	var times []int64
	for _, ev := range in {
		switch {
		case ev.more != nil && ev.more.time != 0:
			times = append(times, ev.more.time)
		case ev.append > 0:
			times = append(times, ev.append)
		default:
			times = append(times, int64(ev.at)/int64(time.Millisecond))
		}
	}
	slices.Sort(times)
	n, last := 0, int64(0)
	for _, t := range times {
		if n == 0 || t-last > ttl {
			n, last = n+1, t
		}
	}
	return max(n, 1)
}
