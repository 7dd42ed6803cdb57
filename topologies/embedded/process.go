package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"surety/topologies"
	"surety/topologies/names"
)

const (
	// grace is how long a processor may take to stop when it is asked to.
	grace = 3 * time.Second
	// reaping bounds the wait for what the kernel does at once.
	reaping = 5 * time.Second
	// looking is how often the state of a process is read while it is awaited.
	looking = time.Millisecond
)

// process is one processor: a process in a group of its own, so that what it
// starts is stopped and killed with it.
type process struct {
	id       string
	programs map[string]program // by version
	dir      string
	own      string // Vars.Dir: where it stores
	log      string
	stop     syscall.Signal
	spare    bool // not started with the others

	files   map[string]string // content by path below own, written before each start
	forgets bool              // own is emptied before each further start

	mu      sync.Mutex
	version string       // of the next start
	current *incarnation // of the last start; nil before the first
	starts  int
}

// program is what a version runs and is told.
type program struct {
	argv []string
	env  []string
}

// incarnation is one start of a process.
type incarnation struct {
	pid     int
	started time.Time
	version string
	done    chan struct{} // closed when it has exited and was reaped
	// The rest is readable when done is closed.
	exited time.Time
	status syscall.WaitStatus
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
	topologies.Logger
} = (*process)(nil)

func (p *process) ID() string                { return p.id }
func (p *process) Kind() topologies.NodeKind { return topologies.ProcessorNode }
func (p *process) LogFile() string           { return p.log }

// Spare implements topologies.Spare.
func (p *process) Spare() bool { return p.spare }

// Upgrade implements topologies.Upgrader.
func (p *process) Upgrade(_ context.Context, version string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, known := p.programs[version]; !known {
		return errors.New(names.Unknown("version of "+p.id, version, slices.Sorted(maps.Keys(p.programs))))
	}
	if p.current != nil && !p.current.over() {
		return fmt.Errorf("upgrade %s: it runs", p.id)
	}
	p.version = version
	return nil
}

// Start implements topologies.Starter: the same command with the same
// environment and directories, its output appended to the same log.
func (p *process) Start(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("start %s: %w", p.id, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current != nil && !p.current.over() {
		return fmt.Errorf("start %s: it runs already, with pid %d", p.id, p.current.pid)
	}
	if err := p.furnish(); err != nil {
		return err
	}
	out, err := p.openLog()
	if err != nil {
		return err
	}
	defer func() { _ = out.Close() }() // the process has its own copy

	what := p.programs[p.version]
	cmd := exec.Command(p.found(what.argv[0]), what.argv[1:]...)
	cmd.Env, cmd.Dir = what.env, p.dir
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = attributes()
	in, err := run(cmd)
	if err != nil && p.starts > 0 { // it was there, and is not any more
		in, err = unstartable(out, err), nil
	}
	if err != nil {
		return &topologies.EnvironmentError{
			What: fmt.Sprintf("the command of %s cannot be started: %v", p.id, err),
			Try:  "check the command and its directory in the scenario",
			Err:  err,
		}
	}
	in.version = p.version
	p.current = in
	p.starts++
	return nil
}

// notStarted is the exit code that shells give a command that cannot be started.
const notStarted = 127

// unstartable is the start of a command that worked before and cannot be started again:
// it ends at once, as it would below a shell.
func unstartable(log io.Writer, why error) *incarnation {
	_, _ = fmt.Fprintln(log, "the command cannot be started:", why) // the exit code tells it too
	now := time.Now()
	in := &incarnation{started: now, exited: now, status: syscall.WaitStatus(notStarted << 8), done: make(chan struct{})}
	close(in.done)
	return in
}

// openLog opens the log with a line that tells this start from the others.
func (p *process) openLog() (*os.File, error) {
	f, err := os.OpenFile(p.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("start %s: open its log: %w", p.id, err)
	}
	if _, err := fmt.Fprintf(f, "--- start %d of %s ---\n", p.starts+1, p.id); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: write its log: %w", p.id, err), f.Close())
	}
	return f, nil
}

// found is the command's first word as it is started; a relative path is meant from
// its own directory, as a shell there would take it.
func (p *process) found(name string) string {
	if p.dir != "" && strings.ContainsRune(name, filepath.Separator) && !filepath.IsAbs(name) {
		name = filepath.Join(p.dir, name)
		// It is looked up after the change into that directory.
		if abs, err := filepath.Abs(name); err == nil {
			return abs
		}
	}
	return name
}

// run starts a command and reaps it in the background. The kernel ties the
// parent-death signal to the thread that started the child, so that thread is
// kept until the child has exited.
func run(cmd *exec.Cmd) (*incarnation, error) {
	in := &incarnation{done: make(chan struct{})}
	failed := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		in.started = time.Now()
		err := cmd.Start()
		if err == nil {
			in.pid = cmd.Process.Pid
		}
		failed <- err
		if err != nil {
			return
		}
		// How it ended is in the process's own state, not in this error.
		_ = cmd.Wait()
		in.exited = time.Now()
		in.status, _ = cmd.ProcessState.Sys().(syscall.WaitStatus)
		// What it has started must not outlive it.
		_ = syscall.Kill(-in.pid, syscall.SIGKILL)
		close(in.done)
	}()
	return in, <-failed
}

