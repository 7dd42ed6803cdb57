package processors

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"
)

// network stands between the processors and the brokers. It holds or delays what
// passes, without closing anything.
type network struct {
	mu    sync.Mutex
	lag   time.Duration // one way
	open  chan struct{} // closed while bytes may pass
	real  map[string]string
	conns []net.Conn
	ends  []net.Listener
	wg    sync.WaitGroup
}

func newNetwork(t *testing.T) *network {
	n := &network{open: make(chan struct{}), real: map[string]string{}}
	close(n.open)
	t.Cleanup(n.close)
	return n
}

// behind is a broker's listener that says the address of its proxy.
type behind struct {
	net.Listener
	addr net.Addr
}

func (b behind) Addr() net.Addr { return b.addr }

// listen gives a broker its listener and puts a proxy in front of it.
func (n *network) listen(network, address string) (net.Listener, error) {
	broker, err := net.Listen(network, address)
	if err != nil {
		return nil, err
	}
	front, err := net.Listen(network, "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ends = append(n.ends, front)
	n.real[front.Addr().String()] = broker.Addr().String()
	n.wg.Go(func() { n.serve(front, broker.Addr().String()) })
	return behind{broker, front.Addr()}, nil
}

// dial reaches the brokers past the proxies: the test's own way.
func (n *network) dial(ctx context.Context, network, address string) (net.Conn, error) {
	n.mu.Lock()
	if to, ok := n.real[address]; ok {
		address = to
	}
	n.mu.Unlock()
	var d net.Dialer
	return d.DialContext(ctx, network, address)
}

func (n *network) serve(front net.Listener, broker string) {
	for {
		from, err := front.Accept()
		if err != nil {
			return
		}
		to, err := net.Dial("tcp", broker)
		if err != nil {
			_ = from.Close()
			continue
		}
		n.mu.Lock()
		n.conns = append(n.conns, from, to)
		n.mu.Unlock()
		n.wg.Go(func() { n.carry(from, to) })
		n.wg.Go(func() { n.carry(to, from) })
	}
}

type chunk struct {
	bytes []byte
	at    time.Time
}

func (n *network) carry(from, to net.Conn) {
	chunks := make(chan chunk, 1024)
	n.wg.Go(func() {
		defer func() { _ = to.Close() }()
		for c := range chunks {
			n.mu.Lock()
			open, lag := n.open, n.lag
			n.mu.Unlock()
			<-open
			pause(context.Background(), time.Until(c.at.Add(lag)))
			if _, err := to.Write(c.bytes); err != nil {
				_ = from.Close()
			}
		}
	})
	defer close(chunks)
	for {
		buf := make([]byte, 32<<10)
		k, err := from.Read(buf)
		if k > 0 {
			chunks <- chunk{buf[:k], time.Now()}
		}
		if err != nil {
			return
		}
	}
}

func (n *network) setLag(oneWay time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lag = oneWay
}

func (n *network) hold() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.open = make(chan struct{})
}

func (n *network) release() {
	n.mu.Lock()
	defer n.mu.Unlock()
	select {
	case <-n.open:
	default:
		close(n.open)
	}
}

func (n *network) close() {
	n.release()
	n.mu.Lock()
	for _, l := range n.ends {
		_ = l.Close()
	}
	for _, c := range n.conns {
		_ = c.Close()
	}
	n.mu.Unlock()
	n.wg.Wait()
}
