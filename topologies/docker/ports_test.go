package docker

import (
	"net"
	"testing"

	"surety/topologies"
)

func TestPortsAreFreeAndNeverTheSame(t *testing.T) {
	f := newPortFinder("run")
	first, err := f.take()
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", first)
	if err != nil {
		t.Fatalf("the port that was taken is not free: %v", err)
	}
	defer func() { _ = l.Close() }()
	again := newPortFinder("run") // begins at the same place, which is in use now
	seen := map[string]bool{first: true}
	for range 50 {
		addr, err := again.take()
		if err != nil {
			t.Fatal(err)
		}
		if seen[addr] {
			t.Fatalf("%s was handed out while it was in use, or twice", addr)
		}
		seen[addr] = true
	}
}

func TestPortsOfANode(t *testing.T) {
	f := newPortFinder("run")
	for _, tt := range []struct {
		kind topologies.NodeKind
		want int
		why  string
	}{
		{topologies.BrokerNode, 3, "control and the two views"},
		{topologies.ProcessorNode, 1, "control: nobody connects to a processor"},
	} {
		p, err := f.forNode(tt.kind)
		if err != nil {
			t.Fatal(err)
		}
		b, err := p.bindings()
		if err != nil {
			t.Fatal(err)
		}
		if len(b) != tt.want {
			t.Errorf("%s: %d ports published, want %d: %s", tt.kind, len(b), tt.want, tt.why)
		}
		for port, to := range b {
			if len(to) != 1 || to[0].HostIP.String() != "127.0.0.1" || to[0].HostPort == "0" {
				t.Errorf("%s: %s is published as %v, not on a fixed port of 127.0.0.1", tt.kind, port, to)
			}
		}
	}
}
