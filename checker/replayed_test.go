package checker

import (
	"strings"
	"testing"

	"surety/checker/history"
)

// ranTo writes a run of keys a and b and what came out of it.
func ranTo(t *testing.T, out func(l *look)) func() (*history.Reader, error) {
	t.Helper()
	return ranOf(t, func(s *story) { s.try(ok, "a", 1, 2); s.try(ok, "b", 1) }, out)
}

func ranOf(t *testing.T, in func(s *story), out func(l *look)) func() (*history.Reader, error) {
	t.Helper()
	s := newStory()
	in(s)
	s.drain()
	l := s.final()
	out(l)
	l.end("")
	s.end()
	dir := s.file(t)
	return func() (*history.Reader, error) { return history.Open(string(dir)) }
}

func TestHandWrittenReplays(t *testing.T) {
	same := func(l *look) { l.see("a", 1, 2).see("b", 1) }
	result := func(key string, value int64) func(l *look) {
		return func(l *look) {
			for v := int64(1); v <= value; v++ {
				l.full(history.Observation{Offset: l.next[0], Append: l.next[0] + 1, Key: l.name(key), Valued: true, Value: v})
			}
		}
	}
	identity, count := specOf(AtLeastOnce, OrderNone), specOf(ExactlyOnce, OrderNone)
	count.Sinks[0].Oracle = "count"
	other := func(s *story) { s.try(ok, "a", 1, 2); s.try(unknown, "b", 1) }
	for _, tt := range []struct {
		name, why  string
		spec       Spec
		run, other func() (*history.Reader, error)
		answer     Answer
		differed   int64
		says       string
	}{
		{"the same", "nothing differs", identity, ranTo(t, same), ranTo(t, same), Upheld, 0, ""},
		{"in another order", "order is no content", identity, ranTo(t, same), ranTo(t, func(l *look) { l.see("b", 1).see("a", 2, 1) }), Upheld, 0, ""},
		{"names in another order", "keys are told apart by their text", identity, ranTo(t, same),
			ranOf(t, func(s *story) { s.try(ok, "b", 1); s.try(ok, "a", 1, 2) }, same), Upheld, 0, ""},
		{"in other partitions", "where it stands is no content", identity, ranTo(t, same), ranTo(t, func(l *look) { l.at(1, 0, "a", 1).at(1, 1, "a", 2).see("b", 1) }), Upheld, 0, ""},
		{"read twice", "the same stored record again", identity, ranTo(t, same), ranTo(t, func(l *look) { l.at(0, 0, "a", 1); l.next[0] = 0; same(l) }), Upheld, 0, ""},
		{"one twice here", "legal by itself, and another content than there", identity, ranTo(t, func(l *look) { l.see("a", 1, 2, 2).see("b", 1) }), ranTo(t, same), Violated, 1, "3 records here, 2 there: the other run does not have it so"},
		{"one twice there", "as above", identity, ranTo(t, same), ranTo(t, func(l *look) { l.see("a", 1, 2).see("b", 1, 1) }), Violated, 1, "only the other run has it so"},
		{"a key is missing there", "both keys are named", identity, ranTo(t, same), ranTo(t, func(l *look) { l.see("a", 1) }), Violated, 2, "0 there"},
		{"another input", "other output is to be expected", identity, ranTo(t, same), ranOf(t, other, same), Inconclusive, 0, "of 1 keys other records went in"},
		{"counts that end alike", "how often it was told on the way is no content", count,
			ranOf(t, func(s *story) { s.try(ok, "a", 1, 2) }, result("a", 2)),
			ranOf(t, func(s *story) { s.try(ok, "a", 1, 2) }, func(l *look) {
				l.full(history.Observation{Offset: 7, Append: 9, Key: l.name("a"), Valued: true, Value: 2})
			}), Upheld, 0, ""},
		{"counts that end otherwise", "a state that the other run does not have", count,
			ranOf(t, func(s *story) { s.try(ok, "a", 1, 2) }, result("a", 2)),
			ranOf(t, func(s *story) { s.try(ok, "a", 1, 2) }, result("a", 1)), Violated, 1, "1 records here, 1 there"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v, err := Replayed(tt.run, tt.other, tt.spec)
			if err != nil {
				t.Fatal(err)
			}
			n, judged := v.Sinks[0].Counts[Differed]
			if v.Answer != tt.answer || n != tt.differed || judged != (tt.answer != Inconclusive) {
				t.Errorf("%s with %d differed, judged %v; want %s with %d: %s\n%s", v.Answer, n, judged, tt.answer, tt.differed, tt.why, show(v))
			}
			if text := show(v); !strings.Contains(text, tt.says) {
				t.Errorf("it does not say %q: %s", tt.says, text)
			}
			if got := int64(len(findingsOf(v.Sinks[0], Differed))); got != tt.differed {
				t.Errorf("%d findings", got)
			}
		})
	}
}

func TestAReplayThatWasCutOffIsInconclusive(t *testing.T) {
	whole := ranTo(t, func(l *look) { l.see("a", 1, 2).see("b", 1) })
	s := newStory()
	s.try(ok, "a", 1, 2)
	s.try(ok, "b", 1)
	s.out("a", 1)
	dir := s.file(t)
	v, err := Replayed(whole, func() (*history.Reader, error) { return history.Open(string(dir)) }, specOf(ExactlyOnce, OrderNone))
	if err != nil || v.Answer != Inconclusive || !strings.Contains(show(v), "the end of the other run is not known") {
		t.Errorf("error %v: %s", err, show(v))
	}
}
