package checker

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"surety/checker/history"
)

// What results remembers of a record.
const (
	isTried   = 1 << iota // somebody tried to write it
	isOK                  // one attempt is ok
	isUnknown             // one attempt is unknown
	isAborted             // one attempt is of an aborted transaction
	isLogged              // the input log has it
	isEarly               // its window was open for certain when it came, by what was sent before
	isInTime              // the same by the input log
	isTooLate             // every partition had passed its window before it was sent
)

// results judges one sink whose outputs are results of many records: for each key,
// and each window of it, what was tried bounds the value that may stand at the end.
// It holds bits for runs of records, and numbers for each result.
type results struct {
	spec   *SinkSpec
	result func(p *Params, term, event int64) (window, weight int64)
	closes bool // windows close
	told   bool
	name   func(history.Name) string
	keys   map[history.Name]*resultKey
}

type resultKey struct {
	marks       marks
	results     map[int64]*result // by the start of its window
	lane        uint32            // of the first sighting
	seen, split bool
}

// result is one value of one key.
type result struct {
	tried            bool
	must, may        [2]int64 // what counts at least and at most: by outcomes alone, with the input log
	logMust, logMay  int64    // the same by the input log alone, where a record may stand twice
	dropped          [2]int64 // records that came too late
	sightings        int64
	last, top        sightedValue // in sink order, and the highest
	lane             uint32       // of last
	drops            int64        // values below the one before
	drop, beforeDrop sightedValue // the first of them
}

type sightedValue struct {
	value  int64
	append int64
	Sighting
}

func newResults(spec *SinkSpec, o Oracle, told bool, name func(history.Name) string) *results {
	return &results{
		spec: spec, result: o.result, closes: spec.Params.Size > 0, told: told, name: name,
		keys: map[history.Name]*resultKey{},
	}
}

func (r *results) key(name history.Name) *resultKey {
	k := r.keys[name]
	if k == nil {
		k = &resultKey{results: map[int64]*result{}}
		r.keys[name] = k
	}
	return k
}

func (k *resultKey) result(window int64) *result {
	res := k.results[window]
	if res == nil {
		res = &result{}
		k.results[window] = res
	}
	return res
}

// attempted notes an intent; behind is the event time that every partition had
// passed before it.
func (r *results) attempted(in *history.Intent, behind int64) {
	window, weight := r.result(&r.spec.Params, in.Term, in.Event)
	k := r.key(in.Key)
	k.result(window).tried = true
	bits := k.marks.get(in.Seq)
	more := uint8(isTried)
	switch {
	case !r.closes:
		more |= isEarly | isInTime
	case bits&isTried == 0 && behind >= r.spec.Params.closes(in.Event):
		more |= isTooLate
	}
	k.change(in.Seq, window, weight, bits, bits|more)
}

// settled notes how an attempt ended; before is the highest event time that may
// stand before it.
func (r *results) settled(at *attempt, class history.OutcomeClass, aborted bool, before int64) {
	window, weight := r.result(&r.spec.Params, at.term, at.event)
	k := r.key(at.key)
	bits := k.marks.get(at.seq)
	var more uint8
	switch {
	case class == history.OK:
		more = isOK
		if r.closes && before < r.spec.Params.closes(at.event) {
			more |= isEarly
		}
	case class == history.Unknown:
		more = isUnknown
	case aborted:
		more = isAborted
	}
	k.change(at.seq, window, weight, bits, bits|more)
}

// logged notes a record of the input log; before is the highest event time before
// it in its partition.
func (r *results) logged(o *history.Observation, before int64) {
	window, weight := r.result(&r.spec.Params, o.Value, o.Event)
	k := r.key(o.Key)
	bits := k.marks.get(o.Seq)
	more := uint8(isLogged)
	inTime := !r.closes || before < r.spec.Params.closes(o.Event)
	if inTime {
		more |= isInTime
	}
	k.change(o.Seq, window, weight, bits, bits|more)
	res := k.result(window)
	res.logMay += weight
	if inTime {
		res.logMust += weight
	}
}

// change moves the weight of a record to where its bits put it now.
func (k *resultKey) change(seq, window, weight int64, before, after uint8) {
	if before == after {
		return
	}
	k.marks.set(seq, after)
	res := k.result(window)
	for log := range 2 {
		m0, n0, d0 := counts01(before, log == 1)
		m1, n1, d1 := counts01(after, log == 1)
		res.must[log] += weight * (m1 - m0)
		res.may[log] += weight * (n1 - n0)
		res.dropped[log] += d1 - d0
	}
}

// counts01 says, as 0 or 1, whether a record must count, may count, and was
// dropped for being late.
func counts01(bits uint8, log bool) (must, may, dropped int64) {
	if bits&isTried == 0 {
		return 0, 0, 0
	}
	in := bits&isOK != 0
	free := bits&isUnknown != 0
	early := bits&isEarly != 0
	if log {
		in = in || bits&isLogged != 0 && (free || bits&isAborted == 0)
		free = false
		early = bits&isInTime != 0 || bits&isLogged == 0 && early
	}
	switch {
	case bits&isTooLate != 0:
		if in {
			return 0, 0, 1
		}
		return 0, 0, 0
	case in && early:
		return 1, 1, 0
	case in, free:
		return 0, 1, 0
	}
	return 0, 0, 0
}

