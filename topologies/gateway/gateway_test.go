package gateway_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"surety/topologies"
	"surety/topologies/gateway"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait of these tests.
const patience = 20 * time.Second

// fullLink is all that a link of the gateway can do.
type fullLink interface {
	topologies.Link
	topologies.Holder
	topologies.Armer
	topologies.Discarder
	topologies.Denier
	topologies.Lagger
	topologies.Limiter
	topologies.Resetter
	topologies.Meter
}

// rig is a gateway with one link to an upstream of the test.
type rig struct {
	server *gateway.Server
	client *gateway.Client
	link   fullLink
	addr   string // of the proxy
}

// start puts a gateway before upstream and ends it with the test.
func start(t *testing.T, upstream string) *rig {
	t.Helper()
	s, err := gateway.Start(t.Context(), gateway.Config{
		Control: "127.0.0.1:0",
		Routes:  []gateway.Route{{From: "a", To: "b", Port: "kafka", Listen: "127.0.0.1:0", Upstream: upstream}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	c, err := gateway.Connect(t.Context(), s.ControlURL(), s.Routes())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return &rig{server: s, client: c, link: c.Links()[0].(fullLink), addr: s.Routes()[0].Listen}
}

func (r *rig) dial(t *testing.T) *net.TCPConn {
	t.Helper()
	c, err := net.DialTimeout("tcp", r.addr, patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return c.(*net.TCPConn)
}

func (r *rig) traffic(t *testing.T) topologies.Traffic {
	t.Helper()
	tr, err := r.link.Traffic(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// until reads the traffic until cond holds of it.
func (r *rig) until(t *testing.T, what string, cond func(topologies.Traffic) bool) topologies.Traffic {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		tr := r.traffic(t)
		if cond(tr) {
			return tr
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not seen in %v: %s; traffic %+v", patience, what, tr)
		}
	}
}

// upstream serves each connection with serve until the test ends.
func upstream(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	work.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
			work.Go(func() {
				defer func() { _ = c.Close() }()
				serve(c)
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		for _, c := range open {
			_ = c.Close()
		}
		mu.Unlock()
		work.Wait()
	})
	return l.Addr().String()
}

// echo sends back what it gets.
func echo(c net.Conn) { _, _ = io.Copy(c, c) }

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func send(t *testing.T, c net.Conn, text string) {
	t.Helper()
	_, err := io.WriteString(c, text)
	ok(t, err)
}

func expect(t *testing.T, c net.Conn, text string) {
	t.Helper()
	buf := make([]byte, len(text))
	_, err := io.ReadFull(c, buf)
	ok(t, err)
	if string(buf) != text {
		t.Fatalf("got %q, want %q", buf, text)
	}
}

// silent checks that nothing arrives for a while. It can only miss a mistake,
// never invent one.
func silent(t *testing.T, c net.Conn) {
	t.Helper()
	ok(t, c.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
	n, err := c.Read(make([]byte, 1))
	var timeout net.Error
	if n > 0 || !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Fatalf("read %d bytes, error %v; want silence", n, err)
	}
	ok(t, c.SetReadDeadline(time.Now().Add(patience)))
}

// number writes rising numbers to w, at a pace that leaves the processor free,
// until stop is closed, and tells how many.
func number(w io.Writer, stop <-chan struct{}) (uint64, error) {
	var n uint64
	buf := make([]byte, 8*64)
	pace := time.NewTicker(100 * time.Microsecond)
	defer pace.Stop()
	for {
		select {
		case <-stop:
			return n, nil
		case <-pace.C:
		}
		for i := 0; i < len(buf); i += 8 {
			binary.BigEndian.PutUint64(buf[i:], n)
			n++
		}
		if _, err := w.Write(buf); err != nil {
			return n, err
		}
	}
}

// inOrder reads numbers to the end and checks that each follows the last.
func inOrder(r io.Reader) (uint64, error) {
	var n uint64
	buf := make([]byte, 8)
	buffered := bufio.NewReader(r)
	for {
		_, err := io.ReadFull(buffered, buf)
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		if got := binary.BigEndian.Uint64(buf); got != n {
			return n, errors.New("a number is missing, repeated or out of order")
		}
		n++
	}
}
