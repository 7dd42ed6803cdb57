package checker

import (
	"cmp"
	"fmt"
	"math"

	"surety/checker/history"
)

// torn judges the transactions that nobody knows the end of at one sink: all of
// one must come out, or nothing. Where the input log holds all or none of it, its
// records are judged one by one.
func torn(txs []*transaction, sink int, spec *SinkSpec, input bool, know func(history.Name, int64, int) facts, name func(history.Name) string, t *tally) {
	type record struct {
		key history.Name
		seq int64
	}
	touched := map[history.Name]bool{}
	for _, tx := range txs {
		var missing *member
		seen, logged, all := 0, 0, map[record]bool{}
		pure := true
		at := history.Nanos(0)
		for i := range tx.members {
			m := &tx.members[i]
			r := record{m.key, m.seq}
			if m.failed || all[r] || !spec.owesRecord(name(m.key), m.seq) {
				continue
			}
			all[r] = true
			f := know(m.key, m.seq, sink)
			pure = pure && f.unknown
			if f.logged {
				logged++
			}
			if f.seen {
				seen++
			} else if missing == nil {
				missing = m
			}
			at = max(at, m.at)
		}
		if !pure || seen == 0 || seen == len(all) || input && (logged == 0 || logged == len(all)) {
			continue
		}
		f := Finding{
			Class: Torn, Key: name(missing.key), Seq: missing.seq, At: at,
			Attempt: &AttemptRef{Outcome: history.Unknown.String(), At: missing.at, Partition: -1, Offset: -1},
			Note: fmt.Sprintf("%d of %d records of a transaction (%s, writer %d) are there",
				seen, len(all), cmp.Or(tx.begin.ID, "without an id"), tx.begin.Writer),
		}
		if input {
			f.Origin = Ingest
		}
		t.add(f, math.MaxInt64)
		for r := range all {
			if !touched[r.key] {
				touched[r.key] = true
				t.keys[Torn]++
			}
		}
	}
}
