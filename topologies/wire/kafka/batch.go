package kafka

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"iter"

	"github.com/twmb/franz-go/pkg/kmsg"

	"surety/topologies"
	"surety/topologies/wire"
)

// Where a record batch of format 2 has what (KIP-98).
const (
	batchLength     = 8 // of all that follows it
	batchMagic      = 16
	batchCRC        = 17 // of all that follows it
	batchAttributes = 21
	batchEpoch      = 51
	batchCount      = 57
	batchRecords    = 61

	compressed = 0x07
	control    = 0x20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// batches splits records into whole batches of format 2; older formats have none.
func batches(records []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for len(records) >= batchRecords && records[batchMagic] == 2 {
			size := int64(int32(binary.BigEndian.Uint32(records[batchLength:]))) + batchLength + 4 //nolint:gosec // as it was written
			if size < batchRecords || size > int64(len(records)) || !yield(records[:size]) {
				return
			}
			records = records[size:]
		}
	}
}

// produced are the batches of a request.
func produced(r *kmsg.ProduceRequest) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for _, t := range r.Topics {
			for _, p := range t.Partitions {
				for b := range batches(p.Records) {
					if !yield(b) {
						return
					}
				}
			}
		}
	}
}

// fetched are the batches of an answer.
func fetched(r *kmsg.FetchResponse) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for _, t := range r.Topics {
			for _, p := range t.Partitions {
				for b := range batches(p.RecordBatches) {
					if !yield(b) {
						return
					}
				}
			}
		}
	}
}

// Answers implements wire.Conversation.
func (c *conversation) Answers(h wire.Head) bool { return h.Kind == int16(kmsg.Fetch) }

// Corrupt implements wire.Conversation: the first batch that has records of the
// user is broken.
func (c *conversation) Corrupt(h wire.Head, frame []byte, answer bool, how string) ([]byte, int, error) {
	out := append([]byte(nil), frame...)
	var all iter.Seq[[]byte]
	if answer {
		resp, _, err := response(h, out)
		if err != nil {
			return nil, 0, err
		}
		all = fetched(resp.(*kmsg.FetchResponse))
	} else {
		req, err := request(h, out)
		if err != nil {
			return nil, 0, err
		}
		all = produced(req.(*kmsg.ProduceRequest))
	}
	for b := range all { // parts of out: decoding copies no records
		if binary.BigEndian.Uint16(b[batchAttributes:])&control == 0 && damage(b, how) {
			return out, 1, nil
		}
	}
	return frame, 0, nil
}

// damage breaks one batch in place.
func damage(b []byte, how string) bool {
	if how == topologies.BrokenCRC {
		b[batchCRC] ^= 0xff
		return true
	}
	payload := b[batchRecords:]
	if binary.BigEndian.Uint16(b[batchAttributes:])&compressed == 0 {
		var err error
		if payload, err = firstValue(payload); err != nil {
			return false
		}
	}
	if len(payload) == 0 {
		return false
	}
	for i := range payload {
		payload[i] = 0xff
	}
	binary.BigEndian.PutUint32(b[batchCRC:], checksum(b))
	return true
}

func checksum(b []byte) uint32 { return crc32.Checksum(b[batchAttributes:], castagnoli) }

// firstValue finds the value of the first record that has one.
func firstValue(records []byte) ([]byte, error) {
	for len(records) > 0 {
		size, n := binary.Varint(records)
		if n <= 0 || size < 1 || size > int64(len(records)-n) {
			return nil, fmt.Errorf("a record of %d bytes does not fit", size)
		}
		rest := records[n+1 : n+int(size)] // behind its attributes
		records = records[n+int(size):]
		for range 2 { // times and offsets
			_, n := binary.Varint(rest)
			if n <= 0 {
				return nil, fmt.Errorf("a record ends early")
			}
			rest = rest[n:]
		}
		var part []byte
		for range 2 { // the key, then the value
			length, n := binary.Varint(rest)
			if n <= 0 || length > int64(len(rest)-n) {
				return nil, fmt.Errorf("a record ends early")
			}
			length = max(length, 0)
			part, rest = rest[n:n+int(length)], rest[n+int(length):]
		}
		if len(part) > 0 {
			return part, nil
		}
	}
	return nil, nil
}
