package workload

import (
	"time"

	"surety/checker/history"
)

// gatherFor is how long answers gather before they are recorded together. Their
// own times are taken before.
const gatherFor = time.Millisecond

// answers takes the answers of one source off the client's hands without a lock,
// and records them in groups.
type answers struct {
	*driver
	heard records
	free  records       // may be used again
	poke  chan struct{} // an answer came after a pause

	tracked   [][]TrackedKey // by tracker and index of the key; 0 = not known yet
	group     [maxBatch]*Record
	outcomes  [maxBatch]history.Outcome
	latencies [maxBatch]time.Duration
}

func newAnswers(d *driver) *answers {
	a := &answers{driver: d, poke: make(chan struct{}, 1)}
	for range d.Trackers {
		a.tracked = append(a.tracked, make([]TrackedKey, d.Load.Keys))
	}
	return a
}

// done is what the source calls.
func (a *answers) done(r *Record, answer Answer) {
	if answer.At == 0 {
		answer.At = a.Clock.Now()
	}
	r.answer = answer
	if a.heard.push(r, r) {
		select {
		case a.poke <- struct{}{}:
		default: // it is poked already
		}
	}
}

// collect records answers until stop. Before settling, while more are to come, it
// lets them gather.
func (a *answers) collect(settling, stop <-chan struct{}) {
	gather := time.NewTimer(0)
	defer gather.Stop()
	for {
		select {
		case <-a.poke:
		case <-stop:
			return
		}
		a.record()
		gather.Reset(gatherFor)
		select {
		case <-gather.C:
		case <-settling:
		}
	}
}

// record records all that was heard.
func (a *answers) record() {
	newest := a.heard.take()
	if newest == nil {
		return
	}
	oldest := reversed(newest)
	for r := oldest; r != nil; {
		n := 0
		for ; r != nil && n < len(a.group); r = r.next {
			a.group[n] = r
			n++
		}
		a.recordGroup(a.group[:n])
	}
	a.free.push(oldest, newest)
}

func (a *answers) recordGroup(group []*Record) {
	var ok, failed, unknown int64
	for i, r := range group {
		o := &a.outcomes[i]
		*o = history.Outcome{
			Attempt: r.Attempt, Class: r.answer.Class, Partition: r.answer.Partition, Offset: r.answer.Offset, At: r.answer.At,
		}
		if r.answer.Reason != "" {
			o.Reason = a.Recorder.Name(r.answer.Reason)
		}
		switch r.answer.Class {
		case history.OK:
			a.latencies[ok] = time.Duration(r.answer.At - r.Intended)
			ok++
		case history.Failed:
			failed++
		default:
			unknown++
		}
	}
	a.Recorder.Outcomes(a.outcomes[:len(group)])
	a.Progress.OK.Add(ok)
	a.Progress.Failed.Add(failed)
	a.Progress.Unknown.Add(unknown)
	if a.Latencies != nil {
		a.Latencies.addAll(a.latencies[:ok])
	}
	for i, t := range a.Trackers {
		t.answered(group, a.tracked[i])
	}
	if a.inFlight.Add(-int64(len(group))) == 0 {
		select {
		case a.idle <- struct{}{}:
		default: // it is poked already
		}
	}
}
