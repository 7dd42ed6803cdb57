package kafka

import (
	"context"
	"testing"
	"time"

	"surety/checker/history"
	"surety/workload"
)

func TestWhatIsDrivenIsTailedAndReadBack(t *testing.T) {
	const partitions, records = 4, 3000
	_, e := cluster(t)
	create(t, e, "log", partitions)
	m, clock := newMemory(), history.NewClock()
	tracker, progress := workload.NewTracker(records), &workload.Progress{}

	producer, err := NewProducer(ProducerConfig{Endpoint: e, Topic: "log"})
	if err != nil {
		t.Fatal(err)
	}
	defer producer.Close()
	keys, err := workload.FenceKeys(partitions, 2, Partitioner(partitions))
	if err != nil {
		t.Fatal(err)
	}
	fences := workload.NewFences(workload.FenceConfig{
		Run: "run", Keys: keys, Sinks: []string{"out"}, Source: producer, Recorder: m, Clock: clock,
	})
	reader := &Reader{
		Endpoint: e, Topic: "log", Run: "run", Recorder: m, Clock: clock,
		Tracker: tracker, Fences: fences, Progress: progress,
	}
	tailCtx, stopTail := context.WithCancel(bounded(t))
	defer stopTail()
	tailed := make(chan error, 1)
	go func() {
		tailed <- reader.Observe(tailCtx, history.Session{Session: 1, Sink: "out", View: history.Committed, Purpose: history.Tail})
	}()

	if err := fences.Warm(bounded(t)); err != nil {
		t.Fatal(err)
	}
	err = workload.Drive(bounded(t), workload.DriveConfig{
		Run: "run", Seed: "seed", Load: workload.Load{Records: records, Keys: 50, Writers: 2, Size: 100},
		Sources: []workload.Source{producer}, Recorder: m, Clock: clock,
		Trackers: []*workload.Tracker{tracker}, Progress: progress, AnswerWait: testTimeout,
	})
	if err != nil {
		t.Fatal(err)
	}
	a := admin(t, e)
	drained := workload.Drain(bounded(t),
		workload.DrainConfig{Quiet: 5 * time.Second, Deadline: testTimeout, Clock: clock},
		workload.Probes{Trackers: []*workload.Tracker{tracker}, Fences: fences})
	if !drained.Complete {
		t.Fatalf("not complete: %+v", drained)
	}
	stopTail()
	if err := <-tailed; err != nil {
		t.Errorf("the tail: %v", err)
	}
	if _, ended := m.ends[1]; !ended {
		t.Error("the tail has no end")
	}
	for id, view := range map[uint32]history.View{2: history.Input, 3: history.Committed, 4: history.Uncommitted} {
		if err := reader.Observe(bounded(t), history.Session{Session: id, Sink: "out", View: view, Purpose: history.Final}); err != nil {
			t.Errorf("final read in view %d: %v", view, err)
		}
	}

	type record struct {
		key string
		seq int64
	}
	type position struct {
		partition int32
		offset    int64
	}
	written := map[record]position{}
	for _, o := range m.outcomes {
		if o.Class != history.OK {
			t.Fatalf("attempt %d ended %d: %s", o.Attempt, o.Class, m.text(o.Reason))
		}
		i := m.intents[o.Attempt]
		written[record{m.text(i.Key), i.Seq}] = position{o.Partition, o.Offset}
	}
	if len(written) != records {
		t.Fatalf("%d records written", len(written))
	}
	partition := Partitioner(partitions)
	for id := uint32(1); id <= 4; id++ {
		seen := map[record]position{}
		for _, o := range m.observations[id] {
			key := m.text(o.Key)
			if o.Corrupt {
				t.Fatalf("session %d observed %+v", id, o)
			}
			if o.Fence != workload.IsFence([]byte(key)) || o.Partition != partition([]byte(key)) {
				t.Fatalf("session %d: key %s in partition %d, fence %v", id, key, o.Partition, o.Fence)
			}
			if !o.Fence {
				seen[record{key, o.Seq}] = position{o.Partition, o.Offset}
			}
		}
		if len(seen) != records {
			t.Errorf("session %d saw %d of %d records", id, len(seen), records)
		}
		for r, at := range seen {
			if written[r] != at {
				t.Fatalf("session %d: record %v at %v, acknowledged at %v", id, r, at, written[r])
			}
		}
	}
	var stored int64
	for _, end := range m.ends[2].Ends {
		stored += end
	}
	if want := int64(len(m.observations[2])); stored != want || len(m.ends[2].Ends) != partitions {
		t.Errorf("the final read ended at %v, having observed %d", m.ends[2].Ends, want)
	}
	if lag, err := a.Lag(bounded(t), "nobody", "log"); err != nil || lag != stored {
		t.Errorf("a group that does not exist has lag %d, %v; want %d", lag, err, stored)
	}
	if got := progress.Seen.Load(); got != records {
		t.Errorf("progress saw %d", got)
	}
}
