package checker

import (
	"cmp"
	"slices"

	"surety/checker/history"
)

// naive judges one sink from the definitions alone: slow, whole, and with
// nothing of the judge but its types.
func naive(recs []any, name func(history.Name) string, sink SinkSpec) (map[Class]int64, map[Place]int64, map[Origin]int64) {
	type id struct {
		key string
		seq int64
	}
	type pos struct {
		topic string
		part  int32
		off   int64
	}
	sessions, ends := map[uint32]history.Session{}, map[uint32]string{}
	txEnd := map[uint64]history.OutcomeClass{}
	outcome := map[uint64]history.OutcomeClass{}
	var drain *history.Drain
	complete, unhealed := false, false
	for _, r := range recs {
		switch r := r.(type) {
		case history.Session:
			sessions[r.Session] = r
		case history.SessionEnd:
			ends[r.Session] = r.Error
		case history.TxEnd:
			txEnd[r.Tx] = r.Class
		case history.Outcome:
			outcome[r.Attempt] = r.Class
		case history.Drain:
			drain = &r
		case history.End:
			complete = !r.Interrupted
		case history.Fault:
			unhealed = unhealed || r.Phase == history.FaultFailed
		}
	}
	sound := func(is func(history.Session) bool) bool {
		n := 0
		for s, v := range sessions {
			if is(v) {
				n++
				if e, ended := ends[s]; !ended || e != "" {
					return false
				}
			}
		}
		return n > 0
	}
	isInput := func(s history.Session) bool { return s.View == history.Input && s.Purpose == history.Final }
	mine := func(s history.Session) bool { return s.View == history.Committed && s.Sink == sink.Name }
	isFinal := func(s history.Session) bool { return mine(s) && s.Purpose == history.Final }
	inputSound, finalSound := sound(isInput), sound(isFinal)

	// Outcomes of records.
	type record struct{ ok, unknown, failed, aborted, attempted bool }
	records := map[id]*record{}
	txs := map[uint64][]id{}
	for _, r := range recs {
		in, is := r.(history.Intent)
		if !is {
			continue
		}
		k := id{name(in.Key), in.Seq}
		if records[k] == nil {
			records[k] = &record{attempted: true}
		}
		own, class := outcome[in.Attempt], outcome[in.Attempt]
		aborted := false
		if in.Tx != 0 {
			end := txEnd[in.Tx]
			switch end {
			case history.Failed:
				class, aborted = history.Failed, true
			case history.Unknown:
				class = history.Unknown
				if own != history.Failed && !slices.Contains(txs[in.Tx], k) {
					txs[in.Tx] = append(txs[in.Tx], k)
				}
			}
		}
		records[k].ok = records[k].ok || class == history.OK
		records[k].unknown = records[k].unknown || class == history.Unknown
		records[k].failed = records[k].failed || class == history.Failed
		records[k].aborted = records[k].aborted || aborted
	}

	// Positions.
	type sight struct {
		id
		lane  pos
		order int64
		time  int64
		index int32
	}
	counts := map[Class]int64{}
	sights, input := map[string][]sight{}, map[string][]sight{}
	tailed := map[id]bool{}
	first, contents := map[pos]history.Observation{}, map[pos]map[history.Observation]bool{}
	firstInput := map[pos]bool{}
	corruptInput, seenAny := 0, false
	for n, r := range recs {
		o, is := r.(history.Observation)
		s := sessions[o.Session]
		if !is || !mine(s) && !isInput(s) {
			continue
		}
		seenAny = seenAny || mine(s)
		if o.Fence {
			continue
		}
		content := history.Observation{Key: o.Key, Seq: o.Seq, Index: o.Index, Corrupt: o.Corrupt}
		if o.Corrupt {
			content = history.Observation{Corrupt: true}
		}
		p := pos{s.Topic, o.Partition, o.Offset}
		st := sight{id{name(o.Key), o.Seq}, pos{s.Topic, o.Partition, 0}, o.Offset, o.Append, o.Index}
		if o.Offset < 0 {
			st.order = int64(n)
		}
		if isInput(s) {
			if o.Offset >= 0 && firstInput[p] {
				continue
			}
			firstInput[p] = true
			if o.Corrupt {
				corruptInput++
			} else {
				input[st.key] = append(input[st.key], st)
			}
			continue
		}
		if o.Offset >= 0 {
			if contents[p] == nil {
				contents[p] = map[history.Observation]bool{}
			}
			contents[p][content] = true
		}
		if finalSound && !isFinal(s) || o.Offset < 0 && !isFinal(s) {
			if !o.Corrupt && o.Index == 0 { // another output tells nothing of this one
				tailed[st.id] = true
			}
			continue
		}
		if o.Offset >= 0 {
			if f, again := first[p]; again {
				if f == content {
					counts[Reread]++
				}
				continue
			}
			first[p] = content
		}
		if o.Corrupt {
			counts[Corrupted]++
			continue
		}
		sights[st.key] = append(sights[st.key], st)
	}
	for _, c := range contents {
		if len(c) > 1 {
			counts[Inconsistent]++
		}
	}

	// Order within a key: positions within a partition, times across them.
	order := func(all []sight) (out []sight, reordered map[id]bool) {
		at := map[pos]int64{}
		all = slices.Clone(all)
		slices.SortStableFunc(all, func(a, b sight) int { return cmp.Compare(a.order, b.order) })
		untimed := slices.ContainsFunc(all, func(s sight) bool { return s.time <= 0 })
		for i := range all {
			if untimed {
				all[i].time = 0
			}
			at[all[i].lane] = max(at[all[i].lane], all[i].time)
			all[i].time = at[all[i].lane]
		}
		slices.SortStableFunc(all, func(a, b sight) int {
			return cmp.Or(cmp.Compare(a.time, b.time), cmp.Compare(a.lane.topic, b.lane.topic), cmp.Compare(a.lane.part, b.lane.part))
		})
		earliest, clean := map[id]int64{}, map[id]bool{}
		for i, s := range all {
			if t, seen := earliest[s.id]; seen && t < s.time {
				continue
			}
			earliest[s.id] = s.time
			late := false
			for k, b := range all {
				before := b.time < s.time || b.lane == s.lane && k < i
				late = late || before && b.seq > s.seq
			}
			clean[s.id] = clean[s.id] || !late
		}
		reordered = map[id]bool{}
		for k := range earliest {
			if !clean[k] {
				reordered[k] = true
			}
		}
		return all, reordered
	}

	drained := drain != nil && (drain.Drained || drain.Complete)
	absence := complete && finalSound && drained
	places, origins := map[Place]int64{}, map[Origin]int64{}
	add := func(c Class, o Origin) {
		counts[c]++
		if sink.Guarantee.Breaks(c) && o != "" && (c != Vanished || !absence) {
			origins[o]++
		}
	}
	by := func(o Origin) Origin {
		if inputSound {
			return o
		}
		return ""
	}
	inlog := map[id]int{}
	inputReordered := map[id]bool{}
	for _, in := range input {
		for _, s := range in {
			inlog[s.id]++
		}
		_, re := order(in)
		for k := range re {
			inputReordered[k] = true
		}
	}
	if !inputSound {
		inlog = map[id]int{}
	}
	originOf := func(k id) Origin {
		if inlog[k] > 0 {
			return by(Ingest)
		}
		return by(Processor)
	}
	times := map[id]int{}
	lo, hi := map[string]int64{}, map[string]int64{}
	for key, all := range sights {
		var real []sight
		for _, s := range all {
			if records[s.id] == nil || s.index != 0 {
				switch {
				case !complete:
				case s.index != 0: // a log has no outputs
					add(Phantom, by(Processor))
				default:
					add(Phantom, originOf(s.id))
				}
				continue
			}
			real = append(real, s)
		}
		real, reordered := order(real)
		lanes := map[pos]bool{}
		for i, s := range real {
			lanes[s.lane] = true
			if times[s.id]++; times[s.id] > 1 {
				o := Processor
				if times[s.id] <= inlog[s.id] {
					o = Ingest
				}
				add(Duplicated, by(o))
			}
			if i == 0 {
				lo[key], hi[key] = s.seq, s.seq
			}
			lo[key], hi[key] = min(lo[key], s.seq), max(hi[key], s.seq)
		}
		for k := range reordered {
			o := Processor
			if inputReordered[k] {
				o = Ingest
			}
			add(Reordered, by(o))
		}
		if len(lanes) > 1 {
			add(Split, "")
		}
	}
	for range counts[Corrupted] {
		if sink.Guarantee.Breaks(Corrupted) && inputSound && corruptInput == 0 {
			origins[Processor]++
		}
	}
	for range counts[Inconsistent] {
		origins[AtSink]++
	}
	for k, r := range records {
		switch n, in := times[k], inlog[k] > 0; {
		case !complete:
		case n > 0 && r.ok:
		case n > 0 && r.unknown && inputSound && !in:
			add(FailedAppeared, Processor)
		case n > 0 && r.unknown:
			add(Recovered, "")
		case n > 0 && r.aborted:
			add(AbortedRead, originOf(k))
		case n > 0:
			add(FailedAppeared, originOf(k))
		case r.ok, r.unknown && in, in && !r.aborted:
			o := by(Ingest)
			if in {
				o = Processor
			}
			if tailed[k] {
				o = AtSink
			}
			if finalSound && tailed[k] {
				add(Vanished, o)
			}
			if absence {
				add(Lost, o)
				_, any := lo[k.key]
				switch {
				case !any:
					places[Whole]++
				case k.seq < lo[k.key]:
					places[Prefix]++
				case k.seq > hi[k.key]:
					places[Suffix]++
				default:
					places[Middle]++
				}
			}
		case r.unknown && absence:
			add(Absent, "")
		}
	}
	if absence {
		for _, ks := range txs {
			n, in, pure := 0, 0, true
			for _, k := range ks {
				pure = pure && records[k].unknown && !records[k].ok
				if times[k] > 0 {
					n++
				}
				if inlog[k] > 0 {
					in++
				}
			}
			if pure && n > 0 && n < len(ks) && (!inputSound || in > 0 && in < len(ks)) {
				add(Torn, by(Ingest))
			}
		}
	}
	if complete && drain != nil && !drained && !drain.Moving && !drain.Fences && seenAny && !unhealed {
		add(Stuck, "")
	}
	for c, n := range counts {
		if n == 0 {
			delete(counts, c)
		}
	}
	return counts, places, origins
}
