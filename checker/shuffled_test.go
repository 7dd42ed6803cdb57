package checker

import (
	"math/rand/v2"
	"testing"

	"surety/checker/history"
)

// A trace whose lines stand in any order is read once for what was tried, once for
// what came out, and once for evidence. No position is held: that one comes after a
// higher one says nothing, where order means nothing.
func TestAShuffledTraceIsReadThreeTimes(t *testing.T) {
	const keys, each = 10, 500
	var facts []func(s *story, l *look)
	for k := range keys {
		key := string(rune('a' + k))
		for seq := range int64(each) {
			offset := seq*keys + int64(k)
			facts = append(facts,
				func(s *story, _ *look) { s.try(ok, key, seq) },
				func(s *story, l *look) { l.full(history.Observation{Key: s.name(key), Seq: seq, Offset: offset}) })
		}
	}
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(facts), func(a, b int) { facts[a], facts[b] = facts[b], facts[a] })
	s := newStory()
	l := s.final()
	for _, tell := range facts {
		tell(s, l)
	}
	l.end("")
	s.close()

	reads := 0
	j := judge{spec: specOf(ExactlyOnce, OrderNone), shards: 2, budget: caseEvents, told: true, open: func() (source, error) {
		reads++
		return s.open()
	}}
	v, err := j.verdict()
	if err != nil {
		t.Fatal(err)
	}
	if c := v.Sinks[0].Counts; v.Answer != Upheld || c[Reordered] == 0 || c[Reread]+c[Lost]+c[Duplicated]+c[Phantom] > 0 {
		t.Error(show(v))
	}
	if reads != 3 || j.known.close != nil {
		t.Errorf("the trace was read %d times, with close looks at %d lanes", reads, len(j.known.close))
	}
}
