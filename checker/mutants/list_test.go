package mutants

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// mutant is one mistake: a text that stands once in a file, and what takes its
// place.
type mutant struct {
	line     int    // in the list
	file     string // below checker
	old, new string
	survives string // why no test can notice it; empty for all others
}

func (m mutant) String() string {
	return fmt.Sprintf("%s (line %d of the list): %s -> %s", m.file, m.line, short(m.old), short(m.new))
}

func short(s string) string { return strings.Join(strings.Fields(s), " ") }

// readList parses the list. A block of lines is one mutant:
//
//	file trial.go
//	- what stands there
//	+ what is to stand there
//	survives because ...
//
// The file holds for all blocks until the next one. Lines of - and of + are joined
// by line ends, without the blanks around each. A line of # is a comment.
func readList(name string) ([]mutant, error) {
	text, err := os.ReadFile(name) //nolint:gosec // a file of this package
	if err != nil {
		return nil, err
	}
	var list []mutant
	var file string
	var m mutant
	var old, replaced []string
	flush := func() {
		if old != nil {
			m.file, m.old, m.new = file, strings.Join(old, "\n"), strings.Join(replaced, "\n")
			list = append(list, m)
		}
		m, old, replaced = mutant{}, nil, nil
	}
	for i, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		word, rest, _ := strings.Cut(line, " ")
		rest = strings.TrimSpace(rest)
		switch word {
		case "#":
		case "":
			flush()
		case "file":
			flush()
			file = rest
		case "-":
			if old == nil {
				m.line = i + 1
			}
			old = append(old, rest)
		case "+":
			replaced = append(replaced, rest)
		case "survives":
			m.survives = rest
		default:
			return nil, fmt.Errorf("%s:%d: a line starts with file, -, +, survives or #; this is %q", name, i+1, line)
		}
	}
	flush()
	return list, nil
}

// apply gives the source with the mistake in it. The old text is looked for line by
// line, whatever the blanks around lines; it must stand there exactly once.
func (m mutant) apply() (string, error) {
	text, err := os.ReadFile(filepath.Join("..", m.file)) //nolint:gosec // a file of this module
	if err != nil {
		return "", err
	}
	source, old := strings.Split(string(text), "\n"), strings.Split(m.old, "\n")
	at, column := -1, 0
	for i := range len(source) - len(old) + 1 {
		c, found := matches(source[i:i+len(old)], old)
		if !found {
			continue
		}
		if at >= 0 || len(old) == 1 && strings.Count(source[i], old[0]) > 1 {
			return "", fmt.Errorf("%s: the text stands there more than once: add the lines around it", m)
		}
		at, column = i, c
	}
	if at < 0 {
		return "", fmt.Errorf("%s: no such text: the source has changed, and the list must follow", m)
	}
	var changed string
	if len(old) == 1 {
		changed = source[at][:column] + m.new + source[at][column+len(old[0]):]
	} else {
		changed = m.new
	}
	lines := append(source[:at:at], changed)
	return strings.Join(append(lines, source[at+len(old):]...), "\n"), nil
}

// matches compares whole lines where there are several, and looks for a part of
// one line where there is one.
func matches(source, old []string) (column int, found bool) {
	if len(old) == 1 {
		column = strings.Index(source[0], old[0])
		return column, column >= 0
	}
	for i := range old {
		if strings.TrimSpace(source[i]) != old[i] {
			return 0, false
		}
	}
	return 0, true
}
