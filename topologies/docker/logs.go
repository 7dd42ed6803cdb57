package docker

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/moby/moby/client"

	"surety/topologies/docker/reaper"
)

// logFile keeps what the containers of a node write, each line once. The engine
// replays a container's whole log to whoever attaches after a restart; the time
// stamp that it puts before each line tells what is already there. A node may write
// to several files one after another: each line is in one of them, or in none.
type logFile struct {
	api client.APIClient

	mu   sync.Mutex
	id   string // of the container that was attached to last
	path string
	file *os.File        // nil while parked
	ctx  context.Context // ends the stream where the container does not
	stop context.CancelFunc
	done chan struct{} // closed when the stream has ended; nil before the first
	err  error         // of the last stream
	last string        // time stamp of the last line
}

func newLogFile(api client.APIClient, path string) (*logFile, error) {
	l := &logFile{api: api}
	return l, l.open(path)
}

// open makes the file. The caller holds l.mu, or is the only one who knows l.
func (l *logFile) open(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("keep the log of a node: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return fmt.Errorf("keep the log of a node: %w", err)
	}
	l.path, l.file = path, f
	l.ctx, l.stop = context.WithCancel(context.Background())
	return nil
}

// name is the path of the file, also after it was closed.
func (l *logFile) name() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.path
}

// park writes what was said until now and closes the file. What is said from now
// on is kept nowhere, until resume. Nothing else may be asked of l meanwhile.
func (l *logFile) park(ctx context.Context) error {
	l.mu.Lock()
	file, done, id := l.file, l.done, l.id
	l.mu.Unlock()
	if file == nil {
		return nil
	}
	l.stop()
	err := l.await(ctx)
	if err == nil && done != nil {
		err = reaper.Gone(l.read(ctx, id, file, false)) // a node may have lost its container
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.file = nil
	if err = errors.Join(err, l.err, file.Close()); err != nil {
		return fmt.Errorf("log %s: %w", l.path, err)
	}
	return nil
}

// resume goes on in another file with what is said from now on.
func (l *logFile) resume(ctx context.Context, path string) error {
	if err := l.park(ctx); err != nil {
		return err
	}
	l.mu.Lock()
	id := l.id
	l.mu.Unlock()
	if id == "" {
		return fmt.Errorf("log %s: its node was never started", path)
	}
	if err := l.read(ctx, id, io.Discard, false); err != nil {
		return fmt.Errorf("log %s: %w", path, err)
	}
	l.mu.Lock()
	err := l.open(path)
	l.mu.Unlock()
	if err == nil {
		l.attach(id)
	}
	return err
}

// attach follows the output of a container that has just been started, until it
// ends.
func (l *logFile) attach(container string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	done := make(chan struct{})
	l.done, l.id = done, container
	ctx, file := l.ctx, l.file
	go func() {
		defer close(done)
		err := l.read(ctx, container, file, true)
		l.mu.Lock()
		defer l.mu.Unlock()
		if ctx.Err() == nil { // else it was told to end
			l.err = err
		}
	}()
}

// read copies what was said since the last line, and with follow what is said until
// the container ends.
func (l *logFile) read(ctx context.Context, container string, w io.Writer, follow bool) error {
	r, err := l.api.ContainerLogs(ctx, container, client.ContainerLogsOptions{
		ShowStdout: true, ShowStderr: true, Follow: follow, Timestamps: true, Since: l.last,
	})
	if err != nil {
		return fmt.Errorf("follow the log: %w", err)
	}
	defer func() { _ = r.Close() }()
	l.last, err = copyLines(w, r, l.last)
	return err
}

// await waits until the output of a container that has ended is written.
func (l *logFile) await(ctx context.Context) error {
	l.mu.Lock()
	done := l.done
	l.mu.Unlock()
	if done == nil {
		return nil
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for the end of its log: %w", ctx.Err())
	}
}

// endWithin is how long the rest of a log may take after its container is gone.
const endWithin = 3 * time.Second

// close waits for the rest of the log and gives the error that cost lines of it.
func (l *logFile) close(ctx context.Context) error {
	l.mu.Lock()
	parked := l.file == nil
	l.mu.Unlock()
	if parked {
		return nil
	}
	rest, cancel := context.WithTimeout(ctx, endWithin)
	defer cancel()
	_ = l.await(rest) // it is cut off below
	l.stop()
	err := l.await(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	closeErr := l.file.Close()
	l.file = nil
	if closeErr != nil || l.err != nil || err != nil {
		return fmt.Errorf("log %s: %w", l.path, errors.Join(err, l.err, closeErr))
	}
	return nil
}

// copyLines copies the lines of the engine's framed stream that are later than
// the time stamp, without their stamps, and returns the last stamp. A frame is
// one byte for the stream, three of padding, four of length, and a line that
// begins with its time in RFC 3339 with nanoseconds and a space.
func copyLines(w io.Writer, r io.Reader, after string) (last string, err error) {
	last = after
	in := bufio.NewReader(r)
	var head [8]byte
	var frame []byte
	for {
		if _, err := io.ReadFull(in, head[:]); errors.Is(err, io.EOF) {
			return last, nil
		} else if err != nil {
			return last, err
		}
		frame = append(frame[:0], make([]byte, binary.BigEndian.Uint32(head[4:]))...)
		if _, err := io.ReadFull(in, frame); err != nil {
			return last, err
		}
		stamp, line, found := bytes.Cut(frame, []byte(" "))
		if !found {
			continue
		}
		if s := string(stamp); later(s, after) {
			last = s
		} else {
			continue
		}
		if _, err := w.Write(line); err != nil {
			return last, err
		}
	}
}

// later compares two stamps; the engine does not write trailing zeros of the
// fraction in every version, so that they are compared as times.
func later(a, b string) bool {
	if b == "" {
		return true
	}
	ta, errA := time.Parse(time.RFC3339Nano, a)
	tb, errB := time.Parse(time.RFC3339Nano, b)
	return errA != nil || errB != nil || ta.After(tb)
}
