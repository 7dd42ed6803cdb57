package kafka

import (
	"errors"

	"github.com/twmb/franz-go/pkg/kgo"

	"surety/checker/history"
	"surety/workload"
)

// observer turns the fetched records of one session into observations. It is
// used by one goroutine.
type observer struct {
	*Reader
	session history.Session
	names   map[string]history.Name // spares the recorder's lock and an allocation a record
}

func (r *Reader) observer(s history.Session) *observer {
	return &observer{Reader: r, session: s, names: map[string]history.Name{}}
}

// observe records one fetched record. Control records are none.
func (o *observer) observe(rec *kgo.Record) {
	if rec.Attrs.IsControl() {
		return
	}
	at := o.Clock.Now()
	ob := history.Observation{Session: o.session.Session, Partition: rec.Partition, Offset: rec.Offset, At: at}
	if o.AppendTimes || rec.Attrs.TimestampType() == logAppendTime {
		ob.Append = rec.Timestamp.UnixMilli()
	}
	v, err := workload.ParseValue(rec.Value, o.Run)
	switch {
	case err == nil:
		ob.Key, ob.Seq, ob.Index = o.name(v.Key), v.Seq, v.Index
		ob.Fence = workload.IsFence(v.Key)
	case errors.Is(err, workload.ErrWrongRun):
		// A whole record that this run never wrote: a key that no load can have
		// makes it a phantom and never a sighting.
		ob.Key, ob.Seq, ob.Index = o.Recorder.Name(v.Run+":"+string(v.Key)), v.Seq, v.Index
	default:
		ob.Corrupt = true
	}
	o.Recorder.Observation(ob)

	if o.session.Purpose != history.Tail || err != nil {
		return
	}
	if ob.Fence {
		if o.Fences != nil {
			o.Fences.Seen(o.session.Sink, v.Key, v.Seq, at)
		}
		return
	}
	if o.Tracker != nil {
		o.Tracker.Seen(v.Key, v.Seq, at)
	}
	if o.Progress != nil {
		o.Progress.Seen.Add(1)
	}
}

const logAppendTime = 1 // timestamp type of a batch: the broker's append time

func (o *observer) name(key []byte) history.Name {
	n, ok := o.names[string(key)]
	if !ok {
		n = o.Recorder.Name(string(key))
		o.names[string(key)] = n
	}
	return n
}
