package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"testing"
)

// element is any XML element.
type element struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Children []element  `xml:",any"`
	Text     string     `xml:",chardata"`
}

func (e element) attr(name string) (string, bool) {
	for _, a := range e.Attrs {
		if a.Name.Local == name {
			return a.Value, true
		}
	}
	return "", false
}

func (e element) all(name string) (out []element) {
	for _, c := range e.Children {
		if c.XMLName.Local == name {
			out = append(out, c)
		}
	}
	return out
}

// What CI servers take: the elements in their order, their attributes, those that
// must be there, and which attributes are numbers. These rules hold in the schema of
// Jenkins as in that of Surefire, but for the root, which Surefire lacks.
var junitRules = map[string]struct {
	children         []string // in this order
	must, may, count []string
}{
	"testsuites": {[]string{"testsuite"}, []string{"name", "tests", "failures", "errors", "time"}, nil, []string{"tests", "failures", "errors"}},
	"testsuite": {
		[]string{"properties", "testcase"}, []string{"name", "tests", "failures", "errors", "skipped", "time"}, nil,
		[]string{"tests", "failures", "errors", "skipped"},
	},
	"properties": {[]string{"property"}, nil, nil, nil},
	"property":   {nil, []string{"name", "value"}, nil, nil},
	"testcase":   {[]string{"skipped", "error", "failure", "system-out"}, []string{"name", "classname", "time"}, nil, nil},
	"skipped":    {nil, []string{"message"}, nil, nil},
	"error":      {nil, []string{"message", "type"}, nil, nil},
	"failure":    {nil, []string{"message", "type"}, nil, nil},
	"system-out": {nil, nil, nil, nil},
}

var decimal = regexp.MustCompile(`^[0-9]+\.[0-9]{3}$`)

func breaksOfRules(e element) (out []string) {
	name := e.XMLName.Local
	rule, known := junitRules[name]
	if !known {
		return []string{"an element " + name}
	}
	for _, a := range rule.must {
		if _, has := e.attr(a); !has {
			out = append(out, name+" without "+a)
		}
	}
	for _, a := range e.Attrs {
		if !slices.Contains(rule.must, a.Name.Local) && !slices.Contains(rule.may, a.Name.Local) {
			out = append(out, name+" with "+a.Name.Local)
		}
		if _, err := strconv.ParseUint(a.Value, 10, 31); err != nil && slices.Contains(rule.count, a.Name.Local) {
			out = append(out, fmt.Sprintf("%s %s is %q", name, a.Name.Local, a.Value))
		}
		if a.Name.Local == "time" && !decimal.MatchString(a.Value) {
			out = append(out, fmt.Sprintf("%s time is %q", name, a.Value))
		}
	}
	last := 0
	for _, c := range e.Children {
		i := slices.Index(rule.children, c.XMLName.Local)
		if i < last {
			out = append(out, fmt.Sprintf("%s in %s, out of its order", c.XMLName.Local, name))
		}
		last = max(last, i)
		out = append(out, breaksOfRules(c)...)
	}
	return out
}

func parsed(t *testing.T, doc []byte) element {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(doc))
	var root element
	if err := d.Decode(&root); err != nil {
		t.Fatalf("the document is no XML: %v", err)
	}
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return root
		}
		if c, text := tok.(xml.CharData); err != nil || !text || len(bytes.TrimSpace(c)) > 0 {
			t.Fatalf("the document goes on after its root: %v, %v", tok, err)
		}
	}
}

func TestJUnitIsWhatServersTake(t *testing.T) {
	for name, m := range models() {
		root := parsed(t, render(t, JUnit{}, m))
		if root.XMLName.Local != "testsuites" {
			t.Errorf("%s: the root is %s", name, root.XMLName.Local)
		}
		for _, b := range breaksOfRules(root) {
			t.Errorf("%s: %s", name, b)
		}
		sum := map[string]int{}
		for _, s := range root.all("testsuite") {
			have := map[string]int{"tests": len(s.all("testcase"))}
			for _, c := range s.all("testcase") {
				have["failures"] += len(c.all("failure"))
				have["errors"] += len(c.all("error"))
				have["skipped"] += len(c.all("skipped"))
			}
			for _, a := range []string{"tests", "failures", "errors", "skipped"} {
				if v, _ := s.attr(a); v != strconv.Itoa(have[a]) {
					t.Errorf("%s: %s says %s=%s, there are %d", name, s.Attrs[0].Value, a, v, have[a])
				}
				sum[a] += have[a]
			}
		}
		for _, a := range []string{"tests", "failures", "errors"} {
			if v, _ := root.attr(a); v != strconv.Itoa(sum[a]) {
				t.Errorf("%s: the root says %s=%s, there are %d", name, a, v, sum[a])
			}
		}
	}
}

func TestARuleOfJUnitThatIsBrokenIsSeen(t *testing.T) {
	for reason, doc := range map[string]string{
		"an unknown element":     `<testsuites name="a" tests="0" failures="0" errors="0" time="0.000"><suite/></testsuites>`,
		"no name":                `<testsuites tests="0" failures="0" errors="0" time="0.000"/>`,
		"a number that is none":  `<testsuites name="a" tests="many" failures="0" errors="0" time="0.000"/>`,
		"an unknown attribute":   `<property name="a" value="b" unit="s"/>`,
		"elements out of order":  `<testcase name="a" classname="b" time="0.000"><system-out/><failure message="" type=""/></testcase>`,
		"a time with a unit":     `<testcase name="a" classname="b" time="1s"/>`,
		"an error with no cause": `<error type="a"/>`,
	} {
		var e element
		if err := xml.Unmarshal([]byte(doc), &e); err != nil {
			t.Fatal(err)
		}
		if len(breaksOfRules(e)) == 0 {
			t.Errorf("%s is taken", reason)
		}
	}
}

// A build goes red for exactly the runs that are not as they should be, and a check
// that was not made is never green.
func TestJUnitIsGreenForExactlyWhatIsAsItShouldBe(t *testing.T) {
	for _, tt := range []struct {
		reason                           string
		run                              Run
		failures, errors, skipped, green int // -1 = any number
	}{
		{"upheld", upheld(), 0, 0, -1, -1},
		{"violated", violated(), 2, 0, -1, -1},
		{"caught as expected", caught(), 0, 0, -1, -1},
		{"not caught", notCaught(), 1, 0, -1, -1},
		{"inconclusive", inconclusive(), 0, 1, -1, 0},
		{"unsupported", unsupported(), 0, 0, 1, 0},
		{"environment", environment(), 0, 1, 0, 0},
		{"interrupted", interrupted(), 0, 1, 0, 0},
		{"stuck in one of two sinks", stuck(), 2, 0, -1, -1},
		{"found in a log", logged(), 3, 0, -1, -1},
	} {
		s := junitOf(tt.run)
		green := s.Tests - s.Failures - s.Errors - s.Skipped
		if s.Failures != tt.failures || s.Errors != tt.errors || tt.skipped >= 0 && s.Skipped != tt.skipped || tt.green >= 0 && green != tt.green {
			t.Errorf("%s: %d failures, %d errors, %d skipped, %d green", tt.reason, s.Failures, s.Errors, s.Skipped, green)
		}
		for _, c := range s.Cases {
			if c.Classname != tt.run.Scenario {
				t.Errorf("%s: the class of %s is %s", tt.reason, c.Name, c.Classname)
			}
		}
	}
}
