package history

import (
	"encoding/binary"
	"hash/crc32"
)

// The file is
//
//	magic (8 bytes) | format (u32)
//	block, block, ...
//
// and a block is
//
//	length of payload (u32) | CRC-32C of payload (u32) | CRC-32C of these 8 bytes (u32) | payload
//
// all little-endian. The first payload is the header as JSON. Every other one is
// a row of records:
//
//	kind (1 byte) | length of body (uvarint) | body
//
// The lengths have a checksum of their own, so that a damaged length is told
// from a file that ends early. A body may be longer than its reader knows: new
// fields go to the end. Deltas start afresh in each block; only names reach
// across blocks.
const (
	magic       = "surety\r\n" // line end conversion breaks it
	prefixSize  = len(magic) + 4
	blockHeader = 12
	blockFill   = 64 << 10 // a block is written when it holds this much
	maxBlock    = 16 << 20 // bound of a payload, for the writer and the reader
	maxBody     = maxBlock - 1 - binary.MaxVarintLen32
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendPrefix starts a file.
func appendPrefix(b []byte) []byte {
	b = append(b, magic...)
	return binary.LittleEndian.AppendUint32(b, Format)
}

// sealBlock fills in the header of a block whose payload starts at blockHeader.
func sealBlock(block []byte) {
	payload := block[blockHeader:]
	binary.LittleEndian.PutUint32(block[0:], uint32(len(payload))) //nolint:gosec // bounded by maxBlock
	binary.LittleEndian.PutUint32(block[4:], crc32.Checksum(payload, castagnoli))
	binary.LittleEndian.PutUint32(block[8:], crc32.Checksum(block[:8], castagnoli))
}
