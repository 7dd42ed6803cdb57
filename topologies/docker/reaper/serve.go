package reaper

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/moby/moby/client"
)

// VariableRun is the environment variable that tells the reaper its run.
const VariableRun = "SURETY_RUN"

// VariableListen is the environment variable that tells the reaper where to listen,
// as host:port. Empty means its usual port, of all addresses of the container.
const VariableListen = "SURETY_LISTEN"

// port is where the reaper listens inside its container.
const port = 8475

// The words on the connection, one line each: the harness names its run, and the
// reaper answers that it watches, or why it cannot. From then on the open
// connection is all that is said.
const (
	watching = "watching"
	cannot   = "cannot: "
)

// How long the harness may take. All of it, the removing and the settling together
// stay well below 15 s.
const (
	firstWithin = 5 * time.Second // until it connects at all
	grace       = time.Second     // between a lost connection and a new one
	settle      = 2 * time.Second // after the last thing that appeared
	helloWithin = 5 * time.Second
	reapWithin  = 5 * time.Minute // an engine under load, or one that restarts
	askWithin   = 5 * time.Second
)

// Main is `verify reaper`: it waits until the harness of the run in SURETY_RUN is
// gone, and removes what the run left. It ends early when ctx does.
func Main(ctx context.Context, getenv func(string) string, stderr io.Writer) error {
	run := getenv(VariableRun)
	if run == "" {
		return fmt.Errorf("the environment variable %s is not set; it holds the id of the run to watch", VariableRun)
	}
	api, err := client.New(client.FromEnv)
	if err != nil {
		return fmt.Errorf("reach the container engine: %w", err)
	}
	defer func() { _ = api.Close() }()
	addr := getenv(VariableListen)
	if addr == "" {
		addr = fmt.Sprintf(":%d", port)
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("listen for the harness: %w", err)
	}
	s := &server{run: run, joins: make(chan bool), sick: try(ctx, api)}
	if err := s.untilGone(ctx, l); err != nil {
		return nil // told to end
	}
	ctx, cancel := context.WithTimeout(ctx, reapWithin)
	defer cancel()
	return reap(ctx, api, run, stderr)
}

// try asks the engine once for what reaping will need.
func try(ctx context.Context, e Engine) error {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	_, err := look(ctx, e, "none")
	return err
}

// reap sweeps until it succeeded, whatever the engine answers in between.
func reap(ctx context.Context, e Engine, run string, log io.Writer) error {
	for {
		removed, err := Sweep(ctx, e, run, settle)
		for _, name := range removed {
			if _, err := fmt.Fprintf(log, "removed %s\n", name); err != nil {
				log = io.Discard
			}
		}
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(lookAgain):
		}
	}
}

// server accepts the harness.
type server struct {
	run   string
	joins chan bool // true for a harness that came, false for one that went
	sick  error     // why reaping will not work; nil = it will
}

// untilGone returns nil when the harness is gone for good, and the context's error
// when that ends first. It closes the listener.
func (s *server) untilGone(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				wg.Go(func() { s.serve(ctx, c) })
				continue
			}
			select { // out of descriptors, or a connection that was reset before its time
			case <-ctx.Done():
				return
			case <-time.After(lookAgain):
			}
		}
	})
	err := await(ctx, s.joins)
	cancel()
	_ = l.Close()
	return err
}

// serve holds one connection until its far side is gone.
func (s *server) serve(ctx context.Context, c net.Conn) {
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	defer func() { _ = c.Close() }()
	if err := c.SetDeadline(time.Now().Add(helloWithin)); err != nil {
		return
	}
	in := bufio.NewReader(io.LimitReader(c, 1<<10))
	line, err := in.ReadString('\n')
	if err != nil {
		return
	}
	answer := watching
	switch {
	case strings.TrimSpace(line) != s.run:
		answer = cannot + "this is the reaper of run " + s.run
	case s.sick != nil:
		answer = cannot + strings.ReplaceAll(s.sick.Error(), "\n", " ")
	}
	if answer == watching && !s.join(ctx, true) {
		return
	}
	if _, err := io.WriteString(c, answer+"\n"); err == nil && answer == watching {
		if err := c.SetDeadline(time.Time{}); err == nil {
			_, _ = io.Copy(io.Discard, c) // ends with the connection, however it ends
		}
	}
	if answer == watching {
		s.join(ctx, false)
	}
}

func (s *server) join(ctx context.Context, came bool) bool {
	select {
	case s.joins <- came:
		return true
	case <-ctx.Done():
		return false
	}
}

// await counts the harness's connections and returns nil when there has been none
// for too long.
func await(ctx context.Context, joins <-chan bool) error {
	open := 0
	t := time.NewTimer(firstWithin)
	defer t.Stop()
	for {
		select {
		case came := <-joins:
			if came {
				open++
				t.Stop()
			} else if open--; open == 0 {
				t.Reset(grace)
			}
		case <-t.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// socketInside is where the engine's socket is mounted, the default of its clients.
const socketInside = "/var/run/docker.sock"

// socketOf gives the path of the engine's socket as the engine itself sees it.
func socketOf(host string) (string, error) {
	if path := os.Getenv("TESTCONTAINERS_DOCKER_SOCKET_OVERRIDE"); path != "" {
		return path, nil
	}
	path, ok := strings.CutPrefix(host, "unix://")
	if !ok {
		return "", fmt.Errorf("the engine at %s has no socket that a container could use", host)
	}
	return path, nil
}
