package docker

import (
	"fmt"
	"hash/fnv"
	"net"
	"strconv"
	"sync"

	"surety/topologies"
)

// ports are the addresses at which a node is published on this machine. A
// processor has only control.
type ports struct {
	control string
	drive   string
	observe string
}

// Ports are taken from below the range that systems give to outgoing
// connections: one of those could take a port between our look and its use.
const (
	firstPort = 20000
	lastPort  = 31999
)

// portFinder hands out free ports of this machine, never the same twice in a run.
type portFinder struct {
	mu   sync.Mutex
	next int
}

// newPortFinder starts at a place of the run's own, so that runs side by side
// seldom meet.
func newPortFinder(run string) *portFinder {
	h := fnv.New32a()
	_, _ = h.Write([]byte(run)) // never fails
	return &portFinder{next: int(h.Sum32() % (lastPort - firstPort + 1))}
}

// take gives an address on 127.0.0.1 whose port was free a moment ago.
func (f *portFinder) take() (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	const all = lastPort - firstPort + 1
	for range all {
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(firstPort+f.next))
		f.next = (f.next + 1) % all
		l, err := net.Listen("tcp", addr)
		if err != nil {
			continue
		}
		if err := l.Close(); err == nil {
			return addr, nil
		}
	}
	return "", &topologies.EnvironmentError{
		What: fmt.Sprintf("no port of 127.0.0.1 from %d to %d is free", firstPort, lastPort),
		Try:  "end what holds them (ss -ltnp lists it)",
	}
}

// forNode takes the ports of one node.
func (f *portFinder) forNode(kind topologies.NodeKind) (ports, error) {
	var p ports
	want := []*string{&p.control}
	if kind == topologies.BrokerNode {
		want = append(want, &p.drive, &p.observe)
	}
	for _, addr := range want {
		var err error
		if *addr, err = f.take(); err != nil {
			return ports{}, err
		}
	}
	return p, nil
}

// FreePorts tells whether n ports that nodes could be published on are free. The
// error is a *topologies.EnvironmentError.
func FreePorts(n int) error {
	f := newPortFinder("")
	for range n {
		if _, err := f.take(); err != nil {
			return err
		}
	}
	return nil
}
