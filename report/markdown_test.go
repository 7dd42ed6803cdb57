package report

import (
	"fmt"
	"strings"
	"testing"
)

func TestMarkdownEscapesWhatWouldBeMarkup(t *testing.T) {
	r := violated()
	r.Scenario = "a|b `c` <script> *d* [e](f)"
	r.Verdict.Sinks[0].Findings[0].Key = "```\n| x |"
	text := string(render(t, Markdown{}, model(1, r)))
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "| a") && strings.Count(strings.ReplaceAll(line, `\|`, ""), "|") != 10 {
			t.Errorf("a row has other cells than the table: %s", line)
		}
	}
	if before, _, _ := strings.Cut(text, "````text"); strings.Contains(before, "<script>") {
		t.Error("an element of HTML comes through")
	}
	if !strings.Contains(text, "````text\n") {
		t.Errorf("a key closes the block that it stands in:\n%s", text)
	}
}

// The first things stand first, and a summary that grows too long says so.
func TestMarkdownStaysBelowOneMebibyte(t *testing.T) {
	var runs []Run
	for i := range 20000 {
		r := violated()
		r.Scenario = fmt.Sprintf("scenario-%d", i)
		runs = append(runs, r)
	}
	m := model(1, append([]Run{upheld()}, runs...)...)
	out := render(t, Markdown{}, m)
	if len(out) >= 1<<20 {
		t.Errorf("%d bytes", len(out))
	}
	text := string(out)
	first, calm := strings.Index(text, "scenario\\-0"), strings.Index(text, "| crash-at-least-once")
	if first < 0 {
		first = strings.Index(text, "scenario-0")
	}
	if first < 0 || calm >= 0 && calm < first {
		t.Errorf("a violation stands at %d, what was upheld at %d", first, calm)
	}
	if !strings.Contains(text, "left out") || !strings.Contains(text, m.Again) {
		t.Error("it does not say that something is left out, and how to run it again")
	}
}
