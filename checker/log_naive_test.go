package checker

import (
	"cmp"
	"slices"

	"surety/checker/history"
)

// naiveLogs judges the logs of a history from the definitions alone: everything in
// memory, nothing of the judge but its types. The result is by topic.
func naiveLogs(recs []any) map[string]map[Class]int64 {
	type value struct {
		key     history.Name
		seq     int64
		index   int32
		corrupt bool
	}
	type read struct {
		n       int // in the history
		session uint32
		o       history.Observation
		value   value
	}
	type attempt struct {
		history.Intent
		own, class history.OutcomeClass
		part       int32
		offset     int64
		aborted    bool
	}
	topic := func(s history.Session) string { return cmp.Or(s.Topic, s.Sink) }
	out := map[string]map[Class]int64{}
	count := func(log string, c Class) {
		if out[log] == nil {
			out[log] = map[Class]int64{}
		}
		if c != "" {
			out[log][c]++
		}
	}
	sessions, ends := map[uint32]history.Session{}, map[uint32]history.SessionEnd{}
	attempts, txEnd := []*attempt{}, map[uint64]history.TxEnd{}
	endedAt := map[uint64]int{}
	byNo := map[uint64]*attempt{}
	var reads []read
	input, complete := "", false
	commits := map[commitKey]int64{}
	for n, r := range recs {
		switch r := r.(type) {
		case history.Session:
			sessions[r.Session] = r
			count(topic(r), "")
			if r.View == history.Input {
				input = topic(r)
			}
		case history.SessionEnd:
			ends[r.Session] = r
		case history.Intent:
			byNo[r.Attempt] = &attempt{Intent: r, part: -1, offset: -1}
			attempts = append(attempts, byNo[r.Attempt])
		case history.Outcome:
			a := byNo[r.Attempt]
			a.own, a.part, a.offset = r.Class, r.Partition, r.Offset
		case history.TxEnd:
			txEnd[r.Tx], endedAt[r.Tx] = r, n
		case history.Observation:
			v := value{key: r.Key, seq: r.Seq, index: r.Index}
			if r.Corrupt {
				v = value{corrupt: true}
			}
			reads = append(reads, read{n, r.Session, r, v})
		case history.CommittedOffset:
			k := commitKey{r.Group, r.Topic, r.Partition}
			if before, known := commits[k]; known && r.Offset < before {
				count(r.Topic, OffsetRegression)
			}
			commits[k] = r.Offset
			count(r.Topic, "")
		case history.End:
			complete = !r.Interrupted
		}
	}
	for _, a := range attempts {
		a.class = a.own
		if end, ended := txEnd[a.Tx]; a.Tx != 0 {
			switch {
			case !ended, end.Class == history.Unknown:
				a.class = history.Unknown
			case end.Class == history.Failed:
				a.class, a.aborted = history.Failed, true
			}
		}
	}
	acked := slices.DeleteFunc(slices.Clone(attempts), func(a *attempt) bool {
		return a.class != history.OK || a.part < 0 || a.offset < 0
	})
	sound := slices.ContainsFunc(recs, func(r any) bool {
		s, is := r.(history.Session)
		e, ended := ends[s.Session]
		return is && s.View == history.Input && s.Purpose == history.Final && ended && e.Error == ""
	})
	judged := complete && sound && len(acked) > 0

	// How each session went through each partition.
	for id, s := range sessions {
		for part := range int32(3) {
			var prev *read
			told, first, free := false, true, false
			var poll history.Poll
			for n, r := range recs {
				switch r := r.(type) {
				case history.Rebalance:
					free = free || s.Subscribes && r.Session == id
				case history.Poll:
					if r.Session == id && r.Partition == part {
						poll = r
					}
				case history.Observation:
					if r.Session != id || r.Offset < 0 {
						continue
					}
					if first {
						first, told = false, r.First
					}
					if r.Partition != part {
						continue
					}
					now := read{n, id, r, value{r.Key, r.Seq, r.Index, r.Corrupt}}
					if prev != nil && !free {
						within := told && !r.First
						pick := func(internal, external Class) Class {
							if within {
								return internal
							}
							return external
						}
						if r.Offset <= prev.o.Offset {
							count(topic(s), pick(IntNonmonotonicPoll, NonmonotonicPoll))
						}
						mine := func(k int64) bool {
							return slices.ContainsFunc(reads, func(x read) bool {
								return x.session == id && x.o.Partition == part && x.o.Offset == k && !x.o.Fence
							})
						}
						known := func(k int64) bool {
							return slices.ContainsFunc(reads, func(x read) bool {
								xs := sessions[x.session]
								return topic(xs) == topic(s) && x.o.Partition == part && x.o.Offset == k && !x.o.Fence &&
									(xs.View != history.Uncommitted || s.View == history.Uncommitted)
							}) || judged && topic(s) == input && slices.ContainsFunc(acked, func(a *attempt) bool {
								return a.part == part && a.offset == k
							})
						}
						for k := prev.o.Offset + 1; k < r.Offset; k++ {
							if known(k) && !mine(k) {
								count(topic(s), pick(IntPollSkip, PollSkip))
								break
							}
						}
					}
					if poll.Tx != 0 && r.Offset >= poll.From && r.Offset < poll.To && s.View != history.Uncommitted && !r.Fence && !r.Corrupt {
						end, ended := endedAt[poll.Tx]
						for i, x := range recs[:n] {
							in, is := x.(history.Intent)
							if is && in.Tx == poll.Tx && in.Key == r.Key && in.Seq == r.Seq && (!ended || n < end) && i < n {
								count(topic(s), PrecommittedRead)
								break
							}
						}
					}
					prev, free = &now, false
				}
			}
		}
	}

	// One offset, one value.
	type position struct {
		log    string
		part   int32
		offset int64
	}
	at := map[position][]value{}
	see := func(p position, v value) {
		if !slices.Contains(at[p], v) {
			at[p] = append(at[p], v)
		}
	}
	for _, r := range reads {
		if !r.o.Fence && r.o.Offset >= 0 {
			see(position{topic(sessions[r.session]), r.o.Partition, r.o.Offset}, r.value)
		}
	}
	if judged {
		for _, a := range acked {
			see(position{input, a.part, a.offset}, value{key: a.Key, seq: a.Seq})
		}
	}
	for p, list := range at {
		if len(list) > 1 {
			count(p.log, InconsistentOffsets)
		}
	}

	// Sends of one writer into one partition.
	if input != "" {
		type lane struct {
			writer uint32
			part   int32
		}
		last := map[lane]*attempt{}
		for _, a := range attempts {
			if a.own != history.OK || a.part < 0 || a.offset < 0 {
				continue
			}
			k := lane{a.Writer, a.part}
			if p := last[k]; p != nil && a.offset <= p.offset {
				if a.Tx != 0 && a.Tx == p.Tx {
					count(input, IntNonmonotonicSend)
				} else {
					count(input, NonmonotonicSend)
				}
			}
			last[k] = a
		}
	}
	if !judged {
		return out
	}

	// One value in one partition.
	for part := range int32(3) {
		high := int64(-1)
		values := map[value]bool{}
		for _, r := range reads {
			if topic(sessions[r.session]) == input && r.o.Partition == part {
				high = max(high, r.o.Offset)
				if !r.o.Fence && !r.o.Corrupt && r.o.Offset >= 0 {
					values[r.value] = true
				}
			}
		}
		for _, a := range acked {
			if a.part == part {
				values[value{key: a.Key, seq: a.Seq}] = true
			}
		}
		for v := range values {
			var ackedAt, readAt []int64
			var ok, unknown, failed, aborted, committed bool
			for _, a := range attempts {
				if a.Key != v.key || a.Seq != v.seq || v.index != 0 || a.part >= 0 && a.part != part {
					continue
				}
				ok, unknown = ok || a.class == history.OK, unknown || a.class == history.Unknown
				failed, aborted = failed || a.class == history.Failed, aborted || a.aborted
				if slices.Contains(acked, a) && !slices.Contains(ackedAt, a.offset) {
					ackedAt = append(ackedAt, a.offset)
				}
			}
			for _, r := range reads {
				if s := sessions[r.session]; topic(s) == input && r.o.Partition == part && r.value == v && !r.o.Fence && r.o.Offset >= 0 {
					committed = committed || s.View != history.Uncommitted
					if !slices.Contains(readAt, r.o.Offset) {
						readAt = append(readAt, r.o.Offset)
					}
				}
			}
			if len(readAt) == 0 {
				for _, o := range ackedAt {
					if o <= high {
						count(input, LostWrite)
					} else {
						count(input, Unseen)
					}
				}
				continue
			}
			all := slices.Clone(readAt)
			for _, o := range ackedAt {
				if !slices.Contains(all, o) {
					all = append(all, o)
				}
			}
			for range len(all) - max(1, len(ackedAt)) {
				count(input, Duplicate)
			}
			if committed && failed && !ok && !unknown {
				if aborted {
					count(input, AbortedRead)
				} else {
					count(input, FailedAppeared)
				}
			}
		}
	}
	return out
}
