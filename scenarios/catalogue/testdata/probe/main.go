// Probe is the client on the victim's side of a link: it talks to one broker through
// it and writes what it sees to its output, as one line of JSON each. Times are
// nanoseconds since the Unix epoch.
//
// It holds three connections. Pings are small requests sent every 20 ms whether or
// not the ones before are answered. Polls are fetches of an empty partition that the
// broker answers after half a second: their answers travel while nothing is sent. Bulk is
// large requests, as fast as a few may be in flight, up to a bound.
package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// line is one thing that was seen.
type line struct {
	Kind  string `json:"kind"` // pong, poll, bulk, dial, lost
	Conn  int    `json:"conn"` // of its kind
	N     int32  `json:"n,omitempty"`
	Bytes int    `json:"bytes,omitempty"` // of the request
	Sent  int64  `json:"sent,omitempty"`
	At    int64  `json:"at"`
	Err   string `json:"err,omitempty"`
}

var out struct {
	sync.Mutex
	*json.Encoder
}

func say(l line) {
	l.At = time.Now().UnixNano()
	out.Lock()
	defer out.Unlock()
	_ = out.Encode(l)
}

// stream is one of the connections: what it sends, how often, and how many requests
// may wait for their answers.
type stream struct {
	kind  string
	pace  time.Duration
	ahead int
	make  func(n int32) []byte
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	out.Encoder = json.NewEncoder(os.Stdout)
	// State, for faults that empty the disk.
	_ = os.WriteFile(filepath.Join(os.Getenv("SURETY_DIR"), "state"), []byte("kept"), 0o600)
	addr, _, _ := strings.Cut(os.Getenv("SURETY_BOOTSTRAP"), ",")
	partition, _ := strconv.Atoi(os.Getenv("PARTITION"))
	versions := func(client string) func(int32) []byte {
		format := kmsg.NewRequestFormatter(kmsg.FormatterClientID(client))
		return func(n int32) []byte {
			r := kmsg.NewPtrApiVersionsRequest()
			return format.AppendRequest(nil, r, n)
		}
	}
	poll := func(n int32) []byte {
		r := kmsg.NewPtrFetchRequest()
		r.SetVersion(11)
		r.MaxWaitMillis, r.MinBytes = 500, 1
		p := kmsg.NewFetchRequestTopicPartition()
		p.Partition, p.PartitionMaxBytes = int32(partition), 1<<20
		p.CurrentLeaderEpoch = -1
		t := kmsg.NewFetchRequestTopic()
		t.Topic, t.Partitions = os.Getenv("SURETY_INPUT"), []kmsg.FetchRequestTopicPartition{p}
		r.Topics = []kmsg.FetchRequestTopic{t}
		return kmsg.NewRequestFormatter().AppendRequest(nil, r, n)
	}
	var all sync.WaitGroup
	for _, s := range []stream{
		{"pong", 20 * time.Millisecond, 1 << 20, versions("probe")},
		{"poll", time.Millisecond, 1, poll},
		{"bulk", 12 * time.Millisecond, 8, versions(strings.Repeat("x", 8000))},
	} {
		all.Go(func() {
			for conn := 1; ctx.Err() == nil; conn++ {
				s.talk(ctx, addr, conn)
			}
		})
	}
	all.Wait()
}

// talk goes on until the connection is lost.
func (s stream) talk(ctx context.Context, addr string, id int) {
	short, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
	c, err := new(net.Dialer).DialContext(short, "tcp", addr)
	cancel()
	if err != nil {
		say(line{Kind: "dial", Conn: id, Err: s.kind + ": " + reason(err)})
		pause(ctx, 50*time.Millisecond)
		return
	}
	say(line{Kind: "dial", Conn: id, Err: s.kind + ": ok"})
	talking, end := context.WithCancel(ctx)
	defer end()
	context.AfterFunc(talking, func() { _ = c.Close() })

	var mu sync.Mutex
	type request struct {
		at    time.Time
		bytes int
	}
	sent := map[int32]request{}
	window := make(chan struct{}, s.ahead)
	var writer sync.WaitGroup
	var unsent error
	writer.Go(func() {
		for n := int32(1); ; n++ {
			select {
			case window <- struct{}{}:
			case <-talking.Done():
				return
			}
			b := s.make(n)
			mu.Lock()
			sent[n] = request{time.Now(), len(b)}
			mu.Unlock()
			if _, unsent = c.Write(b); unsent != nil {
				return
			}
			if !pause(talking, s.pace) {
				return
			}
		}
	})
	for {
		n, err := answer(c)
		if err != nil {
			end()
			writer.Wait()
			if errors.Is(unsent, syscall.ECONNRESET) {
				err = unsent // who asks first is told of the reset, who asks next of an end
			}
			if ctx.Err() == nil {
				say(line{Kind: "lost", Conn: id, Err: s.kind + ": " + reason(err)})
			}
			break
		}
		mu.Lock()
		r := sent[n]
		delete(sent, n)
		mu.Unlock()
		<-window
		say(line{Kind: s.kind, Conn: id, N: n, Bytes: r.bytes, Sent: r.at.UnixNano()})
	}
	pause(ctx, 20*time.Millisecond)
}

// answer reads one and gives its number.
func answer(r io.Reader) (int32, error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, err
	}
	_, err := io.CopyN(io.Discard, r, int64(binary.BigEndian.Uint32(head[:])-4))
	return int32(binary.BigEndian.Uint32(head[4:])), err
}

func reason(err error) string {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "reset"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "closed"
	}
	return err.Error()
}

func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
