package kafka

import (
	"encoding/binary"

	"github.com/twmb/franz-go/pkg/kmsg"

	"surety/topologies/wire"
)

// lastFetch is the newest version of Fetch whose answers are known.
var lastFetch = new(kmsg.FetchResponse).MaxVersion()

// carryFetch passes the answer to a Fetch on while it comes, up to what stands
// behind all records: where the leaders are, if some moved.
func (c *conversation) carryFetch(h wire.Head, size int64, s *wire.Stream) error {
	if h.Version > lastFetch {
		return s.Pass(size)
	}
	w := &walk{s: s, left: size}
	w.skip(correlationAt)
	w.tags()
	w.skip(4 + 2 + 4) // throttle, error, session
	w.each(w.list(), func() {
		w.skip(16) // topic id
		w.each(w.list(), func() {
			w.skip(4 + 2 + 8 + 8 + 8) // partition, error, high watermark, last stable offset, log start
			w.each(w.list(), func() { // aborted transactions
				w.skip(8 + 8)
				w.tags()
			})
			w.skip(4) // preferred replica
			w.skip(w.list())
			w.tags()
		})
		w.tags()
	})
	if w.err != nil {
		return w.err
	}
	if w.lost || w.left > maxHints {
		return s.Pass(w.left)
	}
	rest, err := s.Need(int(w.left))
	if err != nil {
		return err
	}
	c.hint(rest)
	return s.Pass(w.left)
}

// maxHints bounds what may stand behind the records.
const maxHints = 64 << 10

// hint writes the client's addresses into the last fields of an answer to a Fetch,
// in place: its size went ahead. Where an address of another length would be needed
// the field gets a number that no client knows, and the client asks for metadata.
func (c *conversation) hint(tags []byte) {
	count, n := binary.Uvarint(tags)
	if n <= 0 {
		return
	}
	at := n
	for range count {
		tag, n := binary.Uvarint(tags[at:])
		if n <= 0 {
			return
		}
		size, m := binary.Uvarint(tags[at+n:])
		end := at + n + m + int(min(size, uint64(len(tags)))) //nolint:gosec // bounded by the length
		if m <= 0 || end > len(tags) {
			return
		}
		if tag == 0 && n == 1 && !c.relocate(tags[at+n+m:end]) {
			tags[at] = unknownTag
		}
		at = end
	}
}

const unknownTag = 0x7f

// relocate changes a list of brokers in place; false is a list that cannot be.
func (c *conversation) relocate(b []byte) bool {
	length, n := binary.Uvarint(b)
	if n <= 0 || length == 0 {
		return true
	}
	at := n
	for range length - 1 {
		at += 4 // id
		if at > len(b) {
			return false
		}
		size, n := binary.Uvarint(b[at:])
		at += n
		if n <= 0 || size == 0 || size-1 > uint64(len(b)) || at+int(size-1)+4 > len(b) { //nolint:gosec // bounded by the length
			return false
		}
		host := b[at : at+int(size-1)] //nolint:gosec // as above
		port := b[at+len(host) : at+len(host)+4]
		at += len(host) + 4
		if to, p, ok := c.seen(string(host), int32(binary.BigEndian.Uint32(port))); ok { //nolint:gosec // as it was written
			if len(to) != len(host) {
				return false
			}
			copy(host, to)
			binary.BigEndian.PutUint32(port, uint32(p)) //nolint:gosec // a port
		}
		rack, n := binary.Uvarint(b[at:])
		at += n
		if n <= 0 || rack > uint64(len(b)) {
			return false
		}
		at += int(max(rack, 1) - 1) //nolint:gosec // as above
		if at > len(b) {
			return false
		}
		rest, ok := skipTags(b[at:])
		if !ok {
			return false
		}
		at = len(b) - len(rest)
	}
	return true
}

// walk steps through a message of known size that streams by. Where the message is
// not what it should be, or the stream ends, further steps do nothing.
type walk struct {
	s    *wire.Stream
	left int64
	lost bool  // what comes is not understood
	err  error // of the stream
}

func (w *walk) on() bool { return !w.lost && w.err == nil }

func (w *walk) each(n int64, step func()) {
	for ; n > 0 && w.on(); n-- {
		step()
	}
}

func (w *walk) skip(n int64) {
	if w.lost = w.lost || n > w.left; w.on() {
		w.left -= n
		w.err = w.s.Pass(n)
	}
}

func (w *walk) number() int64 {
	for n := 1; w.on(); n++ {
		if int64(n) > w.left || n > binary.MaxVarintLen32 {
			w.lost = true
			break
		}
		b, err := w.s.Need(n)
		if err != nil {
			w.err = err
			break
		}
		if b[n-1] < 0x80 {
			v, _ := binary.Uvarint(b)
			w.skip(int64(n))
			return int64(v) //nolint:gosec // of at most 5 bytes
		}
	}
	return 0
}

// list is the length of a list, or of bytes; that of none is 0.
func (w *walk) list() int64 { return max(w.number(), 1) - 1 }

func (w *walk) tags() {
	w.each(w.number(), func() {
		w.number()
		w.skip(w.number())
	})
}
