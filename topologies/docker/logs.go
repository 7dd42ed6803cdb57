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
)

// logFile keeps what the containers of a node write, each line once. The engine
// replays a container's whole log to whoever attaches after a restart; the time
// stamp that it puts before each line tells what is already there.
type logFile struct {
	path string
	api  client.APIClient
	file *os.File

	ctx  context.Context // ends the stream where the container does not
	stop context.CancelFunc

	mu   sync.Mutex
	done chan struct{} // closed when the stream has ended; nil before the first
	err  error         // of the last stream
	last string        // time stamp of the last line
}

func newLogFile(api client.APIClient, path string) (*logFile, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("keep the log of a node: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("keep the log of a node: %w", err)
	}
	l := &logFile{path: path, api: api, file: f}
	l.ctx, l.stop = context.WithCancel(context.Background())
	return l, nil
}

// attach follows the output of a container that has just been started, until it
// ends.
func (l *logFile) attach(container string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	done := make(chan struct{})
	l.done = done
	go func() {
		defer close(done)
		err := l.follow(container)
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.ctx.Err() == nil { // else it was told to end
			l.err = err
		}
	}()
}

func (l *logFile) follow(container string) error {
	r, err := l.api.ContainerLogs(l.ctx, container, client.ContainerLogsOptions{
		ShowStdout: true, ShowStderr: true, Follow: true, Timestamps: true, Since: l.last,
	})
	if err != nil {
		return fmt.Errorf("follow the log: %w", err)
	}
	defer func() { _ = r.Close() }()
	l.last, err = copyLines(l.file, r, l.last)
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
	rest, cancel := context.WithTimeout(ctx, endWithin)
	defer cancel()
	_ = l.await(rest) // it is cut off below
	l.stop()
	err := l.await(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	if closeErr := l.file.Close(); closeErr != nil || l.err != nil || err != nil {
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
