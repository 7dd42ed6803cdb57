package kafka

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"surety/checker/history"
	"surety/topologies"
	"surety/workload"
)

func value(key string, seq int64) []byte {
	return workload.AppendValue(nil, workload.Value{Run: "run", Key: []byte(key), Seq: seq}, 0)
}

// transactional gives a client of the topic log in the first of its transactions.
func transactional(t *testing.T, e topologies.Endpoint, id string) *kgo.Client {
	t.Helper()
	cl, err := NewClient(e, "test", kgo.TransactionalID(id), kgo.DefaultProduceTopic("log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return cl
}

// transact writes the sequence numbers in one transaction and ends it.
func transact(t *testing.T, cl *kgo.Client, end kgo.TransactionEndTry, seqs ...int64) {
	t.Helper()
	begin(t, cl, seqs...)
	if err := cl.EndTransaction(bounded(t), end); err != nil {
		t.Fatal(err)
	}
}

func begin(t *testing.T, cl *kgo.Client, seqs ...int64) {
	t.Helper()
	if err := cl.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	for _, seq := range seqs {
		r := &kgo.Record{Key: []byte("k"), Value: value("k", seq)}
		if err := cl.ProduceSync(bounded(t), r).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
}

func (m *memory) seqs(session uint32) []int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	var seqs []int64
	for _, o := range m.observations[session] {
		seqs = append(seqs, o.Seq)
	}
	return seqs
}

// Only the input tells what went into a result; anywhere else a value is a result's.
func TestTheInputIsReadWithEventTimesAndTermsWhereTheyAreAskedFor(t *testing.T) {
	_, e := cluster(t)
	create(t, e, "log", 1)
	cl, err := NewClient(e, "test", kgo.DefaultProduceTopic("log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	text := workload.AppendValue(nil, workload.Value{Run: "run", Key: []byte("k"), Seq: 6, Event: 1234}, 0)
	if err := cl.ProduceSync(bounded(t), &kgo.Record{Key: []byte("k"), Value: text}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	for i, row := range []struct {
		view  history.View
		terms bool
		want  history.Observation
	}{
		{history.Input, true, history.Observation{Valued: true, Value: 7, Event: 1234}},
		{history.Input, false, history.Observation{}},
		{history.Committed, true, history.Observation{}},
	} {
		m, id := newMemory(), uint32(i+1)
		r := &Reader{Endpoint: e, Topic: "log", Run: "run", Recorder: m, Clock: history.NewClock(), Terms: row.terms}
		if err := r.Observe(bounded(t), history.Session{Session: id, View: row.view, Purpose: history.Final}); err != nil {
			t.Fatal(err)
		}
		if got := m.observations[id]; len(got) != 1 || got[0].Seq != 6 || got[0].Valued != row.want.Valued || got[0].Value != row.want.Value || got[0].Event != row.want.Event {
			t.Errorf("view %d, terms %v: got %+v", row.view, row.terms, got)
		}
	}
}

func TestRecordsWithoutTheirCorrelationIdAreAltered(t *testing.T) {
	v := workload.Value{Key: []byte("k"), Seq: -3}
	id := kgo.RecordHeader{Key: workload.CorrelationHeader, Value: []byte("k--3")}
	for _, row := range []struct {
		why     string
		headers []kgo.RecordHeader
		want    bool
	}{
		{"as it went in", []kgo.RecordHeader{id}, true},
		{"with headers of the processor's own", []kgo.RecordHeader{{Key: "trace"}, id}, true},
		{"dropped", nil, false},
		{"empty", []kgo.RecordHeader{{Key: workload.CorrelationHeader}}, false},
		{"of another record", []kgo.RecordHeader{{Key: workload.CorrelationHeader, Value: []byte("k--4")}}, false},
		{"twice", []kgo.RecordHeader{id, id}, false},
	} {
		if got := correlated(&kgo.Record{Headers: row.headers}, v); got != row.want {
			t.Errorf("%s: %v, want %v", row.why, got, row.want)
		}
	}
}

func TestFinalReadKnowsTransactions(t *testing.T) {
	for _, row := range []struct {
		reason string
		last   kgo.TransactionEndTry
		want   []int64
	}{
		{"the log ends with the marker of a commit", kgo.TryCommit, []int64{1, 2, 5, 6}},
		{"the log ends with aborted records and their marker", kgo.TryAbort, []int64{1, 2}},
	} {
		t.Run(row.reason, func(t *testing.T) {
			_, e := cluster(t)
			create(t, e, "log", 3)
			cl := transactional(t, e, "tx")
			transact(t, cl, kgo.TryCommit, 1, 2)
			transact(t, cl, kgo.TryAbort, 3, 4)
			transact(t, cl, row.last, 5, 6)

			m := newMemory()
			r := &Reader{Endpoint: e, Topic: "log", Run: "run", Recorder: m, Clock: history.NewClock()}
			for id, view := range map[uint32]history.View{1: history.Committed, 2: history.Uncommitted} {
				if err := r.Observe(bounded(t), history.Session{Session: id, View: view, Purpose: history.Final}); err != nil {
					t.Fatal(err)
				}
			}
			if got := m.seqs(1); !slices.Equal(got, row.want) {
				t.Errorf("committed view shows %v, want %v", got, row.want)
			}
			if got := m.seqs(2); !slices.Equal(got, []int64{1, 2, 3, 4, 5, 6}) {
				t.Errorf("uncommitted view shows %v", got)
			}
			var end int64
			for _, offset := range m.ends[1].Ends {
				end = max(end, offset)
			}
			if end != 9 {
				t.Errorf("the end is %d, want 9: six records and three markers", end)
			}
		})
	}
}

func TestFinalReadIsUnsoundBehindAnOpenTransaction(t *testing.T) {
	_, e := cluster(t)
	create(t, e, "log", 1)
	open := transactional(t, e, "open")
	begin(t, open, 1)
	transact(t, transactional(t, e, "other"), kgo.TryCommit, 2)

	m := newMemory()
	r := &Reader{Endpoint: e, Topic: "log", Run: "run", Recorder: m, Clock: history.NewClock(), Stall: 2 * time.Second}
	err := r.Observe(bounded(t), history.Session{Session: 1, View: history.Committed, Purpose: history.Final})
	if err == nil || !strings.Contains(err.Error(), "open transaction still hides partition 0 from offset 0 to 3") {
		t.Errorf("got %v", err)
	}
	if m.ends[1].Error == "" {
		t.Error("the end of the session does not tell")
	}
	if err := r.Observe(bounded(t), history.Session{Session: 2, View: history.Uncommitted, Purpose: history.Final}); err != nil {
		t.Errorf("the uncommitted view waits for no transaction: %v", err)
	}

	// The transaction ends while the final read waits for it.
	r.Stall = testTimeout
	done := make(chan error, 1)
	go func() {
		done <- r.Observe(bounded(t), history.Session{Session: 3, View: history.Committed, Purpose: history.Final})
	}()
	if err := open.EndTransaction(bounded(t), kgo.TryCommit); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got := m.seqs(3); !slices.Equal(got, []int64{1, 2}) {
		t.Errorf("saw %v after the transaction ended", got)
	}
}

func TestFinalReadEndsAtTheEndThatItFixed(t *testing.T) {
	c, e := cluster(t)
	create(t, e, "log", 1)
	cl, err := NewClient(e, "test", kgo.DefaultProduceTopic("log"))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	write := func(seq int64) {
		if err := cl.ProduceSync(bounded(t), &kgo.Record{Value: value("k", seq)}).FirstErr(); err != nil {
			t.Error(err)
		}
	}
	write(1)
	write(2)
	// A record arrives after the end was listed and before the first fetch: the
	// fetch waits until it was written.
	written := make(chan struct{})
	var once bool
	c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Topic: "log", When: func(kmsg.Request) bool {
		if !once {
			once = true
			go func() { write(3); close(written) }()
		}
		select {
		case <-written:
			return false
		default:
			return true
		}
	}, Err: kerr.NotLeaderForPartition, Count: -1})

	m := newMemory()
	r := &Reader{Endpoint: e, Topic: "log", Run: "run", Recorder: m, Clock: history.NewClock()}
	if err := r.Observe(bounded(t), history.Session{Session: 1, View: history.Committed, Purpose: history.Final}); err != nil {
		t.Fatal(err)
	}
	if got := m.seqs(1); !slices.Equal(got, []int64{1, 2}) {
		t.Errorf("saw %v, want the two that were there when the read began", got)
	}
}

func TestFinalReadOfNothing(t *testing.T) {
	_, e := cluster(t)
	create(t, e, "log", 3)
	m := newMemory()
	r := &Reader{Endpoint: e, Topic: "log", Run: "run", Recorder: m, Clock: history.NewClock(), Stall: 2 * time.Second}
	if err := r.Observe(bounded(t), history.Session{Session: 1, View: history.Committed, Purpose: history.Final}); err != nil {
		t.Errorf("an empty topic is read whole: %v", err)
	}
	if len(m.ends[1].Ends) != 3 {
		t.Errorf("ends are %v", m.ends[1].Ends)
	}
	r.Topic = "absent"
	err := r.Observe(bounded(t), history.Session{Session: 2, View: history.Committed, Purpose: history.Final})
	if err == nil || m.ends[2].Error == "" {
		t.Errorf("a topic that is not there was read soundly: %v", err)
	}
}

func TestObservationsTellOursFromOthers(t *testing.T) {
	_, e := cluster(t)
	create(t, e, "log", 1)
	cl, err := NewClient(e, "test", kgo.DefaultProduceTopic("log"))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	flipped := value("k", 1)
	flipped[len(flipped)-1] ^= 1
	fanned := workload.AppendValue(nil, workload.Value{Run: "run", Key: []byte("k"), Seq: 1, Index: 2}, 0)
	foreign := workload.AppendValue(nil, workload.Value{Run: "other", Key: []byte("k"), Seq: 1}, 0)
	fence := value("~fence-1", 4)
	for _, text := range [][]byte{value("k", 1), flipped, fanned, foreign, []byte("hello"), nil, fence} {
		if err := cl.ProduceSync(bounded(t), &kgo.Record{Value: text}).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	m := newMemory()
	r := &Reader{Endpoint: e, Topic: "log", Run: "run", Recorder: m, Clock: history.NewClock()}
	if err := r.Observe(bounded(t), history.Session{Session: 1, View: history.Committed, Purpose: history.Final}); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range m.observations[1] {
		got = append(got, fmt.Sprintf("%d %s/%d/%d corrupt=%v fence=%v", o.Offset, m.text(o.Key), o.Seq, o.Index, o.Corrupt, o.Fence))
	}
	want := []string{
		"0 k/1/0 corrupt=false fence=false",
		"1 /0/0 corrupt=true fence=false",
		"2 k/1/2 corrupt=false fence=false",
		"3 other:k/1/0 corrupt=false fence=false", // a key that no load has: phantom
		"4 /0/0 corrupt=true fence=false",
		"5 /0/0 corrupt=true fence=false",
		"6 ~fence-1/4/0 corrupt=false fence=true",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestObservationsCarryTheAppendTimeOfTheLog(t *testing.T) {
	c, e := cluster(t)
	create(t, e, "created", 1)
	create(t, e, "appended", 1)
	m, clock := newMemory(), history.NewClock()
	for i, topic := range []string{"created", "appended"} {
		id := uint32(i + 1)
		if topic == "appended" {
			stampAppendTime(c)
		}
		cl, err := NewClient(e, "test", kgo.DefaultProduceTopic(topic), kgo.ProducerBatchCompression(kgo.NoCompression()))
		if err != nil {
			t.Fatal(err)
		}
		defer cl.Close()
		// The producer's own timestamp must not pass for the log's.
		r := &kgo.Record{Value: value("k", 1), Timestamp: time.UnixMilli(12345)}
		if err := cl.ProduceSync(bounded(t), r).FirstErr(); err != nil {
			t.Fatal(err)
		}
		reader := &Reader{Endpoint: e, Topic: topic, Run: "run", Recorder: m, Clock: clock}
		// The fake cluster stamps a batch and leaves its checksum as it was.
		reader.opts = []kgo.Opt{kgo.DisableFetchCRCValidation()}
		if err := reader.Observe(bounded(t), history.Session{Session: id, View: history.Committed, Purpose: history.Final}); err != nil {
			t.Fatal(err)
		}
	}
	if got := m.observations[1][0].Append; got != 0 {
		t.Errorf("a topic with creation times has append time %d", got)
	}
	if got := time.UnixMilli(m.observations[2][0].Append); got.Before(clock.Began().Add(-time.Second)) || got.After(time.Now()) {
		t.Errorf("the append time is %v", got)
	}
}

// stampAppendTime makes the fake cluster stamp batches as a broker does for
// LogAppendTime: it does so only for batches that say it themselves.
func stampAppendTime(c *kfake.Cluster) {
	const crc, attributes = 17, 21 // positions in a batch of format 2
	table := crc32.MakeTable(crc32.Castagnoli)
	c.ControlKey(int16(kmsg.Produce), func(r kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		for _, t := range r.(*kmsg.ProduceRequest).Topics {
			for _, p := range t.Partitions {
				p.Records[attributes+1] |= 1 << 3
				binary.BigEndian.PutUint32(p.Records[crc:], crc32.Checksum(p.Records[attributes:], table))
			}
		}
		return nil, nil, false
	})
}

func TestDataLossOfTheReaderMakesItUnsound(t *testing.T) {
	fetches := func(err error) kgo.Fetches {
		return kgo.Fetches{{Topics: []kgo.FetchTopic{{Topic: "log", Partitions: []kgo.FetchPartition{{Partition: 2, Err: err}}}}}}
	}
	for _, row := range []struct {
		reason string
		err    error
		want   string
	}{
		{"nothing wrong", nil, ""},
		{"the poll was ended", fmt.Errorf("poll: %w", context.Canceled), ""},
		{"the client lost data", &kgo.ErrDataLoss{Topic: "log", Partition: 2, ConsumedTo: 9, ResetTo: 4}, "own client reports lost data"},
		{"the broker refuses", kerr.TopicAuthorizationFailed, "partition 2: TOPIC_AUTHORIZATION_FAILED"},
	} {
		err := fetchError(fetches(row.err))
		if row.want == "" && err != nil || row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)) {
			t.Errorf("%s: got %v, want it to say %q", row.reason, err, row.want)
		}
	}
}

func TestReaderSaysWhatItIs(t *testing.T) {
	r := &Reader{}
	if r.Position() != workload.LogPosition || r.Destructive() || r.Snapshot() {
		t.Error("a log has positions, can be read again, and is no snapshot")
	}
}
