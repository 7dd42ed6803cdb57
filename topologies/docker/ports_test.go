package docker

import (
	"net"
	"net/netip"
	"runtime"
	"testing"

	"surety/topologies"
)

func TestPortsAreFreeAndNeverTheSame(t *testing.T) {
	f, other := newPortFinder("run"), newPortFinder("run") // both begin at the same place
	defer f.free()
	defer other.free()
	first, err := f.take()
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", first)
	if err != nil {
		t.Fatalf("what the port was taken for cannot listen on it: %v", err)
	}
	defer func() { _ = l.Close() }()
	f.free(first)
	seen := map[string]bool{first: true}
	for range 50 {
		addr, err := other.take()
		if err != nil {
			t.Fatal(err)
		}
		if seen[addr] {
			t.Fatalf("%s was handed out while it was in use, or twice", addr)
		}
		seen[addr] = true
	}
}

func TestAPortThatIsHeldIsGivenToNobodyElse(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("ports are held on Linux only")
	}
	f, other := newPortFinder("run"), newPortFinder("run")
	defer other.free()
	first, err := f.take()
	if err != nil {
		t.Fatal(err)
	}
	second, err := other.take() // as another process would
	if err != nil {
		t.Fatal(err)
	}
	if first == second {
		t.Errorf("two runs were given %s", first)
	}
	f.free()
	addr := netip.MustParseAddrPort(first)
	end, err := hold(addr)
	if err != nil {
		t.Errorf("%s is not free after its hold ended: %v", first, err)
	} else {
		end()
	}
}

func TestPortsOfANode(t *testing.T) {
	f := newPortFinder("run")
	defer f.free()
	for _, tt := range []struct {
		node host
		want int
		why  string
	}{
		{host{name: "broker", kind: topologies.BrokerNode}, 3, "control and the two views"},
		{host{name: "database", kind: topologies.DatabaseNode, serves: &service{port: 5432}}, 3, "control and the two views"},
		{host{name: "service", kind: topologies.ProcessorNode, serves: &service{port: 8080}}, 3, "control and the two views"},
		{host{name: "processor", kind: topologies.ProcessorNode}, 1, "control: nobody connects to a processor"},
	} {
		p, err := f.forNode(tt.node.observed() > 0)
		if err != nil {
			t.Fatal(err)
		}
		b, err := p.bindings(9094)
		if err != nil {
			t.Fatal(err)
		}
		if len(b) != tt.want {
			t.Errorf("%s: %d ports published, want %d: %s", tt.node.name, len(b), tt.want, tt.why)
		}
		for port, to := range b {
			if len(to) != 1 || to[0].HostIP.String() != "127.0.0.1" || to[0].HostPort == "0" {
				t.Errorf("%s: %s is published as %v, not on a fixed port of 127.0.0.1", tt.node.name, port, to)
			}
		}
	}
}
