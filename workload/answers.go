package workload

import (
	"sync/atomic"
	"time"

	"surety/checker/history"
)

// gatherFor is how long answers gather before they are recorded together. Their
// own times are taken before.
const gatherFor = time.Millisecond

// answers takes the answers of one source off the client's hands and records them
// in groups. The client fills one page after the other, the collector follows: two
// goroutines that share no lock and touch no record twice.
type answers struct {
	*driver
	free pool // records that may be used again

	// Of the client.
	page   *page
	filled int
	stock  *page // empty ones, linked by next

	spare  atomic.Pointer[page] // the same, on their way back from the collector
	asleep atomic.Bool          // the collector waits for a poke
	poke   chan struct{}

	// Of the collector.
	reading   *page
	read      int
	tracked   [][]TrackedKey // by tracker and index of the key; 0 = not known yet
	records   []*Record      // of the group at hand
	latencies []time.Duration
}

// page is a part of the answers, in their order.
type page struct {
	filled   atomic.Int32 // what stands below it does not change any more
	next     *page        // set before the last one is filled
	outcomes [maxBatch]history.Outcome
	of       [maxBatch]answered
}

// answered is what the outcome does not tell of a record.
type answered struct {
	record   *Record
	key      int // its index in the load
	seq      int64
	intended history.Nanos
}

func newAnswers(d *driver) *answers {
	first := &page{}
	a := &answers{
		driver: d, poke: make(chan struct{}, 1), page: first, reading: first,
		records: make([]*Record, 0, maxBatch), latencies: make([]time.Duration, 0, maxBatch),
	}
	for range d.Trackers {
		a.tracked = append(a.tracked, make([]TrackedKey, d.Load.Keys))
	}
	return a
}

// done is what the source calls.
func (a *answers) done(r *Record, answer Answer) {
	p, i := a.page, a.filled
	o := &p.outcomes[i]
	o.Attempt, o.Class, o.Partition, o.Offset, o.Reason, o.At = r.Attempt, answer.Class, answer.Partition, answer.Offset, 0, answer.At
	if o.At == 0 {
		o.At = a.Clock.Now()
	}
	if answer.Reason != "" {
		o.Reason = a.Recorder.Name(answer.Reason)
	}
	p.of[i] = answered{record: r, key: r.key, seq: r.Seq, intended: r.Intended}
	if a.filled++; a.filled == maxBatch {
		p.next = a.empty()
		a.page, a.filled = p.next, 0
	}
	p.filled.Store(int32(i + 1)) //nolint:gosec // at most maxBatch
	if a.asleep.Load() && a.asleep.CompareAndSwap(true, false) {
		a.poke <- struct{}{} // has room: one for each time that it falls asleep
	}
}

// empty gives a page to fill.
func (a *answers) empty() *page {
	if a.stock == nil {
		a.stock = a.spare.Swap(nil)
	}
	if a.stock == nil {
		return &page{}
	}
	p := a.stock
	a.stock, p.next = p.next, nil
	return p
}

// turn goes on to the next page and sends the one that was read back to the client.
func (a *answers) turn() {
	p := a.reading
	a.reading, a.read = p.next, 0
	p.filled.Store(0)
	for {
		p.next = a.spare.Load()
		if a.spare.CompareAndSwap(p.next, p) {
			return
		}
	}
}

// collect records answers until stop. Before settling, while more are to come, it
// lets them gather.
func (a *answers) collect(settling, stop <-chan struct{}) {
	gather := time.NewTimer(0)
	defer gather.Stop()
	for {
		a.asleep.Store(true)
		if !a.waiting() || !a.asleep.CompareAndSwap(true, false) {
			select {
			case <-a.poke:
			case <-stop:
				return
			}
		}
		a.record()
		gather.Reset(gatherFor)
		select {
		case <-gather.C:
		case <-settling:
		}
	}
}

// waiting tells whether there is an answer that was not recorded.
func (a *answers) waiting() bool {
	return a.read < int(a.reading.filled.Load())
}

// record records all that was heard.
func (a *answers) record() {
	for {
		p := a.reading
		n := int(p.filled.Load())
		if a.read < n {
			a.recordGroup(p.outcomes[a.read:n], p.of[a.read:n])
			a.read = n
		}
		if n < maxBatch {
			return
		}
		a.turn()
	}
}

func (a *answers) recordGroup(outcomes []history.Outcome, of []answered) {
	a.Recorder.Outcomes(outcomes)
	var ok, failed, unknown int64
	a.records, a.latencies = a.records[:0], a.latencies[:0]
	for i := range outcomes {
		a.records = append(a.records, of[i].record)
		switch o := &outcomes[i]; o.Class {
		case history.OK:
			a.latencies = append(a.latencies, time.Duration(o.At-of[i].intended))
			ok++
		case history.Failed:
			failed++
		default:
			unknown++
		}
	}
	a.Progress.OK.Add(ok)
	a.Progress.Failed.Add(failed)
	a.Progress.Unknown.Add(unknown)
	if a.Latencies != nil {
		a.Latencies.addAll(a.latencies)
	}
	for i, t := range a.Trackers {
		t.answered(outcomes, of, a.tracked[i])
	}
	a.free.put(a.records)
	if a.inFlight.Add(-int64(len(of))) == 0 {
		select {
		case a.idle <- struct{}{}:
		default: // it is poked already
		}
	}
}
