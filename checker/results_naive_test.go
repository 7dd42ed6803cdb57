package checker

import (
	"math"
	"slices"

	"surety/checker/history"
)

// naiveResults judges one sink of counts, sums or windows from the definitions
// alone: slow, whole, and with nothing of the judge but its types.
func naiveResults(recs []any, name func(history.Name) string, spec Spec) (map[Class]int64, map[Origin]int64) {
	sink := spec.Sinks[0]
	size, lateness := sink.Params.Size.Milliseconds(), sink.Params.Lateness.Milliseconds()
	windowOf := func(event int64) int64 {
		if size == 0 {
			return 0
		}
		return int64(math.Floor(float64(event)/float64(size))) * size
	}
	weigh := func(term int64) int64 {
		if sink.Oracle == "sum" {
			return term
		}
		return 1
	}
	sessions, ends := map[uint32]history.Session{}, map[uint32]string{}
	var drain *history.Drain
	complete := false
	txEnd, txAt := map[uint64]history.OutcomeClass{}, map[uint64]int{}
	for n, r := range recs {
		switch r := r.(type) {
		case history.Session:
			sessions[r.Session] = r
		case history.SessionEnd:
			ends[r.Session] = r.Error
		case history.Drain:
			drain = &r
		case history.End:
			complete = !r.Interrupted
		case history.TxEnd:
			if _, again := txAt[r.Tx]; !again {
				txEnd[r.Tx], txAt[r.Tx] = r.Class, n
			}
		}
	}
	sound := func(view history.View) bool {
		n := 0
		for id, s := range sessions {
			if s.View == view && s.Purpose == history.Final {
				n++
				if e, ended := ends[id]; !ended || e != "" {
					return false
				}
			}
		}
		return n > 0
	}
	input, final := sound(history.Input), sound(history.Committed)
	absence := complete && final && drain != nil && (drain.Drained || drain.Complete)

	// Attempts, with when their end was known and what it was.
	type attempt struct {
		history.Intent
		sent, known int
		class       history.OutcomeClass
		aborted     bool
		part        int32
	}
	var attempts []*attempt
	byNo := map[uint64]*attempt{}
	for n, r := range recs {
		switch r := r.(type) {
		case history.Intent:
			a := &attempt{Intent: r, sent: n, known: len(recs), part: -1}
			attempts, byNo[r.Attempt] = append(attempts, a), a
		case history.Outcome:
			if a := byNo[r.Attempt]; a != nil {
				a.class, a.part, a.known = r.Class, r.Partition, n
			}
		}
	}
	for _, a := range attempts {
		if a.Tx == 0 {
			continue
		}
		at, ended := txAt[a.Tx]
		switch {
		case !ended:
			a.class, a.known = history.Unknown, len(recs)
		case txEnd[a.Tx] == history.Unknown:
			a.class = history.Unknown
		case txEnd[a.Tx] == history.Failed:
			a.class, a.aborted = history.Failed, true
		}
		a.known = max(a.known, at)
	}

	// The input log, and the positions that the sink is judged by.
	type pos struct {
		topic string
		part  int32
		off   int64
	}
	type logged struct {
		history.Observation
		pos
	}
	var log []logged
	seen := map[pos]bool{}
	results := map[string]map[int64][]history.Observation{}
	lanes := map[string]map[pos]bool{}
	counts, origins := map[Class]int64{}, map[Origin]int64{}
	first, conflict := map[pos]history.Observation{}, map[pos]bool{}
	for _, r := range recs {
		o, is := r.(history.Observation)
		s := sessions[o.Session]
		if !is || o.Fence || s.Purpose != history.Final {
			continue
		}
		p := pos{s.Topic, o.Partition, o.Offset}
		if s.View == history.Input {
			if !seen[p] && !o.Corrupt {
				log = append(log, logged{o, p})
			}
			seen[p] = true
			continue
		}
		content := history.Observation{Key: o.Key, Value: o.Value, Event: o.Event}
		if f, again := first[p]; again {
			switch {
			case f == content:
				counts[Reread]++
			case !conflict[p]:
				conflict[p] = true
				counts[Inconsistent]++
			}
			continue
		}
		first[p] = content
		k := name(o.Key)
		if results[k] == nil {
			results[k], lanes[k] = map[int64][]history.Observation{}, map[pos]bool{}
		}
		w := int64(0)
		if size > 0 {
			w = o.Event
		}
		results[k][w] = append(results[k][w], o)
		lanes[k][pos{s.Topic, o.Partition, 0}] = true
	}

	// Which event times may stand before an attempt, which certainly do.
	closes := func(event int64) int64 { return windowOf(event) + size + lateness }
	mayClose := func(a *attempt) bool {
		return slices.ContainsFunc(attempts, func(b *attempt) bool {
			if b == a || b.sent > a.known || b.Event < closes(a.Event) {
				return false
			}
			if b.known > a.known {
				return true
			}
			return b.class != history.Failed && (b.part < 0 || a.part < 0 || b.part == a.part)
		})
	}
	allPassed := func(a *attempt) bool {
		for p := range spec.InputPartitions {
			if !slices.ContainsFunc(attempts, func(b *attempt) bool {
				return b.known < a.sent && b.class == history.OK && b.part == p && b.Event >= closes(a.Event)
			}) {
				return false
			}
		}
		return spec.InputPartitions > 0
	}
	inTime := func(l logged) bool {
		return !slices.ContainsFunc(log, func(b logged) bool {
			return b.topic == l.topic && b.part == l.part && b.off < l.off && b.Event >= closes(l.Event)
		})
	}

	type id struct {
		key string
		seq int64
	}
	type result struct {
		key    string
		window int64
	}
	type bound struct{ low, high, logLow, logHigh, dropped int64 }
	bounds := map[result]*bound{}
	records := map[id][]*attempt{}
	var order []id
	for _, a := range attempts {
		k := id{name(a.Key), a.Seq}
		if records[k] == nil {
			order = append(order, k)
		}
		records[k] = append(records[k], a)
		bounds[result{k.key, windowOf(a.Event)}] = &bound{}
	}
	for _, k := range order {
		all := records[k]
		var isOK, isUnknown, isAborted, early bool
		for _, a := range all {
			isOK = isOK || a.class == history.OK
			isUnknown = isUnknown || a.class == history.Unknown
			isAborted = isAborted || a.aborted
			early = early || size == 0 || a.class == history.OK && !mayClose(a)
		}
		b, w := bounds[result{k.key, windowOf(all[0].Event)}], weigh(all[0].Term)
		in, free := isOK, isUnknown
		if input {
			isIn, logEarly := false, false
			for _, l := range log {
				if (id{name(l.Key), l.Seq}) == k {
					isIn = true
					logEarly = logEarly || size == 0 || inTime(l)
				}
			}
			in = isOK || isIn && (isUnknown || !isAborted)
			free = false
			if isIn {
				early = logEarly
			}
		}
		switch {
		case size > 0 && allPassed(all[0]):
			if in {
				b.dropped++
			}
		case in && early:
			b.low += w
			b.high += w
		case in, free:
			b.high += w
		}
	}
	for _, l := range log {
		b := bounds[result{name(l.Key), windowOf(l.Event)}]
		if b == nil {
			continue
		}
		b.logHigh += weigh(l.Value)
		if size == 0 || inTime(l) {
			b.logLow += weigh(l.Value)
		}
	}

	blame := func(c Class, o Origin) {
		counts[c]++
		if input && sink.Guarantee.Breaks(c) {
			origins[o]++
		}
	}
	for k, byWindow := range results {
		if len(lanes[k]) > 1 {
			counts[Split]++
		}
		for w, seen := range byWindow {
			if bounds[result{k, w}] == nil && complete {
				for range seen {
					blame(Phantom, Processor)
				}
			}
		}
	}
	for range counts[Inconsistent] {
		origins[AtSink]++
	}
	if complete {
		for r, b := range bounds {
			counts[DroppedLate] += b.dropped
			seen := results[r.key][r.window]
			low, high := b.low, b.high
			switch sink.Guarantee.Delivery {
			case AtMostOnce:
				low = 0
			case AtLeastOnce:
				high = math.MaxInt64
			}
			last, top := int64(0), int64(math.MinInt64)
			drops := int64(0)
			for i, o := range seen {
				if i > 0 && o.Value < last {
					drops++
				}
				last, top = o.Value, max(top, o.Value)
			}
			switch {
			case top > high && b.logHigh >= top:
				blame(WrongState, Ingest)
			case top > high:
				blame(WrongState, Processor)
			case last < low && absence && last >= b.logLow:
				blame(WrongState, Ingest)
			case last < low && absence, last < 0:
				blame(WrongState, Processor)
			}
			switch {
			case sink.Guarantee.State == StateMonotonic:
				for range drops {
					blame(Regressed, Processor)
				}
			case absence && last < top:
				blame(Regressed, Processor)
			}
		}
		if drain != nil && !drain.Drained && !drain.Complete && !drain.Moving && len(first) > 0 {
			counts[Stuck]++
		}
	}
	for c, n := range counts {
		if n == 0 {
			delete(counts, c)
		}
	}
	return counts, origins
}
