package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"surety/checker/history"
	"surety/workload"
	"surety/workload/kafka"
)

// produceRecorded drives as a run does.
func (r *round) produceRecorded(ctx context.Context) (err error) {
	w, end, err := r.record()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	p, err := kafka.NewProducer(kafka.ProducerConfig{Endpoint: r.Endpoint, Topic: r.topic("recorded"), Clock: r.clock, Buffer: Buffer})
	if err != nil {
		return err
	}
	defer p.Close()
	progress := &workload.Progress{}
	err = workload.Drive(ctx, workload.DriveConfig{
		Run: r.Run, Seed: r.Seed, Load: workload.Load{Records: r.Records, Keys: keys, Writers: 1, Size: r.Size},
		Sources: []workload.Source{p}, Recorder: w, Clock: r.clock, AnswerWait: time.Minute,
		Trackers: []*workload.Tracker{r.tracker}, Progress: progress, Latencies: workload.NewLatencies(),
	})
	if n := progress.OK.Load(); err == nil && n != r.Records {
		err = fmt.Errorf("%d of %d records were acknowledged", n, r.Records)
	}
	return err
}

// readVerified reads as the tail of a run does, until the tracker has seen all
// that was acknowledged.
func (r *round) readVerified(ctx context.Context) (err error) {
	w, end, err := r.record()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	reader := &kafka.Reader{
		Endpoint: r.Endpoint, Topic: r.topic("recorded"), Run: r.Run, Recorder: w, Clock: r.clock,
		Tracker: r.tracker, Progress: &workload.Progress{},
	}
	tail, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() {
		ended <- reader.Observe(tail, history.Session{Session: 1, Sink: "bench", View: history.Committed, Purpose: history.Tail})
	}()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !r.tracker.Complete() {
		select {
		case <-tick.C:
		case err := <-ended:
			if err == nil {
				err = ctx.Err()
			}
			return err
		}
	}
	stop()
	if err := <-ended; err != nil {
		return err
	}
	if again, behind := r.tracker.Again(), r.tracker.Behind(); again+behind > 0 || r.tracker.Distinct() != r.Records {
		return fmt.Errorf("the broker is not sound: of %d records %d were seen, %d again, %d out of order", r.Records, r.tracker.Distinct(), again, behind)
	}
	return nil
}
