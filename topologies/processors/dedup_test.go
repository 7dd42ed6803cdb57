package processors

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
)

func TestFreshRecordsAreThoseNotWrittenYet(t *testing.T) {
	rec := func(key, value string) *kgo.Record { return &kgo.Record{Key: []byte(key), Value: []byte(value)} }
	written := identities{}
	written.add([]*kgo.Record{rec("a", "1"), rec("b", "1")})
	for _, tc := range []struct {
		in     []*kgo.Record
		fresh  int
		reason string
	}{
		{[]*kgo.Record{rec("a", "1")}, 0, "written"},
		{[]*kgo.Record{rec("a", "2")}, 1, "another value"},
		{[]*kgo.Record{rec("c", "1")}, 1, "another key"},
		{[]*kgo.Record{rec("a", "2"), rec("a", "2")}, 1, "twice in one batch"},
		{[]*kgo.Record{rec("", "a1"), rec("a", "1")}, 1, "key and value do not run together"},
		{nil, 0, "nothing"},
	} {
		if got := written.fresh(tc.in); len(got) != tc.fresh {
			t.Errorf("%s: %d fresh, want %d", tc.reason, len(got), tc.fresh)
		}
	}
}
