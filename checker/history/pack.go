package history

import "encoding/binary"

// deltas is what the packed kinds are written against. It starts at zero in each
// block, and writer and reader move it in the same way.
type deltas struct {
	at     Nanos
	intent struct {
		attempt, tx uint64
		seq, event  int64
	}
	outcome     uint64 // attempt
	observation struct{ seq, append, event int64 }
	offsets     [64]int64 // last offset of a slot; a collision costs bytes, nothing else
}

// slot spreads the partitions that one session reads, or all writers fill.
func slot(session uint32, partition int32) uint32 {
	return (session*13 + uint32(partition)) % 64 //nolint:gosec // a hash
}

func appendSigned(b []byte, v int64) []byte {
	return binary.AppendUvarint(b, uint64(v)<<1^uint64(v>>63)) //nolint:gosec // zigzag
}

// start begins a record whose body is shorter than 128 bytes, as those of the
// packed kinds always are: at most eleven varints, most of them of few bits.
func start(b []byte, k Kind) ([]byte, int) {
	b = append(b, byte(k), 0)
	return b, len(b)
}

func finish(b []byte, body int) []byte {
	b[body-1] = byte(len(b) - body) //nolint:gosec // below 128, see start
	return b
}

// Differences wrap around, so every value of a field survives the round trip.

func (d *deltas) appendIntent(b []byte, v *Intent) []byte {
	b, body := start(b, KindIntent)
	b = appendSigned(b, int64(v.Attempt-d.intent.attempt)) //nolint:gosec // wraps
	b = binary.AppendUvarint(b, uint64(v.Writer))
	b = binary.AppendUvarint(b, uint64(v.Key))
	b = appendSigned(b, v.Seq-d.intent.seq)
	b = appendSigned(b, int64(v.Tx-d.intent.tx)) //nolint:gosec // wraps
	b = appendSigned(b, int64(v.At-d.at))
	b = appendSigned(b, int64(v.At-v.Intended))
	if v.Event != 0 || v.Term != 0 {
		b = appendSigned(b, v.Event-d.intent.event)
		b = appendSigned(b, v.Term)
	}
	d.at = v.At
	d.intent.attempt, d.intent.seq, d.intent.tx, d.intent.event = v.Attempt, v.Seq, v.Tx, v.Event
	return finish(b, body)
}

func (d *deltas) readIntent(c *cursor, v *Intent) {
	v.Attempt = d.intent.attempt + uint64(c.signed()) //nolint:gosec // wraps
	v.Writer = c.uint32()
	v.Key = Name(c.uint32())
	v.Seq = d.intent.seq + c.signed()
	v.Tx = d.intent.tx + uint64(c.signed()) //nolint:gosec // wraps
	v.At = d.at + Nanos(c.signed())
	v.Intended = v.At - Nanos(c.signed())
	v.Event, v.Term = 0, 0
	if c.more() { // not in a file of an older version, nor where there is none
		v.Event = d.intent.event + c.signed()
		v.Term = c.signed()
	}
	d.at = v.At
	d.intent.attempt, d.intent.seq, d.intent.tx, d.intent.event = v.Attempt, v.Seq, v.Tx, v.Event
}

func (d *deltas) appendOutcome(b []byte, v *Outcome) []byte {
	last := &d.offsets[slot(0, v.Partition)]
	b, body := start(b, KindOutcome)
	b = appendSigned(b, int64(v.Attempt-d.outcome)) //nolint:gosec // wraps
	b = append(b, byte(v.Class))
	b = appendSigned(b, int64(v.Partition))
	b = appendSigned(b, v.Offset-*last)
	b = binary.AppendUvarint(b, uint64(v.Reason))
	b = appendSigned(b, int64(v.At-d.at))
	d.outcome, d.at, *last = v.Attempt, v.At, v.Offset
	return finish(b, body)
}

func (d *deltas) readOutcome(c *cursor, v *Outcome) {
	v.Attempt = d.outcome + uint64(c.signed()) //nolint:gosec // wraps
	v.Class = OutcomeClass(c.byte())
	c.bad = c.bad || v.Class > Failed
	v.Partition = c.int32()
	last := &d.offsets[slot(0, v.Partition)]
	v.Offset = *last + c.signed()
	v.Reason = Name(c.uint32())
	v.At = d.at + Nanos(c.signed())
	d.outcome, d.at, *last = v.Attempt, v.At, v.Offset
}

// The flags of an observation.
const (
	flagCorrupt = 1 << iota
	flagFence
	flagAltered
	flagValue // a value stands behind the time
	flagEvent // and behind it an event time
	flagFirst
)

func (d *deltas) appendObservation(b []byte, v *Observation) []byte {
	last := &d.offsets[slot(v.Session, v.Partition)]
	var flags byte
	if v.Corrupt {
		flags |= flagCorrupt
	}
	if v.Fence {
		flags |= flagFence
	}
	if v.Altered {
		flags |= flagAltered
	}
	if v.Valued {
		flags |= flagValue
	}
	if v.Event != 0 {
		flags |= flagEvent
	}
	if v.First {
		flags |= flagFirst
	}
	b, body := start(b, KindObservation)
	b = binary.AppendUvarint(b, uint64(v.Session))
	b = appendSigned(b, int64(v.Partition))
	b = appendSigned(b, v.Offset-*last)
	b = binary.AppendUvarint(b, uint64(v.Key))
	b = appendSigned(b, v.Seq-d.observation.seq)
	b = appendSigned(b, int64(v.Index))
	b = append(b, flags)
	b = appendSigned(b, v.Append-d.observation.append)
	b = appendSigned(b, int64(v.At-d.at))
	if v.Valued {
		b = appendSigned(b, v.Value)
	}
	if v.Event != 0 {
		b = appendSigned(b, v.Event-d.observation.event)
	}
	d.at, *last = v.At, v.Offset
	d.observation.seq, d.observation.append, d.observation.event = v.Seq, v.Append, v.Event
	return finish(b, body)
}

func (d *deltas) readObservation(c *cursor, v *Observation) {
	v.Session = c.uint32()
	v.Partition = c.int32()
	last := &d.offsets[slot(v.Session, v.Partition)]
	v.Offset = *last + c.signed()
	v.Key = Name(c.uint32())
	v.Seq = d.observation.seq + c.signed()
	v.Index = c.int32()
	flags := c.byte()
	v.Corrupt = flags&flagCorrupt != 0
	v.Fence = flags&flagFence != 0
	v.First = flags&flagFirst != 0
	v.Append = d.observation.append + c.signed()
	v.At = d.at + Nanos(c.signed())
	v.Altered = flags&flagAltered != 0
	v.Valued = flags&flagValue != 0
	v.Value, v.Event = 0, 0
	if v.Valued {
		v.Value = c.signed()
	}
	if flags&flagEvent != 0 {
		v.Event = d.observation.event + c.signed()
	}
	d.at, *last = v.At, v.Offset
	d.observation.seq, d.observation.append, d.observation.event = v.Seq, v.Append, v.Event
}
