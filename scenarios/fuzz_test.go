package scenarios

import (
	"errors"
	"strings"
	"testing"
)

// Whatever stands in a file, reading it ends with a scenario or with one sentence
// that names the file.
func FuzzParse(f *testing.F) {
	for _, name := range Names() {
		data, err := builtin.ReadFile("library/" + name + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	for _, text := range []string{
		"", "- a", "scenario: x\n\ttopology:", "scenario: &a x\nabout: *a\n", "scenario: x\nabout: &a [*a]\n",
		"scenario: x\nfaults: [{kill: {target: broker/1, at: 20%..40%}}]\n", "scenario: x\nworkload: {value: 9999999999999MiB}\n",
		"? [a]\n: b\n", "scenario: !!binary aGk=\n", "suite: s\nscenarios: [{scenario: crash}]\n", "scenario: x\nexpect: {violated: lost}\n",
		"scenario: x\nfaults:\n  - lag: {from: a b, to: c d, delay: 1s, at: 1s}\n", "%TAG ! x\n---\n", "a: b: c", "\xff\xfe", "scenario: x\nfaults: [{kill: *a}]\n",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		plan, err := resolved(text, "7c1e04")
		if err == nil {
			again, err := resolved(text, "7c1e04")
			if err != nil {
				t.Fatalf("read a second time: %v", err)
			}
			a, errA := plan.Bytes()
			b, errB := again.Bytes()
			if errA != nil || errB != nil || string(a) != string(b) {
				t.Fatalf("two plans of one seed differ: %v, %v\n%s\n%s", errA, errB, a, b)
			}
			return
		}
		checkSentence(t, err)
		if _, err := ParseSuite("mine.yaml", []byte(text), words()); err != nil {
			checkSentence(t, err)
		}
	})
}

func checkSentence(t *testing.T, err error) {
	t.Helper()
	var fe *FileError
	if !errors.As(err, &fe) || !strings.HasPrefix(err.Error(), "mine.yaml:") {
		t.Errorf("%T does not begin with the file: %v", err, err)
	}
	if strings.Contains(err.Error(), "\n") || len(err.Error()) > 2000 {
		t.Errorf("not one sentence: %v", err)
	}
}
