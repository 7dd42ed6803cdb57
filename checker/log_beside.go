package checker

// beside feeds the fold of logs on a goroutine of its own: it asks nothing that the
// other folds learn, and costs as much as they do. A nil one does nothing.
type beside struct {
	batches chan *records
	failed  chan error
}

func (f *logFold) follow(from *ahead) *beside {
	if f == nil {
		return nil
	}
	b := &beside{batches: make(chan *records, aheadBatches), failed: make(chan error, 1)}
	go func() {
		var err error
		for batch := range b.batches {
			for i := 0; i < len(batch.list) && err == nil; i++ {
				err = f.record(&batch.list[i])
			}
			from.drop(batch)
		}
		b.failed <- err
	}()
	return b
}

// holders is how many hold a batch that is taken.
func (b *beside) holders() int32 {
	if b == nil {
		return 0
	}
	return 1
}

func (b *beside) take(batch *records) {
	if b != nil {
		b.batches <- batch
	}
}

// end waits for what was taken, and says why it could not be read.
func (b *beside) end() error {
	if b == nil {
		return nil
	}
	close(b.batches)
	return <-b.failed
}
