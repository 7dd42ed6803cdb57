package gateway_test

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"surety/topologies"
)

func TestARefusingLinkLooksLikeAProcessThatHasEnded(t *testing.T) {
	r := start(t, upstream(t, echo))
	c := r.dial(t)
	send(t, c, "x")
	expect(t, c, "x")
	if _, err := r.link.Deny(t.Context(), topologies.Refuse, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("the open connection saw %v, want its end", err)
	}
	for range 3 {
		if _, err := net.Dial("tcp", r.addr); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("a new dial saw %v, want ECONNREFUSED", err)
		}
	}
	if tr := r.traffic(t); !tr.Refusing || tr.Closed != 1 || tr.Open != 0 || tr.Dials != 1 {
		t.Errorf("traffic %+v; want a refusing link, 1 connection closed, none open, 1 dial", tr)
	}
	ok(t, r.link.Allow(t.Context(), topologies.Refuse))
	again := r.dial(t)
	send(t, again, "y")
	expect(t, again, "y")
	if tr := r.traffic(t); tr.Refusing || tr.Dials != 2 || tr.Open != 1 {
		t.Errorf("traffic %+v; want a link that accepts again", tr)
	}
}

func TestARejectingLinkResetsOpenConnectionsAndNewOnes(t *testing.T) {
	r := start(t, upstream(t, echo))
	c := r.dial(t)
	send(t, c, "x")
	expect(t, c, "x")
	if _, err := r.link.Deny(t.Context(), topologies.Reject, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the open connection saw %v, want ECONNRESET", err)
	}
	for range 3 {
		c, err := net.Dial("tcp", r.addr)
		if err == nil { // the reset may be faster than the dial
			_, err = c.Read(make([]byte, 1))
			_ = c.Close()
		}
		if !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("a new connection saw %v, want ECONNRESET", err)
		}
	}
	r.until(t, "1 reset and 3 rejected dials", func(tr topologies.Traffic) bool {
		return tr.Resets == 1 && tr.RejectedDials == 3 && tr.Dials == 4 && tr.Open == 0 && !tr.Refusing
	})
	ok(t, r.link.Allow(t.Context(), topologies.Reject))
	again := r.dial(t)
	send(t, again, "y")
	expect(t, again, "y")
}

func TestOverlappingDenialsEndOneByOne(t *testing.T) {
	r := start(t, upstream(t, echo))
	deny := func(d topologies.Denial) {
		t.Helper()
		_, err := r.link.Deny(t.Context(), d, time.Time{})
		ok(t, err)
	}
	deny(topologies.Reject)
	deny(topologies.Refuse)
	deny(topologies.Refuse)
	ok(t, r.link.Allow(t.Context(), topologies.Refuse))
	if tr := r.traffic(t); !tr.Refusing {
		t.Error("one of two refusals ended and the link accepts")
	}
	ok(t, r.link.Allow(t.Context(), topologies.Refuse))
	c, err := net.Dial("tcp", r.addr)
	if err == nil {
		_, err = c.Read(make([]byte, 1))
		_ = c.Close()
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("with the refusals over a new connection saw %v, want ECONNRESET", err)
	}
	ok(t, r.link.Allow(t.Context(), topologies.Reject))
	ok(t, r.link.Allow(t.Context(), topologies.Reject)) // healing twice is no error
	ok(t, r.link.Allow(t.Context(), topologies.Refuse))
	again := r.dial(t)
	send(t, again, "y")
	expect(t, again, "y")
}

func TestAnUnknownDenialIsRefused(t *testing.T) {
	r := start(t, upstream(t, echo))
	if _, err := r.link.Deny(t.Context(), "drop", time.Time{}); err == nil {
		t.Error("accepted")
	}
	c := r.dial(t)
	send(t, c, "x")
	expect(t, c, "x")
}

func TestCloseEndsARefusingLink(t *testing.T) {
	r := start(t, upstream(t, echo))
	_, err := r.link.Deny(t.Context(), topologies.Refuse, time.Time{})
	ok(t, err)
	ok(t, r.server.Close(t.Context()))
	l, err := net.Listen("tcp", r.addr)
	if err != nil {
		t.Fatalf("the port is not free after the close: %v", err)
	}
	ok(t, l.Close())
}

func TestDiscardedBytesNeverArrive(t *testing.T) {
	for _, tc := range []struct {
		why    string
		stream topologies.Stream
	}{
		{"both directions held", topologies.Both},
		{"requests held", topologies.Forward},
	} {
		t.Run(tc.why, func(t *testing.T) {
			type seen struct {
				all string
				err error
			}
			far := make(chan seen, 2)
			r := start(t, upstream(t, func(c net.Conn) {
				all, err := io.ReadAll(c)
				far <- seen{string(all), err}
			}))
			c := r.dial(t)
			send(t, c, "before")
			r.until(t, "6 bytes delivered", func(tr topologies.Traffic) bool { return tr.Forward == 6 })
			ok(t, r.link.Hold(t.Context(), tc.stream))
			send(t, c, "during")
			r.until(t, "held bytes", func(tr topologies.Traffic) bool { return tr.HeldForward == 6 })
			ok(t, r.link.Discard(t.Context(), tc.stream))
			if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("the client saw %v, want ECONNRESET", err)
			}
			if got := <-far; got.all != "before" || !errors.Is(got.err, syscall.ECONNRESET) {
				t.Errorf("the far side got %q and %v; want what was sent before and ECONNRESET", got.all, got.err)
			}
			if tr := r.traffic(t); tr.Discarded != 6 || tr.Resets != 1 || tr.Forward != 6 {
				t.Errorf("traffic %+v; want 6 bytes discarded with 1 reset, 6 delivered", tr)
			}
			again := r.dial(t)
			send(t, again, "after")
			ok(t, again.CloseWrite())
			if got := <-far; got.all != "after" || got.err != nil {
				t.Errorf("after the discard the far side got %q and %v", got.all, got.err)
			}
		})
	}
}
