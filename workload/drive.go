package workload

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// DriveConfig is one load with where it goes and who writes it down.
type DriveConfig struct {
	Run  string // id that every value carries
	Seed string
	Load Load
	// After are the loads of the drivers before this one where several share a
	// history: attempts, writers and keys are numbered after theirs.
	After []Load
	// Sources has one client a writer, or a single one that all share.
	Sources  []Source
	Recorder Recorder
	Clock    Clock
	// Transactions that each writer writes in, with sources that are Transactors.
	Transactions Transactions
	// Batch bounds the records that are recorded and handed over together; 0 = a few
	// hundred. A source whose Send waits for the answer wants 1.
	Batch int
	// Terms: the intents say event time and term, which the outputs are judged by.
	Terms bool
	// Trackers of the sinks that must show every acknowledged record.
	Trackers []*Tracker
	// AnswerWait bounds the wait for answers after the last record was handed
	// over. What is still unanswered then stays unknown.
	AnswerWait time.Duration
	Progress   *Progress  // nil = not wanted
	Latencies  *Latencies // of records answered ok; nil = not wanted
}

// Drive offers the whole load on its schedule and waits for the answers. For
// each record the intent is recorded before the client gets it and the outcome
// when the client answers; nothing is ever sent a second time. It returns early
// when ctx ends or the recorder fails; the records that were never handed over
// are counted as not started. An attempt whose answer did not come in time has
// an intent and no outcome.
//
// Recording costs no lock and no allocation a record: what is due is recorded
// together before it is handed over, and so are the answers of a millisecond. A
// record's memory, its value included, is used again once the client has answered.
func Drive(ctx context.Context, cfg DriveConfig) error {
	if err := cfg.check(); err != nil {
		return err
	}
	d := &driver{
		DriveConfig: cfg,
		schedule:    Schedule{Begin: cfg.Clock.Now(), Rate: cfg.Load.Rate, Surges: cfg.Load.Surges},
		idle:        make(chan struct{}, 1),
	}
	if d.Progress == nil {
		d.Progress = &Progress{}
	}
	for _, l := range cfg.After {
		d.before.attempts += uint64(l.Records)
		d.before.writers += uint32(l.Writers)
		d.before.keys += l.Keys
	}
	settling, stop := make(chan struct{}), make(chan struct{})
	var collecting, writing sync.WaitGroup
	heard := make([]*answers, len(cfg.Sources))
	for i := range heard {
		heard[i] = newAnswers(d)
		collecting.Go(func() { heard[i].collect(settling, stop) })
	}
	errs := make([]error, cfg.Load.Writers)
	for i := range errs {
		source := i % len(cfg.Sources)
		writing.Go(func() {
			w, err := d.writer(uint32(i), cfg.Sources[source], heard[source])
			if err == nil {
				err = w.write(ctx)
			}
			errs[i] = err
		})
	}
	writing.Wait()
	d.Progress.NotStarted.Add(cfg.Load.Records - d.offered.Load())

	close(settling)
	d.settle()
	close(stop)
	collecting.Wait()
	// An answer from now on is not heard: an attempt has one outcome.
	unanswered := d.inFlight.Load()
	d.Progress.Unknown.Add(unanswered)
	for _, t := range cfg.Trackers {
		t.Close(unanswered)
	}
	return errors.Join(errs...)
}

func (c DriveConfig) check() error {
	for i, l := range c.After {
		if err := l.Check(); err != nil {
			return fmt.Errorf("load %d of the drivers before: %w", i+1, err)
		}
	}
	if err := c.Load.Check(); err != nil {
		return err
	}
	if err := CheckKey(c.Run); err != nil {
		return fmt.Errorf("run id: %w", err)
	}
	if n := len(c.Sources); n != 1 && n != c.Load.Writers {
		return fmt.Errorf("%d sources for %d writers: give one for each, or one for all", n, c.Load.Writers)
	}
	if c.Transactions.Records > 0 {
		if len(c.Sources) != c.Load.Writers {
			return fmt.Errorf("%d sources for %d writers: transactions want one for each", len(c.Sources), c.Load.Writers)
		}
		return c.Transactions.check()
	}
	return nil
}

type driver struct {
	DriveConfig
	before struct { // what other drivers of the history have taken
		attempts uint64
		writers  uint32
		keys     int
	}
	schedule Schedule
	offered  atomic.Int64
	lastTx   atomic.Uint64 // number of the newest transaction

	inFlight atomic.Int64
	idle     chan struct{} // poked when the last answer came in
}

// settle waits until no answer is awaited, or for the time that answers have.
func (d *driver) settle() {
	deadline := time.NewTimer(d.AnswerWait)
	defer deadline.Stop()
	for d.inFlight.Load() > 0 {
		select {
		case <-d.idle:
		case <-deadline.C:
			return
		}
	}
}
