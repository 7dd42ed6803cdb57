package kafka

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"surety/topologies"
	"surety/topologies/wire"
)

// fits tells whether the checksum of a batch does.
func fits(b []byte) bool { return binary.BigEndian.Uint32(b[batchCRC:]) == checksum(b) }

func produce(version int16, records []byte) ([]byte, wire.Head) {
	req := kmsg.NewPtrProduceRequest()
	req.Version = version
	req.Topics = []kmsg.ProduceRequestTopic{{Topic: "t", Partitions: []kmsg.ProduceRequestTopicPartition{{Records: records}}}}
	frame := asked(req, "c", 3)
	return frame, wire.Head{Size: int64(len(frame)), Version: version, ID: 3, Client: "c"}
}

func TestBatchesAreBroken(t *testing.T) {
	for _, tt := range []struct {
		why      string
		records  []byte
		how      string
		batches  int
		fits     bool // the first batch's checksum, after
		contains string
		lacks    string
	}{
		{"a checksum that does not fit", batch(0, "value-1", "value-2"), topologies.BrokenCRC, 1, false, "value-1", ""},
		{"a value that makes no sense", batch(0, "value-1", "value-2"), topologies.Poison, 1, true, "value-2", "value-1"},
		{"the first record that has a value", batch(0, "", "value-2"), topologies.Poison, 1, true, "", "value-2"},
		{"what is compressed cannot be unpacked", batch(1, "value-1"), topologies.Poison, 1, true, "", "value-1"},
		{"markers of transactions stay", batch(control, "value-1"), topologies.BrokenCRC, 0, true, "value-1", ""},
		{"behind a marker", append(batch(control, "marker"), batch(0, "value-1")...), topologies.Poison, 1, true, "marker", "value-1"},
		{"nothing to break", nil, topologies.BrokenCRC, 0, true, "", ""},
		{"an older format", bytes.Repeat([]byte{1}, 100), topologies.BrokenCRC, 0, true, "", ""},
	} {
		frame, h := produce(9, tt.records)
		before := bytes.Clone(frame)
		out, n, err := New().Open(nil).Corrupt(h, frame, false, tt.how)
		if err != nil || n != tt.batches || len(out) != len(frame) {
			t.Errorf("%s: %d batches, %d bytes of %d, %v", tt.why, n, len(out), len(frame), err)
			continue
		}
		if !bytes.Equal(frame, before) {
			t.Errorf("%s: what was read has changed", tt.why)
		}
		if tt.contains != "" && !bytes.Contains(out, []byte(tt.contains)) || tt.lacks != "" && bytes.Contains(out, []byte(tt.lacks)) {
			t.Errorf("%s: got %q", tt.why, out)
		}
		req, err := request(h, out)
		if err != nil {
			t.Errorf("%s: %v", tt.why, err)
			continue
		}
		for b := range produced(req.(*kmsg.ProduceRequest)) {
			if fits(b) != tt.fits {
				t.Errorf("%s: the checksum fits: %t", tt.why, fits(b))
			}
			break
		}
	}
}

func TestBatchesOfAnAnswerAreBroken(t *testing.T) {
	for _, version := range []int16{4, 11, 12, 13, 16, 18} {
		resp := kmsg.NewPtrFetchResponse()
		resp.Version = version
		resp.Topics = []kmsg.FetchResponseTopic{{Topic: "t", Partitions: []kmsg.FetchResponseTopicPartition{
			{}, {Partition: 1, RecordBatches: batch(0, "value-1")},
		}}}
		frame := answered(resp, 8)
		h := wire.Head{Kind: int16(kmsg.Fetch), Version: version, ID: 8}
		out, n, err := New().Open(nil).Corrupt(h, frame, true, topologies.Poison)
		if err != nil || n != 1 || bytes.Contains(out, []byte("value-1")) || !bytes.Contains(frame, []byte("value-1")) {
			t.Errorf("version %d: %d batches, %v", version, n, err)
		}
	}
}