// sighted notes a result that the sink shows.
func (r *results) sighted(o *history.Observation, l uint32, at history.Nanos) {
	k := r.key(o.Key)
	if !k.seen {
		k.lane, k.seen = l, true
	}
	k.split = k.split || k.lane != l
	window := int64(0)
	if r.closes {
		window = o.Event
	}
	res := k.result(window)
	now := sightedValue{o.Value, o.Append, Sighting{o.Partition, o.Offset, at}}
	res.sightings++
	if res.sightings == 1 {
		res.last, res.top, res.lane = now, now, l
		return
	}
	if now.value > res.top.value {
		res.top = now
	}
	switch {
	case r.told, l == res.lane && now.Offset >= res.last.Offset, l != res.lane && now.append > res.last.append:
		if now.value < res.last.value {
			if res.drops++; res.drops == 1 {
				res.drop, res.beforeDrop = now, res.last
			}
		}
		res.last, res.lane = now, l
	}
}

// bounds is what a value may be at the end.
func (res *result) bounds(d Delivery, input bool) (low, high int64) {
	i := 0
	if input {
		i = 1
	}
	low, high = res.must[i], res.may[i]
	switch d {
	case AtMostOnce:
		low = 0
	case AtLeastOnce:
		high = math.MaxInt64
	}
	return low, high
}

// finish judges every result into the tally of the sink.
func (r *results) finish(sc scope, sink sinkScope, t *tally) {
	for name, k := range r.keys {
		if k.split {
			t.legal(Split, 1)
		}
		if !sc.complete {
			continue // what is missing may be what was not recorded
		}
		j := resultJudging{results: r, scope: sc, sinkScope: sink, tally: t, key: r.name(name), touched: map[Class]bool{}}
		for _, window := range slices.Sorted(maps.Keys(k.results)) {
			j.judge(window, k.results[window])
		}
	}
}

type resultJudging struct {
	*results
	scope
	sinkScope
	tally   *tally
	key     string
	touched map[Class]bool
}

func (j *resultJudging) judge(window int64, res *result) {
	log := 0
	if j.input {
		log = 1
	}
	if n := res.dropped[log]; n > 0 {
		j.tally.legal(DroppedLate, n)
	}
	if !res.tried {
		for range res.sightings {
			j.add(Phantom, window, res, res.last, Processor, "nobody tried to write anything that counts here")
		}
		return
	}
	low, high := res.bounds(j.spec.Guarantee.Delivery, j.input)
	switch v := res.last.value; { // 0 where nothing came out
	case res.sightings > 0 && (v > high || res.top.value > high):
		origin := Processor
		if res.top.value <= res.logMay {
			origin = Ingest // the log has some of them more than once
		}
		j.add(WrongState, window, res, res.top, origin, fmt.Sprintf("the value is %d, %s", res.top.value, between(low, high)))
	case v < low && j.absence:
		origin := Processor
		if v >= res.logMust {
			origin = Ingest // the log lacks some of them
		}
		text := fmt.Sprintf("the value at the end is %d, %s", v, between(low, high))
		if res.sightings == 0 {
			text = "nothing came out, " + between(low, high)
		}
		j.add(WrongState, window, res, res.last, origin, text)
	case res.sightings > 0 && v < 0:
		j.add(WrongState, window, res, res.last, Processor, fmt.Sprintf("the value is %d, %s", v, between(low, high)))
	}
	switch {
	case j.spec.Guarantee.State == StateMonotonic:
		for range res.drops {
			j.add(Regressed, window, res, res.drop, Processor,
				fmt.Sprintf("the value went from %d to %d", res.beforeDrop.value, res.drop.value))
		}
	case res.sightings > 0 && j.absence && res.last.value < res.top.value:
		j.add(Regressed, window, res, res.last, Processor,
			fmt.Sprintf("the value at the end is %d, below %d before", res.last.value, res.top.value))
	}
}

func between(low, high int64) string {
	switch {
	case high == math.MaxInt64:
		return fmt.Sprintf("at least %d is right", low)
	case low == high:
		return fmt.Sprintf("%d is right", low)
	}
	return fmt.Sprintf("%d to %d are right", low, high)
}

func (j *resultJudging) add(c Class, window int64, res *result, seen sightedValue, origin Origin, note string) {
	if !j.touched[c] {
		j.touched[c] = true
		j.tally.keys[c]++
	}
	if j.closes {
		note = fmt.Sprintf("window of %s from %s: %s", j.spec.Params.Size, time.UnixMilli(window).UTC().Format("15:04:05.000"), note)
	}
	f := Finding{Class: c, Key: j.key, At: seen.At, Note: note}
	if j.input {
		f.Origin = origin
	}
	low, high := res.bounds(j.spec.Guarantee.Delivery, j.input)
	f.Result = &ResultRef{Window: window, Value: seen.value, Low: low}
	if high < math.MaxInt64 {
		f.Result.High = &high
	}
	moment := seen.At
	if res.sightings == 0 {
		moment = math.MaxInt64
	} else {
		f.Sightings = []Sighting{seen.Sighting}
	}
	j.tally.add(f, moment)
}
