package gateway_test

import (
	"errors"
	"net"
	"syscall"
	"testing"

	"surety/topologies"
)

func TestResetIsSeenAsRSTByBothSidesOfALiveConnection(t *testing.T) {
	for _, tc := range []struct {
		why  string
		held bool
	}{
		{"idle connection", false},
		{"connection with held bytes", true},
	} {
		t.Run(tc.why, func(t *testing.T) {
			far := make(chan error, 1)
			first := make(chan struct{})
			r := start(t, upstream(t, func(c net.Conn) {
				buf := make([]byte, 1)
				_, _ = c.Read(buf)
				close(first)
				_, err := c.Read(buf)
				far <- err
			}))
			c := r.dial(t)
			send(t, c, "x")
			<-first
			if tc.held {
				ok(t, r.link.Hold(t.Context(), topologies.Both))
				send(t, c, "y")
				r.until(t, "a held byte", func(tr topologies.Traffic) bool { return tr.HeldForward == 1 })
			}
			ok(t, r.link.Reset(t.Context()))
			if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("the client saw %v, want ECONNRESET", err)
			}
			if err := <-far; !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("the upstream saw %v, want ECONNRESET", err)
			}
			if tr := r.traffic(t); tr.Resets != 1 || tr.Open != 0 {
				t.Errorf("traffic %+v; want 1 reset and none open", tr)
			}
		})
	}
}

func TestConnectionsAfterAResetWork(t *testing.T) {
	r := start(t, upstream(t, echo))
	old := r.dial(t)
	send(t, old, "a")
	expect(t, old, "a")
	ok(t, r.link.Reset(t.Context()))
	c := r.dial(t)
	send(t, c, "b")
	expect(t, c, "b")
	if tr := r.traffic(t); tr.Dials != 2 || tr.Resets != 1 || tr.Open != 1 {
		t.Errorf("traffic %+v; want 2 dials, 1 reset, 1 open", tr)
	}
}

func TestARefusedUpstreamIsCountedAndShownAsReset(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ok(t, err)
	addr := l.Addr().String()
	ok(t, l.Close())
	r := start(t, addr)
	c, err := net.Dial("tcp", r.addr)
	if err == nil { // the reset may be faster than the dial
		defer func() { _ = c.Close() }()
		_, err = c.Read(make([]byte, 1))
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the client saw %v, want ECONNRESET", err)
	}
	if tr := r.traffic(t); tr.Dials != 1 || tr.FailedDials != 1 || tr.Open != 0 {
		t.Errorf("traffic %+v; want 1 dial that failed", tr)
	}
}
