package kafka

import (
	"bytes"
	"errors"

	"github.com/twmb/franz-go/pkg/kgo"

	"surety/checker/history"
	"surety/workload"
)

// observer turns the fetched records of one session into observations. It is
// used by one goroutine.
type observer struct {
	*Reader
	session      history.Session
	live         bool // what it sees tells how far the system is
	plain        bool // records are values, and nothing around them
	parser       *workload.Parser
	keys         map[string]key // spares locks and allocations a record
	observations []history.Observation
	sightings    []workload.Sighting
}

// key is what is known of a key once it was seen.
type key struct {
	name    history.Name
	fence   bool
	tracked workload.TrackedKey
}

// observeTogether bounds the records that are recorded in one call.
const observeTogether = 512

func (r *Reader) observer(s history.Session) *observer {
	return &observer{
		Reader: r, session: s, plain: r.Reading == (workload.Reading{}) && r.Template == nil, parser: workload.NewParser(r.Run), keys: map[string]key{},
		observations: make([]history.Observation, 0, observeTogether),
		sightings:    make([]workload.Sighting, 0, observeTogether),
	}
}

// observe records what one poll fetched of one partition, all at the present time.
// Control records are none.
func (o *observer) observe(records []*kgo.Record) {
	at, first := o.Clock.Now(), true
	for _, rec := range records {
		if rec.Attrs.IsControl() {
			continue
		}
		if len(o.observations) == observeTogether {
			o.record(at)
		}
		o.look(rec, at, first)
		first = false
	}
	o.record(at)
}

func (o *observer) look(rec *kgo.Record, at history.Nanos, first bool) {
	n := len(o.observations) // below observeTogether
	o.observations = o.observations[:n+1]
	ob := &o.observations[n]
	*ob = history.Observation{Session: o.session.Session, Partition: rec.Partition, Offset: rec.Offset, First: first, At: at}
	if o.AppendTimes || rec.Attrs.TimestampType() == logAppendTime {
		ob.Append = rec.Timestamp.UnixMilli()
	}
	var v workload.Reads
	err := o.read(rec, &v)
	switch {
	case err == nil:
		k := o.known(v.Key)
		ob.Key, ob.Seq, ob.Index, ob.Fence = k.name, v.Seq, v.Index, k.fence
		ob.Valued, ob.Value, ob.Event = v.Valued, v.Number, v.At
		ob.Altered = o.Correlate && !correlated(rec, v.Value)
		if o.Terms && o.session.View == history.Input {
			ob.Valued, ob.Value, ob.Event = true, v.Term(), v.Event
		}
		switch {
		case !o.live:
		case !ob.Fence:
			o.sightings = append(o.sightings, workload.Sighting{Key: k.tracked, Seq: v.Seq, Index: v.Index})
		case o.Fences != nil:
			o.Fences.Seen(o.session.Sink, v.Key, v.Seq, at)
		}
		if v.Result {
			if v.Of != string(v.Key) {
				ob.Seq = 0
			}
			ob.Key, ob.Index = o.known([]byte(v.Of)).name, 0
		}
	case errors.Is(err, workload.ErrWrongRun):
		// A whole record that this run never wrote: a key that no load can have
		// makes it a phantom and never a sighting.
		ob.Key, ob.Seq, ob.Index = o.Recorder.Name(v.Run+":"+string(v.Key)), v.Seq, v.Index
	default:
		ob.Corrupt = true
		if o.live {
			o.Unreadable.Add(rec.Value, err)
		}
	}
}

// read tells what a record says.
func (o *observer) read(rec *kgo.Record, v *workload.Reads) (err error) {
	if o.plain && (len(rec.Value) == 0 || rec.Value[0] != workload.PoisonMark) {
		return o.parser.Parse(rec.Value, &v.Value)
	}
	written := workload.Written{Run: o.Run, Template: o.Template}
	*v, err = o.Reading.Parse(rec.Value, func(name string) []byte { return headerOf(rec, name) }, written)
	return err
}

// headerOf is the last header of that name, as Kafka's own clients take it.
func headerOf(rec *kgo.Record, name string) (value []byte) {
	for _, h := range rec.Headers {
		if h.Key == name {
			value = h.Value
		}
	}
	return value
}

// correlated tells whether a record has the correlation id of what it says it is, once.
func correlated(rec *kgo.Record, v workload.Value) bool {
	n, same := 0, false
	for _, h := range rec.Headers {
		if h.Key == workload.CorrelationHeader {
			n, same = n+1, bytes.Equal(h.Value, workload.AppendCorrelation(nil, v.Key, v.Seq))
		}
	}
	return n == 1 && same
}

func (o *observer) known(text []byte) key {
	k, known := o.keys[string(text)]
	if !known {
		k = o.meet(text)
	}
	return k
}

// meet gets to know a key.
func (o *observer) meet(text []byte) key {
	k := key{name: o.Recorder.Name(string(text)), fence: workload.IsFence(text)}
	if o.Tracker != nil && !k.fence {
		k.tracked = o.Tracker.Key(text)
	}
	o.keys[string(text)] = k
	return k
}

// record hands on what was observed.
func (o *observer) record(at history.Nanos) {
	o.Recorder.Observations(o.observations)
	if o.Tracker != nil {
		o.Tracker.SeenAll(o.sightings, at)
	}
	if o.Progress != nil {
		o.Progress.Seen.Add(int64(len(o.sightings)))
	}
	o.observations, o.sightings = o.observations[:0], o.sightings[:0]
}

const logAppendTime = 1 // timestamp type of a batch: the broker's append time
