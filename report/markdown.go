package report

import (
	"fmt"
	"io"
	"strings"

	"surety/checker"
)

// Markdown writes a step summary: the answer, a table, and what a person must act
// on, with what is not as it should be first.
type Markdown struct{}

// Name implements Format.
func (Markdown) Name() string { return "markdown" }

// markdownLimit keeps a summary below the 1 MiB that GitHub takes of a step.
const markdownLimit = 1000 << 10

// Write implements Format.
func (Markdown) Write(w io.Writer, m *Model) error {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n", markdownText(headline(m)))
	var about []string
	if m.About != "" {
		about = append(about, markdownText(m.About))
	}
	if m.Seed != "" {
		about = append(about, "seed `"+m.Seed+"`")
	}
	fmt.Fprintf(&b, "%s\n", strings.Join(append(about, tenths(m.Took)), " · "))
	tail := ""
	if m.Again != "" {
		tail = "\nRun it again: " + markdownCode(m.Again) + "\n"
	}
	tail = "\n" + allowances(m) + tail

	// Rows are short: what is left out for want of room is the text below them.
	m.markdownTrials(&b)
	runs := firstThingsFirst(m.Runs)
	room := markdownLimit - b.Len() - len(tail) - 1024
	left := 0
	folded := m.Trials != nil && len(runs) > 0
	if folded {
		fmt.Fprintf(&b, "\n<details><summary>all %s</summary>\n", plural(int64(len(runs)), "trial"))
	}
	if len(runs) > 0 {
		b.WriteString("\n| scenario | declared | verdict | ok / failed / unknown | lost | duplicated | reordered | faults shown | recovery |\n")
		b.WriteString("|---|---|---|--:|--:|--:|--:|---|--:|\n")
	}
	for _, r := range runs {
		row := markdownRow(r)
		if b.Len()+len(row) > room {
			left++
			continue
		}
		b.WriteString(row)
	}
	omitted(&b, left, "more rows are")
	if folded {
		b.WriteString("\n</details>\n")
		runs = m.notable()
	}
	left = 0
	for _, r := range runs {
		text := strings.TrimSpace(detailed(r))
		if text == "" {
			continue
		}
		block := "\n### " + markdownText(r.title()) + "\n\n" + fenced(text)
		if b.Len()+len(block) > room {
			left++
			continue
		}
		b.WriteString(block)
	}
	omitted(&b, left, "more findings are")
	b.WriteString(tail)
	_, err := io.WriteString(w, b.String())
	return err
}

// markdownTrials writes a line for each scenario that was tried several times.
func (m *Model) markdownTrials(w io.Writer) {
	if m.Trials == nil {
		return
	}
	fmt.Fprintf(w, "\n| %s |\n|---|---|--:|---|--:|--:|--:|--:|---|\n", strings.Join(triedHeader, " | "))
	for _, t := range m.Tried() {
		cells := t.cells()
		for i := range cells {
			cells[i] = markdownText(cells[i])
		}
		fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
	}
	for _, note := range m.notes() {
		fmt.Fprintf(w, "\n%s\n", markdownText(note))
	}
	m.Replay.markdown(w)
}

func (r *Replay) markdown(w io.Writer) {
	if r == nil {
		return
	}
	fmt.Fprintf(w, "\n%s\n", markdownText(r.title()))
	if len(r.Steps) == 0 {
		return
	}
	fmt.Fprintf(w, "\n| %s |\n|---|--:|---|--:|--:|--:|--:|\n", strings.Join(replayHeader, " | "))
	for _, s := range r.Steps {
		cells := s.cells()
		for i := range cells {
			cells[i] = markdownText(cells[i])
		}
		fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
	}
}

func omitted(w io.Writer, n int, what string) {
	if n > 0 {
		fmt.Fprintf(w, "\n%d %s left out: a summary is at most 1 MiB. The HTML and the JSON have all.\n", n, what)
	}
}

func markdownRow(r Run) string {
	cells := []string{r.title(), declared(r.Guarantee), Terminal{}.state(r), "", "", "", "", shown(r), r.figure("recovery")}
	if r.Verdict != nil {
		cells[3] = r.figure("ok") + " / " + r.figure("failed") + " / " + r.figure("unknown")
		cells[4], cells[5], cells[6] = r.figure("lost"), r.figure("duplicated"), r.figure("reordered")
	}
	for i := range cells {
		cells[i] = markdownText(cells[i])
	}
	return "| " + strings.Join(cells, " | ") + " |\n"
}

// firstThingsFirst orders runs: violated, not caught, environment, inconclusive,
// and then all that is as it should be.
func firstThingsFirst(runs []Run) []Run {
	out := make([]Run, 0, len(runs))
	for rank := range calm + 1 {
		for _, r := range runs {
			if urgency(r) == rank {
				out = append(out, r)
			}
		}
	}
	return out
}

// calm is the urgency of a run that nobody must act on.
const calm = 3

func urgency(r Run) int {
	switch o := checker.Answer(r.Outcome()); {
	case o == checker.Violated && !r.Met, o == checker.Upheld && !r.Met:
		return 0
	case o == "environment", o == "interrupted", o == "unsupported":
		return 1
	case o == checker.Inconclusive && !r.Met:
		return 2
	}
	return calm
}

// markdownText escapes what would be markup, in a table or out of one.
func markdownText(s string) string { return markdownEscapes.Replace(s) }

var markdownEscapes = strings.NewReplacer(
	`\`, `\\`, "|", `\|`, "`", "\\`", "*", `\*`, "_", `\_`, "<", "&lt;", ">", "&gt;", "[", `\[`, "]", `\]`, "#", `\#`,
	"~", `\~`, "&", "&amp;", "\r", " ", "\n", " ",
)

// ticks are longer than any row of backticks in s.
func ticks(s string, least int) string {
	longest, row := least-1, 0
	for _, c := range s {
		if c != '`' {
			row = 0
			continue
		}
		row++
		longest = max(longest, row)
	}
	return strings.Repeat("`", longest+1)
}

func markdownCode(s string) string {
	t := ticks(s, 1)
	return t + s + t
}

func fenced(s string) string {
	t := ticks(s, 3)
	return t + "text\n" + s + "\n" + t + "\n"
}
