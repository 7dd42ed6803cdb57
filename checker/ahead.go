package checker

import (
	"errors"
	"io"
	counting "sync/atomic"

	"surety/checker/history"
)

// aheadBatch is how many records are handed over at once.
const aheadBatch = 256

// ahead reads a source on a goroutine of its own, so that decoding and judging
// share no core.
type ahead struct {
	full chan *records
	free chan *records
	quit chan struct{}
}

// records are a batch, which is free again when all who hold it have let it go.
type records struct {
	list    []history.Record
	err     error // after them
	holders counting.Int32
}

func readAhead(src source) *ahead {
	a := &ahead{full: make(chan *records, 4), free: make(chan *records, 8), quit: make(chan struct{})}
	for range cap(a.free) {
		a.free <- &records{list: make([]history.Record, aheadBatch)}
	}
	go a.read(src)
	return a
}

func (a *ahead) read(src source) {
	defer close(a.full)
	for batch := range a.free {
		n, err := src.Read(batch.list[:aheadBatch])
		batch.list, batch.err = batch.list[:n], err
		select {
		case a.full <- batch:
		case <-a.quit:
			return
		}
		if err != nil {
			return
		}
	}
}

// next gives records, held by the caller and by so many others, and the error that
// stands after them.
func (a *ahead) next(others int32) *records {
	batch := <-a.full
	batch.holders.Store(1 + others)
	return batch
}

// drop lets records go.
func (a *ahead) drop(batch *records) {
	if batch.holders.Add(-1) == 0 {
		a.free <- batch // which has room for all
	}
}

// stop ends the reading, when nobody holds records any more. The source is free
// when it returns.
func (a *ahead) stop() {
	close(a.quit)
	close(a.free)
	for range a.full {
		// What was read ahead is not wanted any more.
	}
}

// each shows a reader of a history all of its records.
func each(src source, show func(rec *history.Record) error) error {
	ahead := readAhead(src)
	defer ahead.stop()
	for {
		batch := ahead.next(0)
		for i := range batch.list {
			if err := show(&batch.list[i]); err != nil {
				ahead.drop(batch)
				return err
			}
		}
		err := batch.err
		ahead.drop(batch)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}