// over tells whether the process has exited.
func (in *incarnation) over() bool {
	select {
	case <-in.done:
		return true
	default:
		return false
	}
}

// Kill implements topologies.Killer.
func (p *process) Kill(ctx context.Context) error {
	in, err := p.alive("kill")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, reaping)
	defer cancel()
	if err := p.signal(in, syscall.SIGKILL); err != nil {
		return err
	}
	select {
	case <-in.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("kill %s: pid %d is still there: %w", p.id, in.pid, ctx.Err())
	}
}

// Pause implements topologies.Pauser; it returns when the kernel shows the
// process as stopped.
func (p *process) Pause(ctx context.Context) error {
	in, err := p.alive("pause")
	if err != nil {
		return err
	}
	if err := p.signal(in, syscall.SIGSTOP); err != nil {
		return err
	}
	return p.await(ctx, in, topologies.Paused)
}

// Resume implements topologies.Pauser.
func (p *process) Resume(ctx context.Context) error {
	in, err := p.alive("resume")
	if err != nil {
		return err
	}
	if err := p.signal(in, syscall.SIGCONT); err != nil {
		return err
	}
	return p.await(ctx, in, topologies.Running)
}

// State implements topologies.Stater.
func (p *process) State(ctx context.Context) (topologies.ProcessState, error) {
	p.mu.Lock()
	in, starts := p.current, p.starts
	p.mu.Unlock()
	if in == nil && p.spare {
		return topologies.ProcessState{Status: topologies.Exited}, nil
	}
	if in == nil {
		return topologies.ProcessState{}, fmt.Errorf("state of %s: it was never started", p.id)
	}
	s := topologies.ProcessState{PID: in.pid, Starts: starts, Since: in.started}
	if !in.over() {
		status, err := processStatus(in.pid)
		if err == nil && status != topologies.Exited {
			s.Status, s.Version = status, processVersion(in)
			return s, nil
		}
		// It is about to be reaped.
		select {
		case <-in.done:
		case <-ctx.Done():
			return s, fmt.Errorf("state of %s: %w", p.id, errors.Join(err, ctx.Err()))
		case <-time.After(reaping):
			return s, fmt.Errorf("state of %s: pid %d cannot be read: %w", p.id, in.pid, err)
		}
	}
	s.Status, s.Since = topologies.Exited, in.exited
	s.ExitCode = in.status.ExitStatus()
	if in.status.Signaled() {
		s.Signal = in.status.Signal().String()
		s.ExitCode = 128 + int(in.status.Signal())
	}
	return s, nil
}

// Stop implements topologies.Stopper.
func (p *process) Stop(ctx context.Context, grace time.Duration) error {
	in, err := p.alive("stop")
	if err != nil {
		return err
	}
	// A paused process gets the signal when it continues.
	if err := errors.Join(p.signal(in, p.stop), p.signal(in, syscall.SIGCONT)); err != nil {
		return err
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-in.done:
		return nil
	case <-timer.C:
	case <-ctx.Done():
		return fmt.Errorf("stop %s: %w", p.id, ctx.Err())
	}
	if err := p.Kill(ctx); err != nil && !in.over() {
		return err
	}
	return nil
}

// end stops the process for good: asked first, then killed.
func (p *process) end(ctx context.Context) error {
	if _, err := p.alive("end"); err != nil {
		return nil //nolint:nilerr // gone already, which is what was wanted
	}
	if err := p.Stop(ctx, grace); err == nil {
		return nil
	}
	if err := p.Kill(context.WithoutCancel(ctx)); err != nil && p.runs() {
		return err
	}
	return nil
}

func (p *process) runs() bool {
	_, err := p.alive("")
	return err == nil
}

// alive gives the running incarnation.
func (p *process) alive(what string) (*incarnation, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current == nil || p.current.over() {
		return nil, fmt.Errorf("%s %s: it does not run", what, p.id)
	}
	return p.current, nil
}

// signal signals the whole group. A process that has exited meanwhile is no error.
func (p *process) signal(in *incarnation, s syscall.Signal) error {
	if err := syscall.Kill(-in.pid, s); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("signal %s (%v): %w", p.id, s, err)
	}
	return nil
}

// await reads the state until it is the wanted one.
func (p *process) await(ctx context.Context, in *incarnation, want topologies.Status) error {
	ctx, cancel := context.WithTimeout(ctx, reaping)
	defer cancel()
	tick := time.NewTicker(looking)
	defer tick.Stop()
	for {
		if status, err := processStatus(in.pid); err == nil && status == want {
			return nil
		}
		select {
		case <-tick.C:
		case <-in.done:
			return fmt.Errorf("%s exited before it was %s", p.id, want)
		case <-ctx.Done():
			return fmt.Errorf("%s is not %s: %w", p.id, want, ctx.Err())
		}
	}
}
