package kafka

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"surety/checker"
	"surety/checker/history"
	"surety/topologies"
	"surety/workload"
)

// lying writes down what the clients tell, with one lie.
type lying struct {
	*history.Writer
	read   func(o history.Observation, purpose history.Purpose) []history.Observation
	answer func(o *history.Outcome)
	tails  map[uint32]bool
}

func (l *lying) Append(k history.Kind, body any) {
	if s, is := body.(history.Session); is && s.Purpose == history.Tail {
		l.tails[s.Session] = true
	}
	l.Writer.Append(k, body)
}

func (l *lying) Observation(o history.Observation) {
	l.Observations([]history.Observation{o})
}

func (l *lying) Observations(os []history.Observation) {
	for _, o := range os {
		purpose := history.Final
		if l.tails[o.Session] {
			purpose = history.Tail
		}
		if l.read == nil {
			l.Writer.Observation(o)
			continue
		}
		l.Writer.Observations(l.read(o, purpose))
	}
}

func (l *lying) Outcomes(os []history.Outcome) {
	os = slices.Clone(os)
	for i := range os {
		if l.answer != nil {
			l.answer(&os[i])
		}
	}
	l.Writer.Outcomes(os)
}

// target is the record that the lies are about: it is neither the first nor the
// last of its partition.
const (
	targetKey = "k3"
	targetSeq = 5
)

// A broker under test is driven, tailed and read back by the real clients, and one
// thing goes wrong on the way. The verdict names it.
func TestWhatGoesWrongInALogIsJudged(t *testing.T) {
	is := func(w *history.Writer, o history.Observation) bool {
		return o.Key == w.Name(targetKey) && o.Seq == targetSeq && !o.Fence
	}
	const aborted = 1 << 40 // attempt number
	type run struct {
		w *history.Writer
		e topologies.Endpoint
	}
	// abort writes a record in a transaction that it aborts, and writes it down.
	abort := func(t *testing.T, r run) {
		cl := transactional(t, r.e, "aborting")
		if err := cl.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		rec := &kgo.Record{Key: []byte("aborted"), Value: value("aborted", 1)}
		r.w.Append(history.KindTxBegin, history.TxBegin{Tx: 1, Writer: 9, ID: "aborting"})
		r.w.Intents([]history.Intent{{Attempt: aborted, Writer: 9, Key: r.w.Name("aborted"), Seq: 1, Tx: 1}})
		if err := cl.ProduceSync(bounded(t), rec).FirstErr(); err != nil {
			t.Fatal(err)
		}
		r.w.Outcomes([]history.Outcome{{Attempt: aborted, Class: history.OK, Partition: rec.Partition, Offset: rec.Offset}})
		if err := cl.EndTransaction(bounded(t), kgo.TryAbort); err != nil {
			t.Fatal(err)
		}
		r.w.Append(history.KindTxEnd, history.TxEnd{Tx: 1, Class: history.Failed})
	}
	uncommitted := []kgo.Opt{kgo.FetchIsolationLevel(kgo.ReadUncommitted())}

	for _, tt := range []struct {
		reason string
		lie    func(w *history.Writer, l *lying)
		after  func(t *testing.T, r run) // the load, before the tail ends
		opts   []kgo.Opt                 // of the readers
		want   map[checker.Class]int64   // in the log; what is not named is 0
		answer checker.Answer            // under exactly-once
	}{
		{reason: "nothing went wrong", answer: checker.Upheld},
		{
			reason: "no reader returns an acknowledged record",
			lie: func(w *history.Writer, l *lying) {
				l.read = func(o history.Observation, _ history.Purpose) []history.Observation {
					if is(w, o) {
						return nil
					}
					return []history.Observation{o}
				}
			},
			want:   map[checker.Class]int64{checker.LostWrite: 1},
			answer: checker.Violated,
		},
		{
			reason: "another client writes a record once more",
			after: func(t *testing.T, r run) {
				cl, err := NewClient(r.e, "test", kgo.DefaultProduceTopic("log"))
				if err != nil {
					t.Fatal(err)
				}
				defer cl.Close()
				again := &kgo.Record{Key: []byte(targetKey), Value: value(targetKey, targetSeq)}
				if err := cl.ProduceSync(bounded(t), again).FirstErr(); err != nil {
					t.Fatal(err)
				}
			},
			want:   map[checker.Class]int64{checker.Duplicate: 1},
			answer: checker.Violated,
		},
		{
			reason: "the final reads show another record at an offset",
			lie: func(w *history.Writer, l *lying) {
				l.read = func(o history.Observation, p history.Purpose) []history.Observation {
					if is(w, o) && p == history.Final {
						o.Seq = 1 << 20
					}
					return []history.Observation{o}
				}
			},
			want:   map[checker.Class]int64{checker.InconsistentOffsets: 1},
			answer: checker.Violated,
		},
		{
			reason: "an acknowledgement names the offset of the record before",
			lie: func(_ *history.Writer, l *lying) {
				told := false
				l.answer = func(o *history.Outcome) {
					if !told && o.Class == history.OK && o.Offset == 7 {
						told = true
						o.Offset--
					}
				}
			},
			// Its value stands where it was read and where it was acknowledged.
			want:   map[checker.Class]int64{checker.InconsistentOffsets: 1, checker.Duplicate: 1, checker.NonmonotonicSend: 1},
			answer: checker.Violated,
		},
		{
			reason: "a transaction was aborted, and committed views hide it",
			after:  abort,
			answer: checker.Upheld,
		},
		{
			reason: "readers that take what is not committed call it a committed view",
			after:  abort,
			opts:   uncommitted,
			want:   map[checker.Class]int64{checker.AbortedRead: 1},
			answer: checker.Violated,
		},
		{
			reason: "the tail passes over a record: the final read decides",
			lie: func(w *history.Writer, l *lying) {
				l.read = func(o history.Observation, p history.Purpose) []history.Observation {
					if is(w, o) && p == history.Tail {
						return nil
					}
					return []history.Observation{o}
				}
			},
			want:   map[checker.Class]int64{checker.PollSkip: 1}, // or within a poll
			answer: checker.Upheld,
		},
	} {
		t.Run(tt.reason, func(t *testing.T) {
			_, e := cluster(t)
			create(t, e, "log", 2)
			dir, err := history.MakeDir(t.TempDir() + "/run")
			if err != nil {
				t.Fatal(err)
			}
			w, err := history.Create(dir, history.Header{Run: "run"})
			if err != nil {
				t.Fatal(err)
			}
			l := &lying{Writer: w, tails: map[uint32]bool{}}
			if tt.lie != nil {
				tt.lie(w, l)
			}
			recordRun(t, e, l, tt.opts, func() {
				if tt.after != nil {
					tt.after(t, run{w, e})
				}
			})
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			v, err := checker.Judge(func() (*history.Reader, error) { return history.Open(string(dir)) }, checker.Spec{
				Sinks: []checker.SinkSpec{{Name: "out", Oracle: "identity", Guarantee: checker.Guarantee{Delivery: checker.ExactlyOnce}}},
			})
			if err != nil {
				t.Fatal(err)
			}
			if v.Answer != tt.answer || len(v.Logs) != 1 || v.Logs[0].Log != "input" {
				t.Fatalf("%s with reasons %+v and %d logs", v.Answer, v.Reasons, len(v.Logs))
			}
			got := v.Logs[0].Counts
			// What a poll fetches is up to the broker.
			for internal, external := range map[checker.Class]checker.Class{
				checker.IntPollSkip: checker.PollSkip, checker.IntNonmonotonicPoll: checker.NonmonotonicPoll,
			} {
				got[external] += got[internal]
				delete(got, internal)
			}
			if tt.want[checker.LostWrite] > 0 {
				delete(got, checker.PollSkip) // every reader passes over it
			}
			for c, n := range got {
				if n != tt.want[c] {
					t.Errorf("%s %d, want %d: %+v", c, n, tt.want[c], v.Logs[0].Findings)
				}
			}
			for c := range tt.want {
				if _, judged := got[c]; !judged {
					t.Errorf("%s was not judged", c)
				}
			}
		})
	}
}

