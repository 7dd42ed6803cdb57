package docker

import (
	"fmt"
	"hash/fnv"
	"maps"
	"net/netip"
	"slices"
	"sync"

	"surety/topologies"
)

// ports are the addresses at which a node is published on this machine. A
// processor that serves nobody has only control.
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

// portFinder hands out free ports of this machine, never the same twice in a run,
// and holds them until whatever they are for has them.
type portFinder struct {
	mu   sync.Mutex
	next int
	held map[string]func() // ends the hold of an address
}

// newPortFinder starts at a place of the run's own, so that runs side by side
// seldom meet.
func newPortFinder(run string) *portFinder {
	h := fnv.New32a()
	_, _ = h.Write([]byte(run)) // never fails
	return &portFinder{next: int(h.Sum32() % (lastPort - firstPort + 1)), held: map[string]func(){}}
}

// take gives an address on 127.0.0.1 that is held until free.
func (f *portFinder) take() (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	const all = lastPort - firstPort + 1
	for range all {
		addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(firstPort+f.next))
		f.next = (f.next + 1) % all
		if end, err := hold(addr); err == nil {
			f.held[addr.String()] = end
			return addr.String(), nil
		}
	}
	return "", &topologies.EnvironmentError{
		What: fmt.Sprintf("no port of 127.0.0.1 from %d to %d is free", firstPort, lastPort),
		Try:  "end what holds them (ss -ltnp lists it)",
	}
}

// free ends the holds of addresses, of all of them where none is named.
func (f *portFinder) free(addrs ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(addrs) == 0 {
		addrs = slices.Collect(maps.Keys(f.held))
	}
	for _, addr := range addrs {
		if end := f.held[addr]; end != nil {
			end()
			delete(f.held, addr)
		}
	}
}

// forNode takes the ports of one node, with those of the views where the harness enters
// it.
func (f *portFinder) forNode(entered bool) (ports, error) {
	var p ports
	want := []*string{&p.control}
	if entered {
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
	defer f.free()
	for range n {
		if _, err := f.take(); err != nil {
			return err
		}
	}
	return nil
}
