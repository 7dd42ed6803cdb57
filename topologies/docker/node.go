package docker

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"surety/topologies"
	"surety/topologies/gateway"
)

// node is the system container of a host.
type node struct {
	host    *host
	name    string // of its container
	gateway string // name of its container
	api     client.APIClient
	log     *logFile
	storage storage
	beside  *gateway.Client // of its gateway
	// create makes the container anew as the version, with all that it is given and
	// nothing that it has stored; the name of the old one is free.
	create   func(ctx context.Context, version string) (id string, err error)
	versions []string // that create knows

	change  sync.Mutex // one change at a time
	mu      sync.Mutex // of what follows
	id      string
	version string
	starts  int
}

var _ interface {
	topologies.Node
	topologies.Killer
	topologies.Stopper
	topologies.Starter
	topologies.Wiper
	topologies.Spare
	topologies.Upgrader
	topologies.Pauser
	topologies.Stater
	topologies.Addressed
	topologies.Gauge
	topologies.Web
	topologies.Explainer
	topologies.Logger
	topologies.LogEnder
} = (*node)(nil)

func (n *node) ID() string                { return n.host.name }
func (n *node) Kind() topologies.NodeKind { return n.host.kind }
func (n *node) LogFile() string           { return n.log.name() }

// Spare implements topologies.Spare.
func (n *node) Spare() bool { return n.host.spare }

// EndLog implements topologies.LogEnder.
func (n *node) EndLog(ctx context.Context) error { return n.log.await(ctx) }

// container is the id of the node's present container.
func (n *node) container() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.id
}

// Kill sends SIGKILL and waits until the engine says that the process is gone.
func (n *node) Kill(ctx context.Context) error {
	n.change.Lock()
	defer n.change.Unlock()
	if _, err := n.api.ContainerKill(ctx, n.container(), client.ContainerKillOptions{Signal: "KILL"}); err != nil {
		return fmt.Errorf("kill %s: %w", n.ID(), err)
	}
	return n.awaitEnd(ctx)
}

// Stop sends the stop signal of the container, which the scenario or else the image
// names, and SIGKILL after the grace period. The engine counts whole seconds.
func (n *node) Stop(ctx context.Context, grace time.Duration) error {
	n.change.Lock()
	defer n.change.Unlock()
	s, err := n.inspect(ctx)
	if err != nil {
		return err
	}
	if !s.Running {
		return fmt.Errorf("stop %s: it does not run", n.ID())
	}
	seconds := int(math.Ceil(grace.Seconds()))
	if _, err := n.api.ContainerStop(ctx, n.container(), client.ContainerStopOptions{Timeout: &seconds}); err != nil {
		return fmt.Errorf("stop %s: %w", n.ID(), err)
	}
	return n.awaitEnd(ctx)
}

// awaitEnd waits until the engine says that the process is gone.
func (n *node) awaitEnd(ctx context.Context) error {
	wait := n.api.ContainerWait(ctx, n.container(), client.ContainerWaitOptions{Condition: container.WaitConditionNotRunning})
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

// Start runs the same container again: its namespace, its disk and its command. One
// that forgets is made anew first.
func (n *node) Start(ctx context.Context) error {
	n.change.Lock()
	defer n.change.Unlock()
	s, err := n.inspect(ctx)
	if err != nil {
		return err
	}
	if s.Running {
		return errors.New(n.ID() + " runs already")
	}
	n.mu.Lock()
	again := n.starts > 0
	n.mu.Unlock()
	if again && n.storage.forgets {
		if err := n.renew(ctx); err != nil {
			return err
		}
	}
	if err := n.log.await(ctx); err != nil { // what it said before it ended
		return fmt.Errorf("start %s: %w", n.ID(), err)
	}
	if _, err := n.api.ContainerStart(ctx, n.container(), client.ContainerStartOptions{}); err != nil {
		return n.startFailed(err)
	}
	n.mu.Lock()
	n.starts++
	n.mu.Unlock()
	n.log.attach(n.container())
	return nil
}

// Pause freezes all threads by the cgroup freezer: nothing of the process runs,
// and its connections stay open.
func (n *node) Pause(ctx context.Context) error {
	n.change.Lock()
	defer n.change.Unlock()
	if _, err := n.api.ContainerPause(ctx, n.container(), client.ContainerPauseOptions{}); err != nil {
		return fmt.Errorf("pause %s: %w", n.ID(), err)
	}
	return nil
}

// Resume lets the threads go on.
func (n *node) Resume(ctx context.Context) error {
	n.change.Lock()
	defer n.change.Unlock()
	if _, err := n.api.ContainerUnpause(ctx, n.container(), client.ContainerUnpauseOptions{}); err != nil {
		return fmt.Errorf("resume %s: %w", n.ID(), err)
	}
	return nil
}

// Web implements topologies.Web, by way of the gateway's control.
func (n *node) Web(port int) string { return n.beside.Own(n.ID(), port) }

// Addresses implements topologies.Addressed: those of the gateway, which the system
// shares.
func (n *node) Addresses(ctx context.Context) ([]string, error) {
	r, err := n.api.ContainerInspect(ctx, n.gateway, client.ContainerInspectOptions{})
	if err != nil {
		return nil, fmt.Errorf("addresses of %s: %w", n.ID(), err)
	}
	var all []string
	if s := r.Container.NetworkSettings; s != nil {
		for _, at := range s.Networks {
			if at.IPAddress.IsValid() {
				all = append(all, at.IPAddress.String())
			}
		}
	}
	return all, nil
}

// State is what the engine says now. A container that was created and never
// started counts as exited.
func (n *node) State(ctx context.Context) (topologies.ProcessState, error) {
	c, err := n.look(ctx)
	if err != nil {
		return topologies.ProcessState{}, err
	}
	n.mu.Lock()
	starts := n.starts
	n.mu.Unlock()
	s, err := stateOf(c.State, starts)
	s.Version = versionOf(c)
	return s, err
}

// versionOf is the version that the engine says the container was made as.
func versionOf(c *container.InspectResponse) string {
	if c.Config != nil {
		for _, line := range c.Config.Env {
			if v, is := strings.CutPrefix(line, topologies.VersionVariable+"="); is {
				return v
			}
		}
	}
	return ""
}

func (n *node) inspect(ctx context.Context) (*container.State, error) {
	c, err := n.look(ctx)
	if err != nil {
		return nil, err
	}
	return c.State, nil
}

// look gives the container, which has a state.
func (n *node) look(ctx context.Context) (*container.InspectResponse, error) {
	r, err := n.api.ContainerInspect(ctx, n.container(), client.ContainerInspectOptions{})
	if err != nil {
		return nil, fmt.Errorf("state of %s: %w", n.ID(), err)
	}
	if r.Container.State == nil {
		return nil, fmt.Errorf("state of %s: the engine gives none", n.ID())
	}
	return &r.Container, nil
}

// killedExit is the exit code of a process that SIGKILL ended.
const killedExit = 128 + 9

// outOfMemory is the signal of a process that the kernel killed at its limit.
const outOfMemory = "killed, out of memory"

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
		if s.OOMKilled {
			p.Signal = outOfMemory
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
