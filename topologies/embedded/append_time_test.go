package embedded

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
)

func TestABrokenBatchIsLeftToTheBroker(t *testing.T) {
	whole := make([]byte, batchRecords)
	whole[batchMagic] = 2
	for _, tc := range []struct {
		why   string
		batch []byte
	}{
		{"nothing", nil},
		{"shorter than a header", whole[:20]},
		{"a length that does not fit", whole},
	} {
		if _, err := stamp(tc.batch, 1, kgo.DefaultDecompressor()); err == nil {
			t.Errorf("%s: stamped", tc.why)
		}
	}
	for _, tc := range []struct {
		why     string
		records []byte
	}{
		{"a length beyond the end", []byte{20, 0}},
		{"no room for a time", []byte{2, 0}},
		{"a negative length", []byte{3, 0, 0}},
		{"an endless number", []byte{0xff, 0xff}},
	} {
		if _, err := appendUndelayed(nil, tc.records); err == nil {
			t.Errorf("%s: accepted", tc.why)
		}
	}
}
