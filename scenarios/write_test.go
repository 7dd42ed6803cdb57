package scenarios

import (
	"bytes"
	"testing"
)

func TestFilesThatAreWrittenGiveTheSamePlan(t *testing.T) {
	v := words()
	for name, text := range map[string]string{
		"everything": everything, "scheduled": scheduled,
		"zeros that are meant":                "scenario: x\n" + p + "faults: [{kill: {target: processor/1, at: 1s, restart: 0s}}]\nfloors: {records-in-fault: 0, records: 0}\n",
		"words that look like something else": "scenario: \"1\"\nabout: \"yes: no\"\ntopology: {processors: [{reference: at-least-once, env: {A: \"0x1\", B: \"{{.Input}}\", C: \"\"}}]}\n",
		"shares of odd sizes":                 "scenario: x\n" + p + "faults: [{kill: {target: processor/1, at: 33.3%..66.67%}}, {kill: {target: processor/1, after: 12.5%}}]\n",
	} {
		s, err := Parse("mine.yaml", []byte(text), v)
		if err == nil {
			err = s.Complete(v)
		}
		if err != nil {
			t.Fatal(err)
		}
		written, err := s.YAML()
		if err != nil {
			t.Fatal(err)
		}
		want, err := resolved(text, "7c1e04")
		if err != nil {
			t.Fatal(err)
		}
		got, err := resolved(string(written), "7c1e04")
		if err != nil {
			t.Errorf("%s is written as\n%s\n%v", name, written, err)
			continue
		}
		a, errA := want.Bytes()
		b, errB := got.Bytes()
		if errA != nil || errB != nil || !bytes.Equal(a, b) {
			t.Errorf("%s is written as\n%s\nwhich gives another plan: %v, %v\n%s\nthan\n%s", name, written, errA, errB, b, a)
		}
		concrete, err := s.Concrete(want, v)
		if err != nil {
			t.Fatal(err)
		}
		if written, err = concrete.YAML(); err == nil {
			_, err = resolved(string(written), "7c1e04")
		}
		if err != nil {
			t.Errorf("%s, settled, is written as\n%s\n%v", name, written, err)
		}
	}
}
