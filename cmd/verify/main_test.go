package main

import (
	"bytes"
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

// The test binary plays verify's own roles, which the embedded provider starts
// as processes, and programs that somebody else might have written.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && slices.Contains([]string{"processor", "broker", "somebody", "verify"}, os.Args[1]) {
		os.Exit(play(os.Args[1:]))
	}
	goleak.VerifyTestMain(m)
}

func play(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if args[0] == "somebody" {
		return somebodyElse(ctx, args[1])
	}
	if args[0] == "verify" {
		args = args[1:]
	}
	return run(ctx, args, console{stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv})
}

// ended is what a caller of verify sees of it.
type ended struct {
	code           int
	stdout, stderr string
}

func verify(t *testing.T, args ...string) ended {
	t.Helper()
	return verifyUntil(t.Context(), nil, args...)
}

// verifyUntil calls back with each line of progress.
func verifyUntil(ctx context.Context, seen func(line string), args ...string) ended {
	var out bytes.Buffer
	err := &progressLog{seen: seen}
	code := run(ctx, args, console{stdout: &out, stderr: err, getenv: func(name string) string {
		if name == "CI" {
			return "1"
		}
		return os.Getenv(name)
	}})
	return ended{code, out.String(), err.String()}
}

type progressLog struct {
	mu   sync.Mutex
	all  bytes.Buffer
	seen func(line string)
}

func (l *progressLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seen != nil {
		l.seen(string(b))
	}
	return l.all.Write(b)
}

func (l *progressLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

// written gives the path of a file with a text.
func written(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// scenario is a small embedded one with the program as its processor.
func scenario(t *testing.T, name, program, more string) string {
	t.Helper()
	return written(t, name+".yaml", "scenario: "+name+`
topology:
  partitions: 2
  processors:
    - `+program+`
workload: {records: 500, rate: 1000/s, keys: 10}
`+more)
}

// somebody is the command of a program that somebody else wrote.
func somebody(t *testing.T, how string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return "{command: [" + strconv.Quote(self) + ", somebody, " + how + "]}"
}

// sentence wants one line that says all of what.
func sentence(t *testing.T, text string, what ...string) {
	t.Helper()
	if strings.Count(text, "\n") != 1 || !strings.HasPrefix(text, "verify: ") {
		t.Errorf("not one sentence of verify:\n%s", text)
	}
	says(t, text, what...)
}

// says wants all of what in a text, and no trace of a crash.
func says(t *testing.T, text string, what ...string) {
	t.Helper()
	for _, w := range what {
		if !strings.Contains(text, w) {
			t.Errorf("it does not say %q:\n%s", w, text)
		}
	}
	for _, trace := range []string{"goroutine ", "panic:", ".go:"} {
		if strings.Contains(text, trace) {
			t.Errorf("a trace of the program (%s):\n%s", trace, text)
		}
	}
}
