package reaper

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/moby/moby/client"
)

// Start is what a reaper needs.
type Start struct {
	API    client.APIClient
	Name   string // of the container
	Image  string // of verify
	Binary string // path of verify, where it runs on this machine; empty = start from this process
	Run    string
	Port   func() (string, error) // a free host:port of this machine
	Taken  func(error) bool       // tells that the port was taken in between
}

// Watch is the connection that keeps a run alive.
type Watch struct {
	addr, run string
	cancel    context.CancelFunc
	done      chan struct{}
}

const (
	portTries     = 5
	connectWithin = 20 * time.Second
)

// Begin starts the reaper of the run and returns when it watches. An error says why
// there can be none; nothing is left of it then.
func Begin(ctx context.Context, s Start) (*Watch, error) {
	host := s.API.DaemonHost()
	socket, err := socketOf(host)
	if err != nil {
		return nil, err
	}
	l := launch{Name: s.Name, Image: s.Image, Run: s.Run, Labels: Labels(s.Run), Socket: socket}
	l.Labels[LabelRole] = Role
	for try := 1; ; try++ {
		if l.Publish, err = s.Port(); err != nil {
			return nil, err
		}
		if s.Binary == "" {
			err = l.do(ctx, s.API)
		} else {
			err = l.apart(ctx, s.Binary, host)
		}
		if err == nil {
			break
		}
		switch {
		case ctx.Err() != nil, try == portTries:
			return nil, err
		case !s.Taken(err) && l.Shared:
			return nil, err
		case !s.Taken(err):
			l.Shared = true // some engines have no bridge of their own
		}
	}
	w, err := connect(ctx, l.Publish, s.Run)
	if err != nil {
		fresh, cancel := context.WithTimeout(context.WithoutCancel(ctx), askWithin)
		defer cancel()
		return nil, errors.Join(err, RemoveReaper(fresh, s.API, s.Run))
	}
	return w, nil
}

// connect waits until the reaper watches, and then keeps the connection.
func connect(ctx context.Context, addr, run string) (*Watch, error) {
	first, cancel := context.WithTimeout(ctx, connectWithin)
	defer cancel()
	c, err := dial(first, addr, run)
	if err != nil {
		return nil, fmt.Errorf("the reaper does not answer: %w", err)
	}
	w := &Watch{addr: addr, run: run, done: make(chan struct{})}
	ctx, w.cancel = context.WithCancel(context.WithoutCancel(ctx))
	go w.hold(ctx, c)
	return w, nil
}

// Close ends the connection. What the run still holds is then removed by the reaper.
func (w *Watch) Close() {
	w.cancel()
	<-w.done
}

// hold keeps a connection open. One that breaks, though the harness lives, is
// replaced within the reaper's grace.
func (w *Watch) hold(ctx context.Context, c net.Conn) {
	defer close(w.done)
	for {
		stop := context.AfterFunc(ctx, func() { _ = c.Close() })
		_, _ = io.Copy(io.Discard, c) // ends with the connection, however it ends
		stop()
		_ = c.Close()
		if ctx.Err() != nil {
			return
		}
		again, cancel := context.WithTimeout(ctx, grace)
		fresh, err := dial(again, w.addr, w.run)
		cancel()
		if err != nil {
			return
		}
		c = fresh
	}
}

// refused is an answer of the reaper that asking again will not change.
type refused string

func (r refused) Error() string { return string(r) }

// dial asks until the reaper watches, says that it cannot, or ctx ends: what
// publishes a port accepts before the container listens.
func dial(ctx context.Context, addr, run string) (net.Conn, error) {
	for {
		c, err := hello(ctx, addr, run)
		if err == nil {
			return c, nil
		}
		var no refused
		if errors.As(err, &no) {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(lookAgain / 4):
		}
	}
}

// hello names the run on a new connection and reads the answer.
func hello(ctx context.Context, addr, run string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, helloWithin)
	defer cancel()
	c, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	deadline, _ := ctx.Deadline()
	if err := greet(c, run, deadline); err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

func greet(c net.Conn, run string, deadline time.Time) error {
	if err := c.SetDeadline(deadline); err != nil {
		return err
	}
	if _, err := io.WriteString(c, run+"\n"); err != nil {
		return err
	}
	line, err := bufio.NewReader(io.LimitReader(c, 1<<12)).ReadString('\n')
	if err != nil {
		return err
	}
	if line = strings.TrimSpace(line); line != watching {
		return refused(strings.TrimPrefix(line, cannot))
	}
	return c.SetDeadline(time.Time{})
}
