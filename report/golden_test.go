package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"surety/checker"
	"surety/checker/history"
)

var update = flag.Bool("update", false, "write the golden files anew")

func render(t *testing.T, f Format, m *Model) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := f.Write(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestFormatsWriteTheirGoldenFiles(t *testing.T) {
	for _, format := range []struct {
		Format
		ending string
	}{{Terminal{}, ".txt"}, {Terminal{Color: true}, ".ansi"}, {JSON{}, ".json"}, {JUnit{}, ".xml"}, {Markdown{}, ".md"}, {HTML{}, ".html"}, {CSV{}, ".csv"}} {
		for _, name := range slices.Sorted(maps.Keys(models())) {
			file := filepath.Join("testdata", name+format.ending)
			got := render(t, format, models()[name])
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s is another than %s (see it with -update):\n%s", format.Name(), file, got)
			}
		}
	}
}

var paint = regexp.MustCompile("\x1b\\[[0-9]*m")

func TestColourIsNeverTheOnlySign(t *testing.T) {
	for name, m := range models() {
		plain, coloured := render(t, Terminal{}, m), render(t, Terminal{Color: true}, m)
		if !bytes.Equal(paint.ReplaceAll(coloured, nil), plain) {
			t.Errorf("%s: without its colours the output is another:\n%s", name, coloured)
		}
		if bytes.ContainsRune(plain, 0x1b) {
			t.Errorf("%s: colours where none are wanted", name)
		}
	}
}

func TestLinesEndWhereTheirTextEnds(t *testing.T) {
	for name, m := range models() {
		for line := range strings.Lines(string(render(t, Terminal{}, m))) {
			if text := strings.TrimSuffix(line, "\n"); strings.TrimRight(text, " \t") != text {
				t.Errorf("%s: %q ends with blanks", name, text)
			}
		}
	}
}

func TestTheTableOfAnEverydaySuiteFitsATerminal(t *testing.T) {
	inconclusive, unsupported := inconclusive(), unsupported()
	for line := range strings.Lines(string(render(t, Terminal{}, model(2, control(), upheld(), inconclusive, unsupported)))) {
		if n := utf8.RuneCountInString(line); n > 121 {
			t.Errorf("%d columns: %s", n-1, line)
		}
	}
}

var cells = regexp.MustCompile(` {2,}`)

// What a person reads and what a program reads are the same numbers.
func TestTerminalAndJSONAgree(t *testing.T) {
	for name, m := range models() {
		if m.Trials != nil { // these have another table
			continue
		}
		var d document
		if err := json.Unmarshal(render(t, JSON{}, m), &d); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		text := string(render(t, Terminal{}, m))
		rows := strings.Split(text, "\n")[1:]
		if len(d.Scenarios) != len(m.Runs) {
			t.Errorf("%s: %d scenarios of %d runs", name, len(d.Scenarios), len(m.Runs))
		}
		for i, s := range d.Scenarios {
			row := cells.Split(strings.TrimSpace(rows[i]), -1)
			if row[0] != s.Name {
				t.Errorf("%s: row %d is %q, in JSON %s", name, i, row, s.Name)
			}
			if s.Examined == nil {
				if len(row) != 3 {
					t.Errorf("%s: nothing was examined and the row is %q", name, row)
				}
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
			want := []string{
				fmt.Sprintf("%s/%s/%s", grouped(s.Examined.OK), grouped(s.Examined.Failed), grouped(s.Examined.Unknown)),
				grouped(lost), grouped(s.Counts[checker.Duplicated]), grouped(s.Counts[checker.Reordered]),
			}
			if !slices.Equal(row[3:7], want) {
				t.Errorf("%s, %s: the row has %q, JSON %q", name, s.Name, row[3:7], want)
			}
			for _, k := range s.Sinks {
				for c, n := range k.Breaks {
					if s.Met || c == checker.Stuck {
						continue
					}
					if !strings.Contains(text, fmt.Sprintf("   %-15s %s ", c, grouped(n))) {
						t.Errorf("%s, %s: JSON has %d %s, the text does not", name, s.Name, n, c)
					}
				}
			}
		}
		for outcome, n := range d.Tally {
			if !strings.Contains(text, fmt.Sprintf("%d %s", n, outcome)) {
				t.Errorf("%s: JSON counts %d %s, the text does not", name, n, outcome)
			}
		}
		if d.ExitCode != m.ExitCode || d.Seed != m.Seed {
			t.Errorf("%s: exit code %d, seed %s", name, d.ExitCode, d.Seed)
		}
	}
}

func TestJSONListsAreNeverNull(t *testing.T) {
	for name, m := range models() {
		for _, field := range []string{`"scenarios": null`, `"faults": null`, `"tally": null`} {
			if strings.Contains(string(render(t, JSON{}, m)), field) {
				t.Errorf("%s has %s", name, field)
			}
		}
	}
}

// What vanished is lost already where losses were judged: nobody is counted twice.
func TestVanishedIsCountedOnce(t *testing.T) {
	r := upheld()
	r.Verdict.Sinks[0].Counts[checker.Lost], r.Verdict.Sinks[0].Counts[checker.Vanished] = 9, 7
	if n := r.lost(); n != 9 {
		t.Errorf("9 lost, 7 of them after they were seen, are %d", n)
	}
	delete(r.Verdict.Sinks[0].Counts, checker.Lost)
	if n := r.lost(); n != 7 {
		t.Errorf("7 vanished where losses could not be judged are %d", n)
	}
}

func TestNumbers(t *testing.T) {
	for _, tt := range []struct{ reason, got, want string }{
		{"nothing", grouped(0), "0"},
		{"no group", grouped(999), "999"},
		{"one group", grouped(1000), "1,000"},
		{"two groups", grouped(1234567), "1,234,567"},
		{"below zero", grouped(-1234), "-1,234"},
		{"below zero, no group", grouped(-123), "-123"},
		{"the least number", grouped(math.MinInt64), "-9,223,372,036,854,775,808"},
		{"a share of nothing", share(0, 0), "none"},
		{"all", share(5, 5), "100.00 %"},
		{"few, but not none", share(1, 1000000), "< 0.01 %"},
		{"none of many", share(0, 1000000), "0.00 %"},
		{"one", plural(1, "key"), "1 key"},
		{"many", plural(12000, "key"), "12,000 keys"},
		{"a moment", stamp(history.Nanos(3420 * time.Millisecond)), "3.42 s"},
		{"a time", tenths(7240 * time.Millisecond), "7.2 s"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %q, want %q", tt.reason, tt.got, tt.want)
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }
