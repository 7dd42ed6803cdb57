package checker

import (
	"slices"

	"surety/checker/history"
)

// orderWindow is how many later sends of a writer one without an answer may hold
// up; beyond it, the send is left out of the order.
const orderWindow = 1 << 18

// sendOrder puts the answers of each writer back into the order of its sends, and
// finds where their offsets do not rise.
type sendOrder struct {
	writers map[uint32]*sendQueue
	last    *sendQueue // of writer
	writer  uint32
	back    func(prev, s *placedSend) // offset of s not above that of prev
}

type sendQueue struct {
	queue []placedSend // by attempt; the head is at first
	first int
	last  parts[placedSend]
}

// placedSend is a send on its way through the order.
type placedSend struct {
	attempt, tx uint64
	settled     bool
	part        int32
	entry       entry
	offset      int64
	at          history.Nanos
}

func (o *sendOrder) of(writer uint32) *sendQueue {
	if o.last != nil && o.writer == writer {
		return o.last
	}
	q := o.writers[writer]
	if q == nil {
		q = &sendQueue{}
		o.writers[writer] = q
	}
	o.last, o.writer = q, writer
	return q
}

func (o *sendOrder) sent(in *history.Intent) {
	q := o.of(in.Writer)
	if n := len(q.queue); n > q.first && q.queue[n-1].attempt >= in.Attempt {
		return // numbers rise; this one has no place
	}
	q.queue = append(q.queue, placedSend{attempt: in.Attempt})
	if len(q.queue)-q.first > orderWindow {
		q.first++
		o.drain(q)
	}
}

// settled takes a send that is acknowledged at an offset, or none.
func (o *sendOrder) settled(s *attempt, ok bool) {
	q := o.of(s.writer)
	waiting := q.queue[q.first:]
	i := 0
	if len(waiting) > 0 && waiting[0].attempt != s.no {
		i, _ = slices.BinarySearchFunc(waiting, s.no, func(p placedSend, n uint64) int {
			if p.attempt < n {
				return -1
			} else if p.attempt > n {
				return 1
			}
			return 0
		})
	}
	if i == len(waiting) || waiting[i].attempt != s.no {
		return
	}
	p := &waiting[i]
	p.tx, p.settled, p.part = s.tx, true, -1
	if ok && s.located() {
		p.part, p.offset, p.entry, p.at = s.part, s.offset, s.entry(), s.at
	}
	if i == 0 {
		o.drain(q)
	}
}

func (o *sendOrder) drain(q *sendQueue) {
	for ; q.first < len(q.queue) && q.queue[q.first].settled; q.first++ {
		s := &q.queue[q.first]
		if s.part < 0 {
			continue
		}
		prev := q.last.find(s.part)
		switch {
		case prev == nil:
			prev = new(placedSend)
			q.last.set(s.part, prev)
		case s.offset <= prev.offset:
			o.back(prev, s)
		}
		*prev = *s
	}
	if q.first == len(q.queue) {
		q.queue, q.first = q.queue[:0], 0
	} else if q.first > len(q.queue)/2 && q.first > 64 {
		q.queue, q.first = append(q.queue[:0], q.queue[q.first:]...), 0
	}
}
