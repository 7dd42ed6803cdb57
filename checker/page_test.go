package checker

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// rows gives the cells of the rows of a page's table whose first cell is a class.
func rows(t *testing.T, heading string) map[Class][]string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "\n## "+heading+"\n")
	if !found {
		t.Fatalf("the page has no heading %q", heading)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	out := map[Class][]string{}
	for line := range strings.Lines(section) {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		var cells []string
		for cell := range strings.SplitSeq(strings.Trim(strings.TrimSpace(line), "|"), "|") {
			cells = append(cells, strings.TrimSpace(cell))
		}
		class := Class(strings.Trim(cells[0], "`"))
		if out[class] != nil {
			t.Errorf("%s stands twice below %q", class, heading)
		}
		out[class] = cells[1:]
	}
	return out
}

func TestThePageSaysWhatTheJudgeDoes(t *testing.T) {
	words := map[rule]string{
		legal: "legal", violation: "breaks", ordered: "with order", atomic: "with atomicity", stateful: "with state",
		timely: "with recovery", preserved: "with preserve",
		available: "with accepted",
	}
	table, about := rows(t, "The three guarantees"), rows(t, "The classes")
	for _, c := range Judged {
		var want []string
		for _, r := range rules[c] {
			want = append(want, words[r])
		}
		if !slices.Equal(table[c], want) {
			t.Errorf("%s: the page says %q, the judge %q", c, table[c], want)
		}
		if len(about[c]) != 1 || about[c][0] == "" {
			t.Errorf("%s is not explained", c)
		}
		delete(table, c)
		delete(about, c)
	}
	if len(table)+len(about) > 0 {
		t.Errorf("the page names what the judge does not know: %v %v", table, about)
	}
}