// recordRun drives a load into a log, tails it meanwhile, and reads it back twice:
// as the input and as the sink that it is.
func recordRun(t *testing.T, e topologies.Endpoint, rec workload.Recorder, opts []kgo.Opt, after func()) {
	t.Helper()
	const records = 400
	clock := history.NewClock()
	producer, err := NewProducer(ProducerConfig{Endpoint: e, Topic: "log"})
	if err != nil {
		t.Fatal(err)
	}
	defer producer.Close()
	tracker := workload.NewTracker(records)
	reader := &Reader{
		Endpoint: e, Topic: "log", Run: "run", Recorder: rec, Clock: clock, Tracker: tracker, AppendTimes: true, opts: opts,
	}
	ctx, stop := context.WithCancel(bounded(t))
	defer stop()
	tailed := make(chan error, 1)
	go func() {
		tailed <- reader.Observe(ctx, history.Session{Session: 1, Sink: "out", View: history.Committed, Purpose: history.Tail})
	}()
	err = workload.Drive(bounded(t), workload.DriveConfig{
		Run: "run", Seed: "seed", Load: workload.Load{Records: records, Keys: 20, Writers: 1, Size: 100},
		Sources: []workload.Source{producer}, Recorder: rec, Clock: clock,
		Trackers: []*workload.Tracker{tracker}, AnswerWait: testTimeout,
	})
	if err != nil {
		t.Fatal(err)
	}
	after()
	for deadline := time.Now().Add(testTimeout); !tracker.Complete(); {
		if !sleep(ctx) || time.Now().After(deadline) {
			t.Fatal("the tail did not show every record")
		}
	}
	stop()
	if err := <-tailed; err != nil {
		t.Fatal(err)
	}
	reader.Tracker = nil
	for id, s := range map[uint32]history.Session{
		2: {Session: 2, Sink: "input", View: history.Input, Purpose: history.Final},
		3: {Session: 3, Sink: "out", View: history.Committed, Purpose: history.Final},
	} {
		if err := reader.Observe(bounded(t), s); err != nil {
			t.Fatalf("session %d: %v", id, err)
		}
	}
	rec.Append(history.KindDrain, history.Drain{Complete: true, Drained: true, At: clock.Now()})
	rec.Append(history.KindEnd, history.End{At: clock.Now()})
}
