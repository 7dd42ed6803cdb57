package checker

import (
	"slices"

	"surety/checker/history"
)

// aheadBatch is how many records are handed over at once.
const aheadBatch = 256

// ahead reads a source on a goroutine of its own, so that decoding and judging
// share no core.
type ahead struct {
	full chan records
	free chan []history.Record
	quit chan struct{}
	last []history.Record // to be given back
}

type records struct {
	batch []history.Record
	err   error // after them
}

func readAhead(src source) *ahead {
	a := &ahead{full: make(chan records, 2), free: make(chan []history.Record, 4), quit: make(chan struct{})}
	for range cap(a.free) {
		a.free <- make([]history.Record, aheadBatch)
	}
	go a.read(src)
	return a
}

func (a *ahead) read(src source) {
	defer close(a.full)
	for batch := range a.free {
		var err error
		n := 0
		for ; n < len(batch) && err == nil; n++ {
			rec := &batch[n]
			if err = src.Next(rec); err != nil {
				break
			}
			if rec.Kind > history.KindObservation {
				rec.Body = slices.Clone(rec.Body) // the source will use it again
			}
		}
		select {
		case a.full <- records{batch[:n], err}:
		case <-a.quit:
			return
		}
		if err != nil {
			return
		}
	}
}

// next gives records, valid until the next call, and the error that stands after
// them.
func (a *ahead) next() ([]history.Record, error) {
	if a.last != nil {
		a.free <- a.last[:aheadBatch]
	}
	r := <-a.full
	a.last = r.batch
	return r.batch, r.err
}

// stop ends the reading. The source is free when it returns.
func (a *ahead) stop() {
	close(a.quit)
	close(a.free)
	for range a.full {
		// What was read ahead is not wanted any more.
	}
}
