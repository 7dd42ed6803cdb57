package embedded

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// stampAppendTime makes message.timestamp.type=LogAppendTime (KIP-32) work:
// every record gets the time of its append. kfake never looks at the topic's
// setting, and a batch that asks for it by its own attribute is stored with a
// checksum that no longer fits. So the times are rewritten before kfake sees the
// batch; the type that consumers are shown stays CreateTime.
func stampAppendTime(c *kfake.Cluster) {
	unpack := kgo.DefaultDecompressor()
	c.ControlKey(int16(kmsg.Produce), func(r kmsg.Request) (kmsg.Response, error, bool) {
		req, ok := r.(*kmsg.ProduceRequest)
		if !ok {
			return nil, nil, false
		}
		for i := range req.Topics {
			t := &req.Topics[i]
			var info *kfake.TopicInfo
			if t.Topic != "" {
				info = c.TopicInfo(t.Topic)
			} else { // named by its id, KIP-516
				info = c.TopicIDInfo(t.TopicID)
			}
			if info == nil {
				continue
			}
			if kind := info.Configs["message.timestamp.type"]; kind == nil || *kind != "LogAppendTime" {
				continue
			}
			now := time.Now().UnixMilli()
			for j := range t.Partitions {
				p := &t.Partitions[j]
				// A batch that cannot be read is refused by kfake.
				if stamped, err := stamp(p.Records, now, unpack); err == nil {
					p.Records = stamped
				}
			}
		}
		return nil, nil, false
	})
}

// Where a record batch of format 2 keeps what is needed here (KIP-98).
const (
	batchLength     = 8 // of all that follows it
	batchMagic      = 16
	batchCRC        = 17 // of all that follows it
	batchAttributes = 21
	batchFirstTime  = 27
	batchMaxTime    = 35
	batchRecords    = 61
	codecBits       = 7
)

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	errBatch   = errors.New("not a whole record batch of format 2")
)

// stamp gives all records of a batch one time, in milliseconds since the epoch.
// The result is uncompressed.
func stamp(batch []byte, at int64, unpack kgo.Decompressor) ([]byte, error) {
	if len(batch) < batchRecords || batch[batchMagic] != 2 ||
		int(binary.BigEndian.Uint32(batch[batchLength:])) != len(batch)-batchLength-4 ||
		binary.BigEndian.Uint32(batch[batchCRC:]) != crc32.Checksum(batch[batchAttributes:], castagnoli) {
		return nil, errBatch
	}
	attributes := binary.BigEndian.Uint16(batch[batchAttributes:])
	records, err := unpack.Decompress(batch[batchRecords:], kgo.CompressionCodecType(attributes&codecBits))
	if err != nil {
		return nil, err
	}
	out := make([]byte, batchRecords, batchRecords+len(records))
	copy(out, batch)
	if out, err = appendUndelayed(out, records); err != nil {
		return nil, err
	}
	binary.BigEndian.PutUint32(out[batchLength:], uint32(len(out)-batchLength-4))
	binary.BigEndian.PutUint16(out[batchAttributes:], attributes&^codecBits)
	binary.BigEndian.PutUint64(out[batchFirstTime:], uint64(at))
	binary.BigEndian.PutUint64(out[batchMaxTime:], uint64(at))
	binary.BigEndian.PutUint32(out[batchCRC:], crc32.Checksum(out[batchAttributes:], castagnoli))
	return out, nil
}

// appendUndelayed appends records with their times set to the batch's first: a
// record is its length, its attributes, the difference to that time, and the rest.
func appendUndelayed(out, records []byte) ([]byte, error) {
	for len(records) > 0 {
		size, n := binary.Varint(records)
		if n <= 0 || size < 2 || size > int64(len(records)-n) {
			return nil, errBatch
		}
		record := records[n : n+int(size)]
		records = records[n+int(size):]
		_, delta := binary.Varint(record[1:])
		if delta <= 0 {
			return nil, errBatch
		}
		rest := record[1+delta:]
		out = binary.AppendVarint(out, int64(len(rest)+2))
		out = append(out, record[0], 0)
		out = append(out, rest...)
	}
	return out, nil
}
