package gateway_test

import (
	"io"
	"net"
	"testing"
	"time"

	"surety/topologies"
)

// rate is what these tests limit links to, in bytes a second.
const rate = 400 << 10

// flood sends n bytes from c and from the far side at once, and tells how long
// each took to arrive.
func flood(t *testing.T, near, far net.Conn, n int) (forward, backward time.Duration) {
	t.Helper()
	began := time.Now()
	took := [2]time.Duration{}
	done := make(chan error, 4)
	for i, way := range [2]struct{ from, to net.Conn }{{near, far}, {far, near}} {
		go func() {
			_, err := way.from.Write(make([]byte, n))
			done <- err
		}()
		go func() {
			_, err := io.CopyN(io.Discard, way.to, int64(n))
			took[i] = time.Since(began)
			done <- err
		}()
	}
	for range 4 {
		ok(t, <-done)
	}
	return took[0], took[1]
}

// pair is a connection through the link and its far end.
func (r *rig) pair(t *testing.T, far chan net.Conn) (net.Conn, net.Conn) {
	t.Helper()
	near := r.dial(t)
	peer := <-far
	ok(t, peer.SetDeadline(time.Now().Add(patience)))
	return near, peer
}

func limited(t *testing.T) (*rig, chan net.Conn) {
	t.Helper()
	far, block := make(chan net.Conn), make(chan struct{})
	r := start(t, upstream(t, func(c net.Conn) { far <- c; <-block }))
	t.Cleanup(func() { close(block) })
	return r, far
}

// nearRate checks a throughput in bytes a second, which may be a fifth off.
func nearRate(t *testing.T, what string, got float64) {
	t.Helper()
	if got < 0.8*rate || got > 1.2*rate {
		t.Errorf("%s: %.0f bytes a second, want %d ± 20 %%", what, got, rate)
	}
}

func TestALimitedLinkCarriesItsRateEachWay(t *testing.T) {
	r, far := limited(t)
	a, b := r.pair(t, far)
	ok(t, r.link.Limit(t.Context(), rate))
	const n = 2 * rate // about two seconds
	forward, backward := flood(t, a, b, n)
	nearRate(t, "forward", n/forward.Seconds())
	nearRate(t, "backward", n/backward.Seconds())
	tr := r.until(t, "all bytes measured", func(tr topologies.Traffic) bool { return tr.Limited == 2*n })
	nearRate(t, "measured", float64(tr.Limited)/tr.LimitedFor.Seconds())
}

func TestConnectionsShareTheRateOfTheirLink(t *testing.T) {
	r, far := limited(t)
	a1, b1 := r.pair(t, far)
	a2, b2 := r.pair(t, far)
	ok(t, r.link.Limit(t.Context(), rate))
	const n = rate / 4
	began := time.Now()
	done := make(chan error, 4)
	for _, way := range [2][2]net.Conn{{a1, b1}, {a2, b2}} {
		go func() { _, err := way[0].Write(make([]byte, n)); done <- err }()
		go func() { _, err := io.CopyN(io.Discard, way[1], n); done <- err }()
	}
	for range 4 {
		ok(t, <-done)
	}
	nearRate(t, "both together", 2*n/time.Since(began).Seconds())
}

func TestWhatWaitsForALimitLeavesWhenItEnds(t *testing.T) {
	r, far := limited(t)
	a, b := r.pair(t, far)
	ok(t, r.link.Limit(t.Context(), 1)) // the 100 bytes would take 100 s
	ok(t, r.link.Limit(t.Context(), 1<<30))
	send(t, a, string(make([]byte, 100)))
	r.until(t, "the first byte", func(tr topologies.Traffic) bool { return tr.Limited > 0 })
	ok(t, r.link.Unlimit(t.Context(), 1))
	expect(t, b, string(make([]byte, 100)))
	ok(t, r.link.Unlimit(t.Context(), 1<<30))
	ok(t, r.link.Unlimit(t.Context(), 1<<30)) // healing twice is no error
	before := r.traffic(t).Limited
	send(t, a, "free")
	expect(t, b, "free")
	if tr := r.traffic(t); tr.Limited != before {
		t.Errorf("%d bytes were limited after the limit", tr.Limited-before)
	}
}

func TestALimitOfNothingIsRefused(t *testing.T) {
	r := start(t, upstream(t, echo))
	for _, n := range []int64{0, -1} {
		if err := r.link.Limit(t.Context(), n); err == nil {
			t.Errorf("a limit of %d bytes a second was accepted", n)
		}
	}
}

func TestAResetEndsAConnectionThatWaitsForItsLimit(t *testing.T) {
	r, far := limited(t)
	a, _ := r.pair(t, far)
	ok(t, r.link.Limit(t.Context(), 1))
	send(t, a, string(make([]byte, 1000)))
	ok(t, r.link.Reset(t.Context()))
	r.until(t, "no open connection", func(tr topologies.Traffic) bool { return tr.Open == 0 })
	// The lost bytes must not be paid for by the next connection.
	ok(t, r.link.Limit(t.Context(), 1))
	c, d := r.pair(t, far)
	ok(t, r.link.Unlimit(t.Context(), 1))
	ok(t, r.link.Unlimit(t.Context(), 1))
	send(t, c, "next")
	expect(t, d, "next")
}
