package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"surety/checker"
	"surety/checker/history"
)

// All formats of one run have the same numbers: those of the JSON document.
func TestAllFormatsOfARunAgreeOnEveryNumber(t *testing.T) {
	if compared := []string{"terminal", "json", "junit", "markdown", "html", "csv"}; !slices.Equal(FormatNames(), compared) {
		t.Errorf("there are the formats %v, and %v are compared", FormatNames(), compared)
	}
	for name, m := range models() {
		var d document
		if err := json.Unmarshal(render(t, JSON{}, m), &d); err != nil {
			t.Fatal(err)
		}
		table := csvTable(t, render(t, CSV{}, m))
		suites := parsed(t, render(t, JUnit{}, m)).all("testsuite")
		articles := strings.Split(string(render(t, HTML{}, m)), "<article ")[1:]
		markdown := markdownRows(string(render(t, Markdown{}, m)))
		terminal := terminalRows(string(render(t, Terminal{}, m)))
		for i, s := range d.Scenarios {
			if s.Examined == nil {
				continue
			}
			lost := int64(0)
			for _, k := range s.Sinks {
				n, judged := k.Counts[checker.Lost]
				if !judged {
					n = k.Counts[checker.Vanished]
				}
				lost += n
			}
			shown, recovery := int64(0), history.Nanos(0)
			for _, f := range s.Faults {
				if f.Shown {
					shown++
				}
				recovery = max(recovery, f.Recovery)
			}
			want := map[string]int64{
				"faults-shown": shown,
				"attempts":     s.Examined.Attempts, "ok": s.Examined.OK, "failed": s.Examined.Failed, "unknown": s.Examined.Unknown,
				"observations": s.Examined.Observations, "offered-in-faults": s.Examined.InFault, "lost": lost,
				"duplicated": s.Counts[checker.Duplicated], "reordered": s.Counts[checker.Reordered],
			}
			properties := map[string]string{}
			for _, p := range suites[i].all("properties")[0].all("property") {
				k, _ := p.attr("name")
				properties[k], _ = p.attr("value")
			}
			if !strings.Contains(articles[i], `data-scenario="`+s.Name+`"`) {
				t.Errorf("%s: article %d of the page is not that of %s", name, i, s.Name)
			}
			for figure, n := range want {
				if cell := `data-figure="` + figure + `">` + grouped(n) + "</dd>"; !strings.Contains(articles[i], cell) {
					t.Errorf("%s, %s: the page has not %s", name, s.Name, cell)
				}
				plain := Figure{Value: float64(n)}.Plain()
				if got := table[runName(s)+" figure "+figure+" "]; got != plain {
					t.Errorf("%s, %s: %s is %d, in CSV %q", name, s.Name, figure, n, got)
				}
				if got := properties[figure]; got != plain {
					t.Errorf("%s, %s: %s is %d, in JUnit %q", name, s.Name, figure, n, got)
				}
			}
			for _, f := range m.Runs[i].Figures() { // those that JSON has under other names
				cell := `data-figure="` + f.Name + `">` + f.Text() + "</dd>"
				if plain := f.Plain(); !strings.Contains(articles[i], cell) || table[runName(s)+" figure "+f.Name+" "] != plain || properties[f.Name] != plain {
					t.Errorf("%s, %s: %s is not %s everywhere: in CSV %q, in JUnit %q", name, s.Name, f.Name, plain, table[runName(s)+" figure "+f.Name+" "], properties[f.Name])
				}
			}
			row := markdown[runName(s)]
			if len(row) != 9 {
				t.Fatalf("%s: the row of %s in Markdown is %q", name, s.Name, row)
			}
			cells := []string{
				grouped(want["ok"]) + " / " + grouped(want["failed"]) + " / " + grouped(want["unknown"]),
				grouped(lost), grouped(want["duplicated"]), grouped(want["reordered"]),
			}
			for k, cell := range cells {
				if row[3+k] != cell {
					t.Errorf("%s, %s: Markdown has %q, JSON %q", name, s.Name, row[3+k], cell)
				}
			}
			if longest := time.Duration(recovery); longest > 0 {
				cells = append(cells, tenths(longest))
				if row[8] != tenths(longest) {
					t.Errorf("%s, %s: Markdown has the recovery %q, JSON %s", name, s.Name, row[8], longest)
				}
			}
			cells[0] = strings.ReplaceAll(cells[0], " ", "")
			if m.Trials == nil && !slices.Contains(terminal[s.Name], strings.Join(cells, " ")) {
				t.Errorf("%s, %s: the terminal has %q, JSON %q", name, s.Name, terminal[s.Name], cells)
			}
			for _, k := range s.Sinks {
				for c, n := range k.Breaks {
					cell := "<td>" + k.Sink + "</td><td>" + string(c) + `</td><td class="n">` + grouped(n) + `</td><td class="bad">`
					if !strings.Contains(articles[i], cell) {
						t.Errorf("%s, %s: the page has not %s", name, s.Name, cell)
					}
					if got := table[runName(s)+" break "+string(c)+" "+k.Sink]; got != (Figure{Value: float64(n)}).Plain() {
						t.Errorf("%s, %s: %d %s in %s, in CSV %q", name, s.Name, n, c, k.Sink, got)
					}
				}
			}
		}
	}
}

// runName is the run under the name that rows have.
func runName(s scenarioJSON) string { return Run{Scenario: s.Name, Trial: s.Trial}.title() }

// terminalRows maps a scenario to its numbers in the table: its cells but for names and
// words.
func terminalRows(text string) map[string][]string {
	out := map[string][]string{}
	for line := range strings.Lines(text) {
		cells := wide.Split(strings.TrimSpace(line), -1)
		if len(cells) < 7 {
			continue
		}
		numbers := cells[3:7]
		if last := cells[len(cells)-1]; len(cells) > 8 {
			numbers = append(slices.Clone(numbers), last)
		}
		out[cells[0]] = append(out[cells[0]], strings.Join(numbers, " "))
	}
	return out
}

var wide = regexp.MustCompile(" {2,}")

// csvTable maps "scenario kind name of" to the value of the row.
func csvTable(t *testing.T, doc []byte) map[string]string {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(doc)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, r := range rows[1:] {
		name := r[0]
		if trial := r[len(r)-1]; trial != "" {
			name += ", trial " + trial
		}
		out[strings.Join([]string{name, r[2], r[3], r[4]}, " ")] = r[6]
	}
	return out
}

// markdownRows maps a scenario to the cells of its row.
func markdownRows(text string) map[string][]string {
	out := map[string][]string{}
	for line := range strings.Lines(text) {
		if cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | "); strings.HasPrefix(line, "| ") && len(cells) > 1 {
			for i := range cells {
				cells[i] = strings.TrimSpace(cells[i])
			}
			out[cells[0]] = cells
		}
	}
	return out
}

func TestEveryFormatIsInTheCatalogueOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range Formats {
		if f.Name() == "" || seen[f.Name()] {
			t.Errorf("the format %q has no name of its own", f.Name())
		}
		seen[f.Name()] = true
		for name, m := range models() {
			out := string(render(t, f, m))
			if strings.Contains(out, "NaN") || strings.Contains(out, "Inf") {
				t.Errorf("%s of %s has a number that is none", f.Name(), name)
			}
		}
		if err := f.Write(full{}, models()["mixed"]); err == nil {
			t.Errorf("%s says nothing of a disk that is full", f.Name())
		}
	}
}
