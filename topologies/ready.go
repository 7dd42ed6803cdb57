package topologies

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"strings"
	"time"
)

// Ready is how an instance of a processor shows that it is at work. None of the
// fields set means that the harness's own fences, which must come through, are the
// first sign.
type Ready struct {
	Log    string        `json:"log,omitempty"`  // regular expression; a line of its output matches
	Port   int           `json:"port,omitempty"` // a TCP port of its own accepts
	HTTP   string        `json:"http,omitempty"` // GET of this path at Port answers 2xx or 3xx
	Within time.Duration `json:"within_ns,omitempty"`
}

// Any tells whether there is a condition.
func (r Ready) Any() bool { return r.Log != "" || r.Port != 0 }

func (r Ready) String() string {
	switch {
	case r.Log != "":
		return fmt.Sprintf("a line of its log that matches %q", r.Log)
	case r.HTTP != "":
		return fmt.Sprintf("an answer 2xx or 3xx of port %d to GET %s", r.Port, r.HTTP)
	}
	return fmt.Sprintf("a connection to its port %d", r.Port)
}

// readyWithin is how long an instance may take where nothing is said.
const readyWithin = time.Minute

// Await waits until the node is ready. probe asks a port from inside the node's
// network; path is empty where a connection is enough. A node that ends before, or
// is not ready in time, is an *EnvironmentError that quotes its log.
func (r Ready) Await(ctx context.Context, n Node, probe func(ctx context.Context, port int, path string) error) error {
	line, err := regexp.Compile(r.Log)
	if err != nil {
		return fmt.Errorf("ready: %q is no regular expression: %w", r.Log, err)
	}
	within := r.Within
	if within == 0 {
		within = readyWithin
	}
	short, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	seen := errors.New("no answer")
	for {
		err := r.look(short, n, line, probe)
		if err == nil {
			return nil
		}
		// A time-out may tell of our own haste alone.
		if late, ok := errors.AsType[net.Error](err); !ok || !late.Timeout() {
			seen = err
		}
		if err := Ended(short, n); err != nil && short.Err() == nil {
			return err
		}
		select {
		case <-tick.C:
		case <-short.Done():
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return &EnvironmentError{
				What: fmt.Sprintf("%s was not ready within %s: there was not %s (%v)%s", n.ID(), within, r, seen, lastWords(n)),
				Try:  "read its log, change ready: in the scenario, or give it more time with within:",
			}
		}
	}
}

// look says what is missing, or nil where nothing is.
func (r Ready) look(ctx context.Context, n Node, line *regexp.Regexp, probe func(context.Context, int, string) error) error {
	if r.Log == "" {
		return probe(ctx, r.Port, r.HTTP)
	}
	l, ok := n.(Logger)
	if !ok {
		return errors.New("its provider keeps no log")
	}
	text, err := os.ReadFile(l.LogFile())
	if err != nil {
		return err
	}
	for one := range strings.Lines(string(text)) {
		if line.MatchString(strings.TrimRight(one, "\r\n")) {
			return nil
		}
	}
	return errors.New("no line does")
}

// Ended is nil while the process of the node is there, and else an
// *EnvironmentError that tells how it ended and quotes its log. It is for nodes that
// nobody has ended on purpose.
func Ended(ctx context.Context, n Node) error {
	s, ok := n.(Stater)
	if !ok {
		return nil
	}
	st, err := s.State(ctx)
	if err != nil {
		return err
	}
	spare, is := n.(Spare)
	if waits := is && spare.Spare() && st.Starts == 0; waits || st.Status != Exited {
		return nil
	}
	if w, ok := n.(LogEnder); ok {
		if err := w.EndLog(ctx); err != nil {
			return err
		}
	}
	e := &EnvironmentError{Try: "read its log, and try the command by hand"}
	e.What = fmt.Sprintf("%s ended by itself with exit code %d%s", n.ID(), st.ExitCode, lastWords(n))
	if x, ok := n.(Explainer); ok {
		if try := x.Explain(st, Tail(n, quoted)); try != "" {
			e.Try = try
		}
	}
	return e
}

// LogEnder waits until all that a process said that has ended is in its log file.
type LogEnder interface {
	EndLog(ctx context.Context) error
}

// Explainer knows what an end of a node's process may come from and what to change;
// empty where it does not. log is the end of its log.
type Explainer interface {
	Explain(st ProcessState, log string) (try string)
}

// quoted is how many lines of a log a message quotes.
const quoted = 5

// lastWords quotes the end of the node's log.
func lastWords(n Node) string {
	tail := Tail(n, quoted)
	if tail == "" {
		return "; its log is empty"
	}
	return "; its log ends with\n    " + strings.ReplaceAll(tail, "\n", "\n    ")
}

// longestTail bounds what is read of a log's end.
const longestTail = 64 << 10

// Tail is the last lines of the node's log, as many as asked; empty where there is
// none.
func Tail(n Node, lines int) string {
	l, ok := n.(Logger)
	if !ok {
		return ""
	}
	f, err := os.Open(l.LogFile())
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	if info, err := f.Stat(); err == nil && info.Size() > longestTail {
		if _, err := f.Seek(-longestTail, io.SeekEnd); err != nil {
			return ""
		}
	}
	b, err := io.ReadAll(io.LimitReader(f, longestTail))
	if err != nil {
		return ""
	}
	all := strings.Split(strings.TrimRight(string(b), "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
