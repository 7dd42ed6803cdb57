package main

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/creack/pty"
)

var (
	escape = regexp.MustCompile("\x1b\\[[0-9;]*m")
	order  = regexp.MustCompile("^\x1b\\[([0-9;]*)([A-Za-z])")
)

// screen is what a person sees of a terminal, as far as the live display and the report
// make use of one.
type screen struct {
	t       *testing.T
	width   int
	rest    string   // of an escape that has not come whole
	rows    []string // those that have scrolled away too
	at      int
	colored bool
	seen    []string // what stood there after each burst of output
	wrapped []string // rows that were wider than the terminal
}

// show takes what was written to the terminal.
func (s *screen) show(burst string) {
	text := s.rest + burst
	for s.rest = ""; text != ""; {
		if text[0] == '\x1b' {
			m := order.FindStringSubmatch(text)
			if m == nil {
				s.rest = text
				break
			}
			s.obey(m[1], m[2])
			text = text[len(m[0]):]
			continue
		}
		for len(s.rows) <= s.at {
			s.rows = append(s.rows, "")
		}
		switch text[0] {
		case '\n':
			if columns(s.rows[s.at]) > s.width {
				s.wrapped = append(s.wrapped, s.rows[s.at])
			}
			s.at++
			text = text[1:]
		case '\r':
			text = text[1:]
		default:
			end := strings.IndexAny(text, "\n\r\x1b")
			if end < 0 {
				end = len(text)
			}
			s.rows[s.at] += text[:end]
			text = text[end:]
		}
	}
	s.seen = append(s.seen, strings.Join(s.rows, "\n"))
}

func (s *screen) obey(number, what string) {
	switch what {
	case "A": // up
		n, err := strconv.Atoi(number)
		if err != nil || n > s.at {
			s.t.Errorf("the cursor goes up %q lines from line %d", number, s.at)
			return
		}
		s.at -= n
	case "J": // erase what is below
		s.rows = s.rows[:min(len(s.rows), s.at)]
	case "m":
		s.colored = true
	default:
		s.t.Errorf("an escape that is not known: %s%s", number, what)
	}
}

// text is what stands there now.
func (s *screen) text() string { return strings.Join(s.rows, "\n") }

// ever tells whether all of what stood there at one moment.
func (s *screen) ever(what ...string) bool {
	for _, moment := range s.seen {
		all := true
		for _, w := range what {
			all = all && strings.Contains(moment, w)
		}
		if all {
			return true
		}
	}
	return false
}

// on has a command run on a terminal of so many columns, and gives what was seen there.
func on(t *testing.T, width int, env map[string]string, args ...string) (*screen, int) {
	t.Helper()
	master, tty, err := pty.Open()
	if err != nil {
		t.Skipf("SKIPPED, no terminals here: %v", err)
	}
	if err := pty.Setsize(tty, &pty.Winsize{Rows: 50, Cols: uint16(width)}); err != nil { //nolint:gosec // columns are few
		t.Fatal(err)
	}
	s := &screen{t: t, width: width}
	read := make(chan struct{})
	go func() {
		defer close(read)
		b := make([]byte, 1<<16)
		for {
			n, err := master.Read(b)
			s.show(string(b[:n]))
			if err != nil { // the other end was closed
				return
			}
		}
	}()
	code := run(t.Context(), args, console{stdout: tty, stderr: tty, getenv: func(name string) string {
		switch name {
		case "CI", "GITHUB_ACTIONS", "NO_COLOR", "TERM":
			return env[name]
		}
		return os.Getenv(name)
	}})
	if err := tty.Close(); err != nil {
		t.Fatal(err)
	}
	<-read
	_ = master.Close()
	return s, code
}

// Two runs at once, one of which loses a process for a while.
func TestAPersonSeesRunsGoOnAndThenTheTableAlone(t *testing.T) {
	t.Parallel()
	calm := scenario(t, "calm", "{reference: at-least-once}", "")
	broken := scenario(t, "broken", "{reference: at-least-once, instances: 2}",
		"faults:\n  - kill: {target: processor/1, at: 20%, restart: 1500ms}\nfloors: {records-in-fault: 20}\n")
	for _, width := range []int{80, 120} {
		s, code := on(t, width, nil, "run", calm, broken, "--parallel", "2", "--records", "1500", "--seed", "7c1e04", "--out", t.TempDir())
		if code != exitUpheld {
			t.Fatalf("exit code %d\n%s", code, s.text())
		}
		for _, w := range s.wrapped {
			if !strings.HasPrefix(w, " kept ") && !strings.HasPrefix(w, " again ") { // a path and a command are never broken
				t.Errorf("at %d columns a row is %d wide: %s", width, columns(w), w)
			}
		}
		if !s.ever("  calm    ", "  broken  ", "load", "sent ", "seen ", "lag ", "0 of 2 done", " left") {
			t.Errorf("at %d columns two runs were never seen at once: %q", width, s.seen)
		}
		if !s.ever("fault: kill processor/1", "✘ processor-1 exited") {
			t.Errorf("at %d columns the fault and its victim were never seen: %q", width, s.seen)
		}
		if !s.ever("silent for ") || !s.ever("1 of 2 done: 1 upheld") {
			t.Errorf("at %d columns the drain or the first end was never seen: %q", width, s.seen)
		}
		end := s.text()
		says(t, end, "surety  scenario calm", "seed 7c1e04", "2 upheld · 0 violated · 0 inconclusive")
		for _, left := range []string{"done", "░", "sent ", "silent"} {
			if strings.Contains(end, left) {
				t.Errorf("at %d columns %q is left of what moved:\n%s", width, left, end)
			}
		}
		if n := strings.Count(end, "✔ upheld"); n != 2 {
			t.Errorf("at %d columns %d of 2 verdicts stand there:\n%s", width, n, end)
		}
		if !s.colored {
			t.Errorf("at %d columns nothing is coloured", width)
		}
	}
}

// What is wanted of the display is what it is.
func TestADisplayIsAsItIsAskedToBe(t *testing.T) {
	t.Parallel()
	file := scenario(t, "small", "{reference: at-least-once}", "")
	for _, tt := range []struct {
		reason         string
		env            map[string]string
		flag           string
		moves, colored bool
		lines          bool // plain ones
	}{
		{"a terminal without colours", map[string]string{"NO_COLOR": "1"}, "", true, false, false},
		{"plain lines on a terminal", nil, "--plain", false, false, true},
		{"a dumb terminal", map[string]string{"TERM": "dumb"}, "", false, false, true},
		{"nothing but the report", nil, "--quiet", false, true, false},
	} {
		args := []string{"run", file, "--out", t.TempDir()}
		if tt.flag != "" {
			args = append(args, tt.flag)
		}
		s, code := on(t, 120, tt.env, args...)
		if code != exitUpheld {
			t.Fatalf("%s: exit code %d\n%s", tt.reason, code, s.text())
		}
		if moves := s.ever("0 of 1 done"); moves != tt.moves {
			t.Errorf("%s: something moves: %v", tt.reason, moves)
		}
		if s.colored != tt.colored {
			t.Errorf("%s: coloured: %v", tt.reason, s.colored)
		}
		if lines := s.ever("upheld   (1 of 1)"); lines != tt.lines {
			t.Errorf("%s: plain lines: %v\n%s", tt.reason, lines, s.text())
		}
		if quiet := !s.ever("surety  scenario small"); quiet != (tt.flag == "--quiet") {
			t.Errorf("%s: no heading: %v", tt.reason, quiet)
		}
		says(t, s.text(), "✔ upheld", "again  verify run")
	}
}
