package workload

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"surety/checker/history"
)

// DriveConfig is one load with where it goes and who writes it down.
type DriveConfig struct {
	Run  string // id that every value carries
	Seed string
	Load Load
	// Sources has one client a writer, or a single one that all share.
	Sources  []Source
	Recorder Recorder
	Clock    Clock
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
func Drive(ctx context.Context, cfg DriveConfig) error {
	if err := cfg.check(); err != nil {
		return err
	}
	d := &driver{
		DriveConfig: cfg,
		schedule:    Schedule{Begin: cfg.Clock.Now(), Rate: cfg.Load.Rate},
		idle:        make(chan struct{}, 1),
	}
	if d.Progress == nil {
		d.Progress = &Progress{}
	}
	d.records.New = func() any { return &Record{} }

	errs := make([]error, cfg.Load.Writers)
	var writers sync.WaitGroup
	for i := range errs {
		writers.Go(func() { errs[i] = d.write(ctx, uint32(i)) })
	}
	writers.Wait()
	d.Progress.NotStarted.Add(cfg.Load.Records - d.offered.Load())

	unanswered := d.settle()
	for _, t := range cfg.Trackers {
		t.Close(unanswered)
	}
	return errors.Join(errs...)
}

func (c DriveConfig) check() error {
	if err := c.Load.Check(); err != nil {
		return err
	}
	if err := CheckKey(c.Run); err != nil {
		return fmt.Errorf("run id: %w", err)
	}
	if n := len(c.Sources); n != 1 && n != c.Load.Writers {
		return fmt.Errorf("%d sources for %d writers: give one for each, or one for all", n, c.Load.Writers)
	}
	return nil
}

type driver struct {
	DriveConfig
	schedule Schedule
	records  sync.Pool
	offered  atomic.Int64

	inFlight atomic.Int64
	idle     chan struct{} // poked when the last answer came in
	closing  sync.RWMutex  // held for reading while an answer is recorded
	closed   bool
}

// write walks the whole sequence and sends what its writer owns.
func (d *driver) write(ctx context.Context, writer uint32) error {
	seq, err := NewSequence(d.Load, d.Seed)
	if err != nil {
		return err
	}
	source := d.Sources[int(writer)%len(d.Sources)]
	began := d.Clock.Began().UnixMilli()
	keys := make([][]byte, d.Load.Keys)
	names := make([]history.Name, d.Load.Keys)
	answered := d.answered // one method value for all records
	for {
		item, ok := seq.Next()
		if !ok {
			return nil
		}
		if item.Writer != writer {
			continue
		}
		intended, err := d.schedule.Wait(ctx, d.Clock, item.N)
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("the load ended early: %w", err)
		}
		if err := d.Recorder.Err(); err != nil {
			return fmt.Errorf("the load ended early, the history cannot be written: %w", err)
		}
		if keys[item.Key] == nil {
			key := Key(item.Key)
			keys[item.Key], names[item.Key] = []byte(key), d.Recorder.Name(key)
		}

		r := d.records.Get().(*Record)
		r.Attempt, r.Key, r.Seq, r.Intended = uint64(item.N)+1, keys[item.Key], item.Seq, intended
		r.Value = AppendValue(r.Value[:0], Value{
			Run: d.Run, Writer: writer, Key: r.Key, Seq: item.Seq,
			Event: began + int64(intended)/int64(time.Millisecond),
		}, d.Load.Size)

		now := d.Clock.Now()
		d.Recorder.Intent(history.Intent{
			Attempt: r.Attempt, Writer: writer, Key: names[item.Key], Seq: item.Seq, At: now, Intended: intended,
		})
		if time.Duration(now-intended) > LateAfter {
			d.Progress.Late.Add(1)
		}
		d.offered.Add(1)
		d.Progress.Sent.Add(1)
		d.inFlight.Add(1)
		source.Send(ctx, r, answered)
	}
}

// answered records the outcome of one record.
func (d *driver) answered(r *Record, a Answer) {
	d.closing.RLock()
	defer d.closing.RUnlock()
	if d.closed {
		return // it was declared unknown; an attempt has one outcome
	}
	now := d.Clock.Now()
	o := history.Outcome{Attempt: r.Attempt, Class: a.Class, Partition: a.Partition, Offset: a.Offset, At: now}
	if a.Reason != "" {
		o.Reason = d.Recorder.Name(a.Reason)
	}
	d.Recorder.Outcome(o)
	switch a.Class {
	case history.OK:
		d.Progress.OK.Add(1)
		if d.Latencies != nil {
			d.Latencies.Add(time.Duration(now - r.Intended))
		}
		for _, t := range d.Trackers {
			t.Acked(r.Key, r.Seq)
		}
	case history.Failed:
		d.Progress.Failed.Add(1)
	default:
		d.Progress.Unknown.Add(1)
		for _, t := range d.Trackers {
			t.Doubted(r.Key, r.Seq)
		}
	}
	d.records.Put(r)
	if d.inFlight.Add(-1) == 0 {
		select {
		case d.idle <- struct{}{}:
		default: // it is poked already
		}
	}
}

// settle waits for the answers and returns how many did not come.
func (d *driver) settle() int64 {
	deadline := time.NewTimer(d.AnswerWait)
	defer deadline.Stop()
	for waiting := true; waiting && d.inFlight.Load() > 0; {
		select {
		case <-d.idle:
		case <-deadline.C:
			waiting = false
		}
	}
	d.closing.Lock()
	defer d.closing.Unlock()
	d.closed = true
	unanswered := d.inFlight.Load()
	d.Progress.Unknown.Add(unanswered)
	return unanswered
}
