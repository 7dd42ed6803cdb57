package report

import (
	"fmt"
	"io"
	"strings"

	"surety/checker"
)

// Annotations writes what a person must act on as workflow commands of GitHub
// Actions, which show at the scenario's file in a pull request. GitHub shows ten of
// a kind for a step; the most urgent come first, and a last one counts the rest.
type Annotations struct{}

// annotated is how many runs get an annotation of their own.
const annotated = 9

// Name implements Format.
func (Annotations) Name() string { return "annotations" }

// Write implements Format.
func (Annotations) Write(w io.Writer, m *Model) error {
	var b strings.Builder
	left := 0
	for _, r := range firstThingsFirst(m.Runs) {
		kind, text := annotation(r)
		switch {
		case kind == "":
		case left > 0 || strings.Count(b.String(), "\n") >= annotated:
			left++
		default:
			fmt.Fprintf(&b, "::%s %stitle=%s::%s\n", kind, place(r.Source), property(sentence(r)), commandText(text))
		}
	}
	if left > 0 {
		fmt.Fprintf(&b, "::notice title=verify::%d more in the summary of the step\n", left)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// annotation is the kind and the text of a run's annotation; none where nobody must
// act.
func annotation(r Run) (kind, text string) {
	switch u := urgency(r); {
	case r.Known != "":
		kind = "notice"
	case u == calm:
		return "", ""
	case r.Outcome() == string(checker.Inconclusive):
		kind = "warning"
	default:
		kind = "error"
	}
	return kind, strings.TrimSpace(detailed(r))
}

func place(s Source) string {
	if s.File == "" {
		return ""
	}
	return fmt.Sprintf("file=%s,line=%d,", property(s.File), max(1, s.Line))
}

// The escapes of workflow commands, see actions/toolkit, packages/core/src/command.ts.
var (
	commandEscapes  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	propertyEscapes = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

func commandText(s string) string { return commandEscapes.Replace(s) }
func property(s string) string    { return propertyEscapes.Replace(s) }
