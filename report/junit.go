package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"surety/checker"
)

// JUnit writes the XML that CI servers read: a test suite for each scenario, a test
// case for each check of it. What was violated is a failure, what is inconclusive or
// the environment's is an error, and what was not checked is skipped: a check
// without a verdict never reads as passed. A mistake that was caught as expected
// passes.
type JUnit struct{}

// Name implements Format.
func (JUnit) Name() string { return "junit" }

type junitSuites struct {
	XMLName xml.Name `xml:"testsuites"`
	Name    string   `xml:"name,attr"`
	junitTally
	Time   string       `xml:"time,attr"` // seconds
	Suites []junitSuite `xml:"testsuite"`
}

type junitTally struct {
	Tests    int `xml:"tests,attr"`
	Failures int `xml:"failures,attr"`
	Errors   int `xml:"errors,attr"`
}

type junitSuite struct {
	Name string `xml:"name,attr"`
	junitTally
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Name      string       `xml:"name,attr"`
	Classname string       `xml:"classname,attr"`
	Time      string       `xml:"time,attr"`
	Skipped   *junitReason `xml:"skipped"`
	Error     *junitReason `xml:"error"`
	Failure   *junitReason `xml:"failure"`
	Out       string       `xml:"system-out,omitempty"`
}

type junitReason struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// Write implements Format.
func (JUnit) Write(w io.Writer, m *Model) error {
	doc := junitSuites{Name: "verify", Time: junitTime(m.Took)}
	if m.Suite != "" {
		doc.Name += " " + m.Suite
	}
	tried := m.Tried()
	for _, r := range m.Runs {
		s := junitOf(r)
		if m.Replay != nil {
			s.add("replay-of", m.Replay.Of)
			s.add("replayed-verdict", m.Replay.Outcome)
		}
		for _, t := range tried {
			if t.Scenario == r.Scenario {
				s.add("trials-violated", t.Share())
				s.add("trials-confidence-95", t.Bounds())
			}
		}
		doc.Tests += s.Tests
		doc.Failures += s.Failures
		doc.Errors += s.Errors
		doc.Suites = append(doc.Suites, s)
	}
	body, err := xml.MarshalIndent(doc, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s%s\n", xml.Header, body)
	return err
}

func junitTime(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }

// add gives the suite a property, if it has a value.
func (s *junitSuite) add(name, value string) {
	if value != "" {
		s.Properties = append(s.Properties, junitProperty{name, value})
	}
}

func junitOf(r Run) junitSuite {
	s := junitSuite{Name: r.title(), Time: junitTime(r.Took), Cases: junitCases(r)}
	s.add("verdict", r.Outcome())
	s.add("declared", declared(r.Guarantee))
	s.add("expected", r.Expect)
	for _, f := range r.Figures() {
		s.add(f.Name, f.Plain())
	}
	s.add("run", r.Dir)
	s.add("again", r.Again)
	for i := range s.Cases {
		c := &s.Cases[i]
		c.Classname, c.Time = r.title(), junitTime(0)
		if i == 0 { // the checks are made in one pass over one run
			c.Time = s.Time
		}
		s.Tests++
		switch {
		case c.Failure != nil:
			s.Failures++
		case c.Error != nil:
			s.Errors++
		case c.Skipped != nil:
			s.Skipped++
		}
	}
	return s
}

// junitCases are the checks of a run, after a case for its verdict where no check
// can carry it.
func junitCases(r Run) (cases []junitCase) {
	verdict := junitCase{Name: "verdict"}
	text := detailed(r)
	switch o := r.Outcome(); {
	case o == "unsupported":
		verdict.Skipped = &junitReason{Message: "this provider cannot: " + strings.Join(r.Unsupported, ", ")}
		return []junitCase{verdict}
	case r.Verdict == nil || o == "interrupted":
		what, _, _ := strings.Cut(r.Environment, "\n")
		if what == "" {
			what = o
		}
		verdict.Error = &junitReason{Message: what, Type: o, Text: text}
		return []junitCase{verdict}
	case o == string(checker.Inconclusive) && !r.Met:
		verdict.Error = &junitReason{Message: firstReason(r.Verdict), Type: o, Text: text}
		cases = append(cases, verdict)
	case o == string(checker.Upheld) && !r.Met && len(r.Missed) == 0:
		verdict.Failure = &junitReason{Message: "upheld, where " + r.Expect + " was expected", Type: "not-caught", Text: text}
		cases = append(cases, verdict)
	case r.Known != "":
		verdict.Out = "known: " + r.Known + " names all that is violated"
		cases = append(cases, verdict)
	case r.Met && r.Expect != string(checker.Upheld):
		verdict.Out = "as expected: " + r.Expect
		cases = append(cases, verdict)
	}
	for _, miss := range r.Missed {
		cases = append(cases, junitCase{
			Name: "threshold: " + miss.Threshold, Failure: &junitReason{Message: miss.Text, Type: "threshold", Text: text},
		})
	}
	for _, sink := range r.Verdict.Sinks {
		for _, c := range checker.Judged {
			if sink.Guarantee.Breaks(c) {
				cases = append(cases, junitCheck(r, sink, c))
			}
		}
	}
	for _, l := range r.Verdict.Logs {
		for _, c := range checker.LogClasses {
			if n := l.Breaks[c]; n > 0 {
				cases = append(cases, broken(r, "log of "+l.Log+": "+string(c), plural(n, "finding")+", "+inWindows(r, n, l.InFault[c]), c, text))
			}
		}
	}
	return cases
}

// junitCheck is one class that would break the guarantee of a sink.
func junitCheck(r Run, s checker.SinkVerdict, c checker.Class) junitCase {
	name := s.Sink + ": " + string(c)
	_, judged := s.Counts[c]
	switch {
	case s.Breaks[c] > 0:
		var b strings.Builder
		one := s
		one.Breaks = map[checker.Class]int64{c: s.Breaks[c]}
		Terminal{}.sink(&b, r, one)
		return broken(r, name, extent(r, s, c), c, b.String())
	case !judged || slices.Contains(s.NotJudged, c):
		return junitCase{Name: name, Skipped: &junitReason{Message: "not judged"}}
	case s.Answer == checker.Inconclusive || r.Verdict.Answer == checker.Inconclusive:
		return junitCase{Name: name, Skipped: &junitReason{Message: "none found, but the run is inconclusive"}}
	}
	return junitCase{Name: name}
}

func broken(r Run, name, message string, c checker.Class, text string) junitCase {
	if r.Met {
		return junitCase{Name: name, Out: "expected: " + message}
	}
	return junitCase{Name: name, Failure: &junitReason{Message: message, Type: string(c), Text: "\n" + text}}
}

func firstReason(v *checker.Verdict) string {
	if len(v.Reasons) == 0 {
		return "no reason was given"
	}
	return v.Reasons[0].Text
}

// detailed is what the terminal says of a run, without its paint.
func detailed(r Run) string {
	var b strings.Builder
	Terminal{}.details(&b, r, true)
	return b.String()
}
