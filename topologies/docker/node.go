package docker

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"surety/topologies"
)

// node is the system container of a host.
type node struct {
	host *host
	id   string
	api  client.APIClient
	log  *logFile

	mu     sync.Mutex // one change at a time
	starts int
}

var _ interface {
	topologies.Node
	topologies.Killer
	topologies.Starter
	topologies.Pauser
	topologies.Stater
	topologies.Logger
} = (*node)(nil)

func (n *node) ID() string                { return n.host.name }
func (n *node) Kind() topologies.NodeKind { return n.host.kind }
func (n *node) LogFile() string           { return n.log.path }

// Kill sends SIGKILL and waits until the engine says that the process is gone.
func (n *node) Kill(ctx context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, err := n.api.ContainerKill(ctx, n.id, client.ContainerKillOptions{Signal: "KILL"}); err != nil {
		return fmt.Errorf("kill %s: %w", n.ID(), err)
	}
	wait := n.api.ContainerWait(ctx, n.id, client.ContainerWaitOptions{Condition: container.WaitConditionNotRunning})
	select {
	case err := <-wait.Error:
		return fmt.Errorf("wait for the end of %s: %w", n.ID(), err)
	case r := <-wait.Result:
		if r.Error != nil {
			return fmt.Errorf("wait for the end of %s: %s", n.ID(), r.Error.Message)
		}
	}
	return nil
}

// Start runs the same container again: its namespace, its disk and its command.
func (n *node) Start(ctx context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	s, err := n.inspect(ctx)
	if err != nil {
		return err
	}
	if s.Running {
		return errors.New(n.ID() + " runs already")
	}
	if err := n.log.await(ctx); err != nil { // what it said before it ended
		return fmt.Errorf("start %s: %w", n.ID(), err)
	}
	if _, err := n.api.ContainerStart(ctx, n.id, client.ContainerStartOptions{}); err != nil {
		return fmt.Errorf("start %s: %w", n.ID(), err)
	}
	n.starts++
	n.log.attach()
	return nil
}

// Pause freezes all threads by the cgroup freezer: nothing of the process runs,
// and its connections stay open.
func (n *node) Pause(ctx context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, err := n.api.ContainerPause(ctx, n.id, client.ContainerPauseOptions{}); err != nil {
		return fmt.Errorf("pause %s: %w", n.ID(), err)
	}
	return nil
}

// Resume lets the threads go on.
func (n *node) Resume(ctx context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, err := n.api.ContainerUnpause(ctx, n.id, client.ContainerUnpauseOptions{}); err != nil {
		return fmt.Errorf("resume %s: %w", n.ID(), err)
	}
	return nil
}

// State is what the engine says now. A container that was created and never
// started counts as exited.
func (n *node) State(ctx context.Context) (topologies.ProcessState, error) {
	s, err := n.inspect(ctx)
	if err != nil {
		return topologies.ProcessState{}, err
	}
	n.mu.Lock()
	starts := n.starts
	n.mu.Unlock()
	return stateOf(s, starts)
}

func (n *node) inspect(ctx context.Context) (*container.State, error) {
	r, err := n.api.ContainerInspect(ctx, n.id, client.ContainerInspectOptions{})
	if err != nil {
		return nil, fmt.Errorf("state of %s: %w", n.ID(), err)
	}
	if r.Container.State == nil {
		return nil, fmt.Errorf("state of %s: the engine gives none", n.ID())
	}
	return r.Container.State, nil
}

// killedExit is the exit code of a process that SIGKILL ended.
const killedExit = 128 + 9

func stateOf(s *container.State, starts int) (topologies.ProcessState, error) {
	p := topologies.ProcessState{Status: topologies.Exited, Starts: starts}
	since := s.FinishedAt
	switch {
	case s.Paused:
		p.Status, p.PID, since = topologies.Paused, s.Pid, s.StartedAt
	case s.Running:
		p.Status, p.PID, since = topologies.Running, s.Pid, s.StartedAt
	default:
		p.ExitCode = s.ExitCode
		if s.ExitCode == killedExit {
			p.Signal = "killed"
		}
	}
	if since == "" {
		return p, nil
	}
	at, err := time.Parse(time.RFC3339Nano, since)
	if err != nil {
		return p, fmt.Errorf("the engine gives a time that is none: %w", err)
	}
	p.Since = at
	return p, nil
}
