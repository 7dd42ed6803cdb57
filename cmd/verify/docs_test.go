package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"surety/report"
	"surety/scenarios"
	"surety/scenarios/catalogue"
	"surety/topologies/docker/engine"
)

// block is one fenced block of a page. The words after its language say how it is taken:
//
//	console             run in the page's directory; stdout is exactly what is written
//	console varies      but for numbers, seeds and times
//	console slow        not among the quick tests; `containers` also wants Docker
//	LANG file=PATH      a file of the page's directory
//	diff apply          a change of such files
//	text stored=PATH    what a stored document of verify shrink --json is for people
type block struct {
	line  int
	words []string
	text  string
}

func (b block) is(word string) bool { return slices.Contains(b.words, word) }

// file is what the block holds; empty where it is no file.
func (b block) file() string { return b.value("file=") }

func (b block) value(name string) string {
	for _, w := range b.words {
		if path, ok := strings.CutPrefix(w, name); ok {
			return path
		}
	}
	return ""
}

var fence = regexp.MustCompile("(?ms)^( *)```([^\n`]+)\n(.*?)^ *```$")

func blocksOf(text string) (out []block) {
	for _, m := range fence.FindAllStringSubmatchIndex(text, -1) {
		indent := text[m[2]:m[3]]
		var body strings.Builder
		for line := range strings.Lines(text[m[6]:m[7]]) {
			body.WriteString(strings.TrimPrefix(line, indent))
		}
		out = append(out, block{1 + strings.Count(text[:m[0]], "\n"), strings.Fields(text[m[4]:m[5]]), body.String()})
	}
	return out
}

// command is one command of a console block, and what it is written to say.
type command struct{ line, says string }

func (b block) commands() (out []command) {
	for line := range strings.Lines(b.text) {
		if typed, is := strings.CutPrefix(line, "$ "); is {
			out = append(out, command{line: strings.TrimSpace(typed)})
		} else if len(out) > 0 {
			out[len(out)-1].says += line
		}
	}
	return out
}

// pages are all pages of the project, by their path from its root.
func pages(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	root := os.DirFS("../..")
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (path == "results/runs" || strings.HasPrefix(path, ".git")) {
			return firstOf(err, fs.SkipDir)
		}
		if filepath.Ext(path) == ".md" {
			text, err := fs.ReadFile(root, path)
			out[path] = string(text)
			return err
		}
		return nil
	})
	if err != nil || len(out) < 4 {
		t.Fatalf("%d pages, %v", len(out), err)
	}
	return out
}

