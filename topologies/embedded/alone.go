package embedded

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"surety/topologies"
)

// ServeAlone runs one emulated broker in this process, with nothing before it. It
// writes its address and a line end to out, and serves until in ends: when whoever
// started it does.
func ServeAlone(ctx context.Context, in io.Reader, out io.Writer) error {
	c, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		return fmt.Errorf("start the emulated broker: %w", err)
	}
	defer c.Close()
	answerLeaderEpochs(c)
	if _, err := fmt.Fprintln(out, c.ListenAddrs()[0]); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(io.Discard, in) // the end is what is waited for
	}()
	select {
	case <-ended:
	case <-ctx.Done():
	}
	return nil
}

// Alone is an emulated broker in a process of its own.
type Alone struct {
	cmd  *exec.Cmd
	tell io.Closer
	addr string
}

// startWithin and endWithin bound the life of the process.
const (
	startWithin = 20 * time.Second
	endWithin   = 5 * time.Second
)

// StartAlone starts this program again to run ServeAlone; args make it do so.
func StartAlone(ctx context.Context, args ...string) (*Alone, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program to start the emulated broker: %w", err)
	}
	cmd := exec.Command(exe, args...) //nolint:gosec // this program
	cmd.Stderr = os.Stderr
	// An interrupt from the terminal is for the one who started it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	tell, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the emulated broker: %w", err)
	}
	a := &Alone{cmd: cmd, tell: tell}
	line := make(chan string, 1)
	go func() {
		text, _ := bufio.NewReader(out).ReadString('\n') // none: the process has ended
		line <- strings.TrimSpace(text)
	}()
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	select {
	case a.addr = <-line:
	case <-ctx.Done():
	}
	if a.addr == "" {
		return nil, errors.Join(errors.New("the emulated broker did not tell its address"), ctx.Err(), a.Close())
	}
	return a, nil
}

// Endpoint is how its clients reach it.
func (a *Alone) Endpoint() topologies.Endpoint { return topologies.Endpoint{Seeds: []string{a.addr}} }

// PID is the process.
func (a *Alone) PID() int { return a.cmd.Process.Pid }

// Close ends the process and waits for it.
func (a *Alone) Close() error {
	_ = a.tell.Close() // what is not read any more need not be told
	late := time.AfterFunc(endWithin, func() { _ = a.cmd.Process.Kill() })
	defer late.Stop()
	if err := a.cmd.Wait(); err != nil {
		return fmt.Errorf("the emulated broker: %w", err)
	}
	return nil
}
