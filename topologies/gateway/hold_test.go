package gateway_test

import (
	"errors"
	"io"
	"net"
	"testing"

	"surety/topologies"
)

func TestHeldBytesAreDeliveredAfterTheRelease(t *testing.T) {
	r := start(t, upstream(t, echo))
	c := r.dial(t)
	send(t, c, "before")
	expect(t, c, "before")

	ok(t, r.link.Hold(t.Context(), topologies.Both))
	send(t, c, "during")
	tr := r.until(t, "held bytes", func(tr topologies.Traffic) bool { return tr.HeldForward == 6 })
	if tr.HeldConns != 1 || tr.HeldBackward != 0 || tr.Open != 1 {
		t.Errorf("traffic %+v; want one open connection with 6 bytes held forward", tr)
	}
	silent(t, c)

	ok(t, r.link.Release(t.Context(), topologies.Both))
	expect(t, c, "during")
	// Bytes are counted once the socket took them, which the reader may outrun.
	r.until(t, "12 bytes delivered each way over 1 dial", func(tr topologies.Traffic) bool {
		return tr.Forward == 12 && tr.Backward == 12 && tr.Dials == 1
	})
}

func TestOneWayHoldLetsTheOtherDirectionPass(t *testing.T) {
	for _, tc := range []struct {
		why    string
		stream topologies.Stream
	}{
		{"requests lost, answers pass", topologies.Forward},
		{"requests pass, answers lost", topologies.Backward},
	} {
		t.Run(tc.why, func(t *testing.T) {
			far := make(chan net.Conn, 1)
			block := make(chan struct{})
			r := start(t, upstream(t, func(c net.Conn) { far <- c; <-block }))
			t.Cleanup(func() { close(block) })
			near := r.dial(t)
			peer := <-far
			ok(t, r.link.Hold(t.Context(), tc.stream))
			send(t, near, "request")
			send(t, peer, "answer!")
			if tc.stream == topologies.Forward {
				expect(t, near, "answer!")
				silent(t, peer)
				r.until(t, "held request", func(tr topologies.Traffic) bool { return tr.HeldForward == 7 && tr.HeldBackward == 0 })
				ok(t, r.link.Release(t.Context(), tc.stream))
				expect(t, peer, "request")
				return
			}
			expect(t, peer, "request")
			silent(t, near)
			r.until(t, "held answer", func(tr topologies.Traffic) bool { return tr.HeldBackward == 7 && tr.HeldForward == 0 })
			ok(t, r.link.Release(t.Context(), tc.stream))
			expect(t, near, "answer!")
		})
	}
}

func TestConnectionsOpenedDuringAHoldAreHeld(t *testing.T) {
	r := start(t, upstream(t, echo))
	ok(t, r.link.Hold(t.Context(), topologies.Both))
	c := r.dial(t)
	send(t, c, "hello")
	r.until(t, "held bytes of the new connection", func(tr topologies.Traffic) bool { return tr.HeldForward == 5 && tr.HeldConns == 1 })
	silent(t, c)
	ok(t, r.link.Release(t.Context(), topologies.Both))
	expect(t, c, "hello")
}

func TestOverlappingHoldsAreCounted(t *testing.T) {
	r := start(t, upstream(t, echo))
	c := r.dial(t)
	ok(t, r.link.Hold(t.Context(), topologies.Both))
	send(t, c, "x")
	r.until(t, "a held byte", func(tr topologies.Traffic) bool { return tr.HeldForward == 1 })
	ok(t, r.link.Hold(t.Context(), topologies.Forward))
	if tr := r.traffic(t); tr.HeldForward != 1 || tr.HeldConns != 1 {
		t.Errorf("traffic %+v; want the byte in hand to count for the second hold", tr)
	}
	ok(t, r.link.Release(t.Context(), topologies.Both))
	silent(t, c) // the one-way hold stands, though it came later
	ok(t, r.link.Release(t.Context(), topologies.Forward))
	expect(t, c, "x")
	ok(t, r.link.Release(t.Context(), topologies.Forward)) // healing twice is no error
	send(t, c, "y")
	expect(t, c, "y")
}

func TestTheEndOfAStreamIsHeldToo(t *testing.T) {
	ended := make(chan string, 1)
	r := start(t, upstream(t, func(c net.Conn) {
		all, _ := io.ReadAll(c)
		ended <- string(all)
	}))
	c := r.dial(t)
	ok(t, r.link.Hold(t.Context(), topologies.Both))
	send(t, c, "last words")
	ok(t, c.Close())
	r.until(t, "held bytes", func(tr topologies.Traffic) bool { return tr.HeldForward == 10 })
	select {
	case all := <-ended:
		t.Fatalf("the far side saw the end after %q during the hold", all)
	default:
	}
	// The client has gone: the release must neither block nor lose its words.
	ok(t, r.link.Release(t.Context(), topologies.Both))
	if all := <-ended; all != "last words" {
		t.Errorf("the far side got %q", all)
	}
	r.until(t, "no open connection", func(tr topologies.Traffic) bool { return tr.Open == 0 })
}

func TestAHalfClosedConnectionStillAnswers(t *testing.T) {
	r := start(t, upstream(t, func(c net.Conn) {
		all, _ := io.ReadAll(c)
		_, _ = c.Write(append(all, '!'))
	}))
	c := r.dial(t)
	send(t, c, "question")
	ok(t, c.CloseWrite())
	expect(t, c, "question!")
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("after the answer: %v, want EOF", err)
	}
	r.until(t, "no open connection", func(tr topologies.Traffic) bool { return tr.Open == 0 })
}

func TestAHoldOfNoStreamIsRefused(t *testing.T) {
	r := start(t, upstream(t, echo))
	for _, s := range []topologies.Stream{0, 4, 7} {
		if err := r.link.Hold(t.Context(), s); err == nil {
			t.Errorf("a hold of stream %d was accepted", s)
		}
	}
}