func firstOf(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// session is a person who does what a page says, in a directory that looks like a
// checkout.
type session struct {
	t       *testing.T
	dir, at string
	env     []string
}

func newSession(t *testing.T) *session {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir, bin := t.TempDir(), t.TempDir()
	verify := fmt.Sprintf("#!/bin/sh\nexec '%s' verify \"$@\"\n", self)
	if err := os.WriteFile(filepath.Join(bin, "verify"), []byte(verify), 0o755); err != nil { //nolint:gosec // it is run
		t.Fatal(err)
	}
	// What is published can be read; what is run is kept apart from it.
	published, err := filepath.Glob(filepath.Join(root, "results", "*"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "results"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, path := range published {
		if filepath.Base(path) == "runs" {
			continue
		}
		if err := os.Symlink(path, filepath.Join(dir, "results", filepath.Base(path))); err != nil {
			t.Fatal(err)
		}
	}
	env := append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "CI=1", "GITHUB_ACTIONS=",
		// A clone of the project is one of this checkout.
		"GIT_CONFIG_COUNT=2", "GIT_CONFIG_KEY_0=url.file://"+root+".insteadOf", "GIT_CONFIG_VALUE_0=https://github.com/your-org/surety",
		"GIT_CONFIG_KEY_1=safe.directory", "GIT_CONFIG_VALUE_1=*")
	return &session{t: t, dir: dir, at: dir, env: env}
}

// patience bounds one command of a page.
const patience = 10 * time.Minute

// do runs one command. `go run ./cmd/verify` is verify, which need not be built again.
func (s *session) do(ctx context.Context, line string) (stdout, stderr string, err error) {
	if to, is := strings.CutPrefix(line, "cd "); is {
		s.at = filepath.Join(s.at, to)
		_, err := os.Stat(s.at)
		return "", "", err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	line = strings.ReplaceAll(line, "go run ./cmd/verify", "verify")
	cmd := exec.CommandContext(ctx, "bash", "-c", line) //nolint:gosec // the page's own command
	cmd.Dir, cmd.Env, cmd.WaitDelay = s.at, s.env, 5*time.Second
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	err = cmd.Run()
	return out.String(), complaints.String(), err
}

// follow does what the blocks of a page say that are wanted.
func (s *session) follow(page, text string, wanted func(b block) bool) (commands int) {
	for _, b := range blocksOf(text) {
		where := fmt.Sprintf("%s:%d", page, b.line)
		switch {
		case !wanted(b):
		case b.file() != "":
			path := filepath.Join(s.at, b.file())
			err := os.MkdirAll(filepath.Dir(path), 0o755)
			if err == nil {
				err = os.WriteFile(path, []byte(b.text), 0o644)
			}
			if err != nil {
				s.t.Fatalf("%s: %v", where, err)
			}
		case b.is("apply"):
			cmd := exec.CommandContext(s.t.Context(), "git", "apply", "--unidiff-zero", "-")
			cmd.Dir, cmd.Env, cmd.Stdin = s.at, s.env, strings.NewReader(b.text)
			if out, err := cmd.CombinedOutput(); err != nil {
				s.t.Fatalf("%s: %v: %s", where, err, out)
			}
		case b.is("console"):
			for _, c := range b.commands() {
				s.check(where, b, c)
				commands++
			}
		}
	}
	return commands
}

// check runs a command and holds what it said against what is written.
func (s *session) check(where string, b block, c command) {
	stdout, stderr, err := s.do(s.t.Context(), c.line)
	if c.says == "" {
		if err != nil {
			s.t.Fatalf("%s: %s: %v\n%s%s", where, c.line, err, stdout, stderr) // what follows builds on it
		}
		return
	}
	stdout = strings.ReplaceAll(stdout, s.dir+"/", "")
	if strings.HasPrefix(c.says, "surety  ") { // the first line of what is watched
		first, _, _ := strings.Cut(stderr, "\n")
		stdout = first + "\n\n" + stdout
	}
	if !said(c.says, stdout, b.is("varies")) {
		s.t.Errorf("%s: %s\nsays (%v):\n%s\nand is written to say:\n%s\n%s", where, c.line, err, stdout, c.says, stderr)
	}
}

var (
	aSeed   = regexp.MustCompile(`(seed |runs/[a-z0-9-]+?-)[0-9a-f]{4,16}\b`)
	aNumber = regexp.MustCompile(`\d[\d,]*(\.\d+)?`)
	aTime   = regexp.MustCompile(` +N s$`) // a recovery may be too short to be told
)

// example is how the lines of the first findings begin, which differ from run to run.
const example = "     "

// said tells whether got is what is written, where a line of three dots stands for any
// lines.
func said(written, got string, varies bool) bool {
	lines := func(text string) (out []string) {
		for l := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
			if l = strings.TrimRight(l, " "); varies {
				if strings.HasPrefix(l, example) {
					continue
				}
				l = aNumber.ReplaceAllString(aSeed.ReplaceAllString(l, "${1}S"), "N")
				l = aTime.ReplaceAllString(strings.Join(strings.Fields(l), " "), "")
			}
			out = append(out, l)
		}
		return out
	}
	return matches(lines(written), lines(got))
}

func matches(written, got []string) bool {
	if len(written) == 0 {
		return len(got) == 0
	}
	if strings.TrimSpace(written[0]) == "..." {
		for skip := range len(got) + 1 {
			if matches(written[1:], got[skip:]) {
				return true
			}
		}
		return false
	}
	return len(got) > 0 && written[0] == got[0] && matches(written[1:], got[1:])
}

func TestWhatAPageWritesIsComparedByItsLines(t *testing.T) {
	for _, tt := range []struct {
		reason, written, got string
		varies, same         bool
	}{
		{"the same", "a 1\nb\n", "a 1\nb\n", false, true},
		{"another number", "a 1", "a 2", false, false},
		{"another number that may vary", "a 1,204 in 3.1 s", "a 7 in 12 s", true, true},
		{"another word where numbers vary", "a 1 lost", "a 1 dup", true, false},
		{"another finding", "lost 2\n     key k1\n", "lost 3\n     key k2, a prefix\n", true, true},
		{"another seed", "verify run --seed 56746b", "verify run --seed a0b1c2", true, true},
		{"lines left out", "a\n...\nd", "a\nb\nc\nd", false, true},
		{"no lines left out", "a\n...\nd", "a\nd", false, true},
		{"lines left out at the end", "a\n...", "a\nb", false, true},
		{"a line too many", "a\nd", "a\nb\nd", false, false},
		{"a line too few", "a\nb\nd", "a\nd", false, false},
	} {
		if said(tt.written, tt.got, tt.varies) != tt.same {
			t.Errorf("%s: %q and %q", tt.reason, tt.written, tt.got)
		}
	}
}

// Every quick command of every page says what is written there.
func TestThePagesSayWhatTheirCommandsSay(t *testing.T) {
	t.Parallel()
	total := 0
	for page, text := range pages(t) {
		total += newSession(t).follow(page, text, func(b block) bool { return !b.is("slow") && !b.is("containers") })
	}
	if total < 5 {
		t.Errorf("only %d commands were found", total)
	}
}

// And so do those that take their time: clones, builds, runs. They belong to the gate's
// container step.
func TestContainersThePagesFromTopToBottom(t *testing.T) {
	e, err := engine.Open(t.Context())
	if err != nil {
		if os.Getenv("SURETY_REQUIRE_DOCKER") == "1" {
			t.Fatalf("SURETY_REQUIRE_DOCKER=1: %v", err)
		}
		t.Skipf("SKIPPED, no containers here: %v", err)
	}
	t.Cleanup(func() { _ = e.Close() })
	for page, text := range pages(t) {
		if slices.ContainsFunc(blocksOf(text), func(b block) bool { return b.is("slow") || b.is("containers") }) {
			t.Run(page, func(t *testing.T) { newSession(t).follow(page, text, func(block) bool { return true }) })
		}
	}
}

// A block that is shown as a console is one that is run, and says how.
func TestBlocksOfPagesSayWhatTheyAre(t *testing.T) {
	known := []string{"varies", "slow", "containers", "apply"}
	for page, text := range pages(t) {
		if n := strings.Count(text, "\n```"); n%2 != 0 {
			t.Errorf("%s: a block does not end", page)
		}
		for _, b := range blocksOf(text) {
			for _, w := range b.words[1:] {
				if !slices.Contains(known, w) && !strings.HasPrefix(w, "file=") && !strings.HasPrefix(w, "stored=") {
					t.Errorf("%s:%d: a block that is %q", page, b.line, w)
				}
			}
			switch b.words[0] {
			case "console":
				if len(b.commands()) == 0 {
					t.Errorf("%s:%d: a console without a command", page, b.line)
				}
			case "text":
				if path := b.value("stored="); path != "" {
					var text strings.Builder
					reduced := &report.Shrunk{}
					stored, err := os.ReadFile(filepath.Join("..", "..", path))
					if err := errors.Join(err, json.Unmarshal(stored, reduced), reduced.Text(&text)); err != nil {
						t.Fatal(err)
					}
					if !said(b.text, text.String(), false) {
						t.Errorf("%s:%d: %s says\n%s", page, b.line, path, text.String())
					}
				}
			case "sh", "bash", "shell":
				t.Errorf("%s:%d: commands stand in console blocks, where they are run", page, b.line)
			}
		}
	}
}

var inline = regexp.MustCompile("`verify ([^`]+)`")

// Commands, flags and names that the pages speak of exist.
func TestThePagesNameCommandsThatExist(t *testing.T) {
	v := catalogue.Vocabulary()
	known := map[string]bool{}
	exists := func(name string) bool {
		if _, asked := known[name]; !asked {
			_, err := scenarios.Select(name, v)
			known[name] = err == nil
		}
		return known[name]
	}
	found := 0
	for page, text := range pages(t) {
		var lines []string
		for _, m := range inline.FindAllStringSubmatch(text, -1) {
			lines = append(lines, strings.Join(strings.Fields(m[1]), " "))
		}
		for _, b := range blocksOf(text) {
			for _, c := range b.commands() {
				if _, typed, is := strings.Cut(" "+c.line, " verify "); is {
					lines = append(lines, typed)
				}
			}
		}
		for _, line := range lines {
			found++
			if wrong := misnamed(line, exists); wrong != "" {
				t.Errorf("%s: verify %s: %s", page, line, wrong)
			}
		}
	}
	if found < 30 {
		t.Errorf("only %d commands were found", found)
	}
}

var placeholder = regexp.MustCompile(`[A-Z]{1}[A-Z|.]*|[.*/>|&$"']|^-?[0-9]|^\[`)

// misnamed says what of a command line does not exist; exists tells it of scenarios
// and suites.
func misnamed(line string, exists func(name string) bool) string {
	line, _, _ = strings.Cut(strings.ReplaceAll(line, `\|`, "|"), " >")
	words := strings.Fields(line)
	cmd, rest, err := newRoot(console{getenv: os.Getenv}).Find(words)
	if err != nil {
		return err.Error()
	}
	if cmd.Name() == "verify" && len(rest) > 0 && !strings.HasPrefix(rest[0], "-") {
		return "no such command"
	}
	for i, w := range rest {
		if name, is := strings.CutPrefix(w, "--"); is {
			name, _, _ = strings.Cut(strings.TrimRight(name, ",.;:"), "=")
			if cmd.Flags().Lookup(name) == nil && name != "help" && name != "" {
				return "no flag --" + name
			}
			continue
		}
		valued := i > 0 && strings.HasPrefix(rest[i-1], "-")
		if cmd.Name() == "run" && !valued && !strings.HasPrefix(w, "-") && !placeholder.MatchString(w) && !exists(w) {
			return "no scenario or suite " + w
		}
	}
	return ""
}
