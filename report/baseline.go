package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"surety/checker"
)

// BaselineFormat is the version of a baseline's document.
const BaselineFormat = 1

// Baseline lists violations that a team knows of, so that they block nothing while a
// new one does.
type Baseline struct {
	Format int     `json:"format"`
	Known  []Known `json:"known"`
}

// Known is one class that a sink or a log of a scenario is known to violate.
type Known struct {
	Scenario string        `json:"scenario"`
	At       string        `json:"at"` // the sink, or "log NAME"
	Class    checker.Class `json:"class"`
}

func (k Known) String() string { return fmt.Sprintf("%s: %s at %s", k.Scenario, k.Class, k.At) }

// ReadBaseline reads a document strictly: a field that is misspelt would let pass
// what it was meant to block, or block what it was meant to let pass.
func ReadBaseline(r io.Reader) (Baseline, error) {
	var b Baseline
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&b); err != nil {
		return b, fmt.Errorf("it is no baseline: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return b, errors.New("it is no baseline: something follows the document")
	}
	if b.Format != BaselineFormat {
		return b, fmt.Errorf("its format is %d, this binary reads %d", b.Format, BaselineFormat)
	}
	for i, k := range b.Known {
		if k.Scenario == "" || k.At == "" || !slices.Contains(checker.Judged, k.Class) && !slices.Contains(checker.LogClasses, k.Class) {
			return b, fmt.Errorf("entry %d wants a scenario, where it is seen (at) and a class of violation; it is %q", i+1, k)
		}
	}
	return b, nil
}

// BaselineOf lists all that is violated where something else was expected, in the
// order of the names.
func BaselineOf(m *Model) Baseline {
	b := Baseline{Format: BaselineFormat, Known: []Known{}}
	for _, r := range m.Runs {
		if r.Outcome() == string(checker.Violated) && (!r.Met || r.Known != "") {
			b.Known = append(b.Known, breaches(r)...)
		}
	}
	return b
}

// Write writes the document.
func (b Baseline) Write(w io.Writer) error {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetIndent("", "  ")
	if err := e.Encode(b); err != nil {
		return err
	}
	_, err := w.Write(out.Bytes())
	return err
}

// Knows tells whether all that a run violates is listed. A violation that was
// expected in another class, or none, is not.
func (b Baseline) Knows(r Run) bool {
	if r.Outcome() != string(checker.Violated) {
		return false
	}
	found := breaches(r)
	for _, k := range found {
		if !slices.Contains(b.Known, k) {
			return false
		}
	}
	return len(found) > 0
}

// Gone lists what is known of the scenarios that ran and was not seen again: of
// those that came to a verdict.
func (b Baseline) Gone(m *Model) (gone []Known) {
	for _, k := range b.Known {
		for _, r := range m.Runs {
			if r.Scenario != k.Scenario {
				continue
			}
			if o := checker.Answer(r.Outcome()); o == checker.Upheld || o == checker.Violated && !slices.Contains(breaches(r), k) {
				gone = append(gone, k)
			}
		}
	}
	return gone
}

// breaches lists what a run violates, in the order of the names.
func breaches(r Run) (found []Known) {
	for _, s := range r.Verdict.Sinks {
		for c, n := range s.Breaks {
			if n > 0 {
				found = append(found, Known{r.Scenario, s.Sink, c})
			}
		}
	}
	for _, l := range r.Verdict.Logs {
		for c, n := range l.Breaks {
			if n > 0 {
				found = append(found, Known{r.Scenario, "log " + l.Log, c})
			}
		}
	}
	slices.SortFunc(found, func(a, b Known) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Class, b.Class)) })
	return found
}
