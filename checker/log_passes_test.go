package checker

import "testing"

// A history is read once where nothing is odd: also with a tail that ended before
// the final read, in the middle of a chunk.
func TestAHistoryWithoutAnomaliesIsReadOnce(t *testing.T) {
	s := big(20_000, 0)
	reads := 0
	j := judge{spec: specOf(AtLeastOnce, OrderKey), shards: 2, budget: caseEvents, level1: true, open: func() (source, error) {
		reads++
		return s.open()
	}}
	v, err := j.verdict()
	if err != nil || v.Answer != Upheld {
		t.Fatal(show(v), err)
	}
	if reads != 1 {
		t.Errorf("the history was read %d times", reads)
	}
}
