package checker

import (
	"errors"
	"io"
	counting "sync/atomic"

	"surety/checker/history"
)

// aheadBatch is how many records are handed over at once, and aheadBatches how many
// such batches there are at most: enough that a side seldom waits for the other to
// wake up, and no more than stay in a core's cache. They are made as they are needed,
// and small until one was full: most histories are.
const (
	aheadBatch   = 512
	aheadBatches = 8
	firstBatch   = 64
)

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
	a := &ahead{full: make(chan *records, aheadBatches), free: make(chan *records, aheadBatches), quit: make(chan struct{})}
	go a.read(src)
	return a
}

func (a *ahead) read(src source) {
	defer close(a.full)
	for made, size := 0, firstBatch; ; {
		batch := a.batch(&made, size)
		if batch == nil {
			return
		}
		n, err := src.Read(batch.list[:cap(batch.list)])
		batch.list, batch.err = batch.list[:n], err
		if n == size {
			size = min(2*size, aheadBatch)
		}
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

// batch is one that nobody holds, or a new one of some size if there may be more; nil
// once the reading is ended.
func (a *ahead) batch(made *int, size int) *records {
	if *made < aheadBatches {
		select {
		case batch := <-a.free:
			return batch
		default:
			*made++
			return &records{list: make([]history.Record, size)}
		}
	}
	return <-a.free
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
