package history

import (
	"encoding/binary"
	"math"
)

// cursor reads the fields of one body. Reading past the end, or a value outside
// its field, sets bad and yields zeros: the caller asks once, at the end.
type cursor struct {
	b   []byte
	at  int // of the next byte
	bad bool
}

// more says whether the body has further fields.
func (c *cursor) more() bool { return c.at < len(c.b) }

func (c *cursor) byte() byte {
	if c.at >= len(c.b) {
		c.bad = true
		return 0
	}
	c.at++
	return c.b[c.at-1]
}

// uvarint knows the lengths that most fields have.
func (c *cursor) uvarint() uint64 {
	b := c.b[c.at:]
	switch {
	case len(b) > 0 && b[0] < 0x80:
		c.at++
		return uint64(b[0])
	case len(b) > 1 && b[1] < 0x80:
		c.at += 2
		return uint64(b[0]&0x7f) | uint64(b[1])<<7
	case len(b) > 2 && b[2] < 0x80:
		c.at += 3
		return uint64(b[0]&0x7f) | uint64(b[1]&0x7f)<<7 | uint64(b[2])<<14
	}
	v, n := binary.Uvarint(b)
	if n <= 0 {
		c.bad, c.at = true, len(c.b)
		return 0
	}
	c.at += n
	return v
}

func (c *cursor) signed() int64 {
	v := c.uvarint()
	return int64(v>>1) ^ -int64(v&1) //nolint:gosec // zigzag
}

func (c *cursor) uint32() uint32 {
	v := c.uvarint()
	if v > math.MaxUint32 {
		c.bad = true
	}
	return uint32(v) //nolint:gosec // checked
}

func (c *cursor) int32() int32 {
	v := c.signed()
	if v != int64(int32(v)) { //nolint:gosec // this is the check
		c.bad = true
	}
	return int32(v) //nolint:gosec // checked
}
