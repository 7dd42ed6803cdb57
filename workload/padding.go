package workload

import (
	"bytes"
	"hash/crc32"
)

// longPadding is from how many bytes on it pays to leave the padding of a value where
// it is. Below, its table would be slower than the checksum itself.
const longPadding = 256

// padding is the part of long values that is the same in all of them: written once
// into the memory of a record, and never read again for the checksum, which is an
// affine function of the checksum of what stands before.
type padding struct {
	from, to int // in the value
	text     []byte
	of0      uint32
	of       [4][256]uint32 // by byte of the checksum before
}

// newPadding gives the padding between two places of a value; nil where it is too
// short to be worth it.
func newPadding(from, to int) *padding {
	if to-from < longPadding {
		return nil
	}
	text := dots(to - from)
	p := &padding{from: from, to: to, text: text}
	p.of0 = crc32.Update(0, castagnoli, text)
	for i := range p.of {
		for bit := range 8 {
			one := crc32.Update(1<<(8*i+bit), castagnoli, text) ^ p.of0
			for b := 1 << bit; b < 1<<(bit+1); b++ {
				p.of[i][b] = p.of[i][b-1<<bit] ^ one
			}
		}
	}
	return p
}

// sum is the checksum of something with this one, followed by the padding.
func (p *padding) sum(before uint32) uint32 {
	return p.of0 ^ p.of[0][before&0xff] ^ p.of[1][before>>8&0xff] ^ p.of[2][before>>16&0xff] ^ p.of[3][before>>24]
}

// dots is what values are filled up with.
func dots(n int) []byte { return bytes.Repeat([]byte{'.'}, n) }
