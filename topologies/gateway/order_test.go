package gateway_test

import (
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"surety/topologies"
)

// count is how many numbers one end of a connection saw.
type count struct {
	n   uint64
	err error
}

// take adds the next count to sum.
func take(t *testing.T, from <-chan count, sum *uint64) count {
	t.Helper()
	select {
	case c := <-from:
		*sum += c.n
		return c
	case <-time.After(patience):
		t.Fatal("an end of a connection never finished")
		return count{}
	}
}

// Holds and lags come and go at random while numbers flow both ways: none may
// be lost, repeated or out of order.
func TestNoByteIsLostRepeatedOrReorderedUnderRandomOperations(t *testing.T) {
	const operations, connections = 1000, 2
	stop := make(chan struct{})
	farSent, farGot := make(chan count, connections), make(chan count, connections)
	r := start(t, upstream(t, func(c net.Conn) {
		var both sync.WaitGroup
		both.Go(func() {
			n, err := number(c, stop)
			_ = c.(*net.TCPConn).CloseWrite()
			farSent <- count{n, err}
		})
		n, err := inOrder(c)
		farGot <- count{n, err}
		both.Wait()
	}))
	nearSent, nearGot := make(chan count, connections), make(chan count, connections)
	var work sync.WaitGroup
	for range connections {
		c := r.dial(t)
		ok(t, c.SetDeadline(time.Now().Add(5*patience)))
		work.Go(func() {
			n, err := number(c, stop)
			_ = c.CloseWrite()
			nearSent <- count{n, err}
		})
		work.Go(func() {
			n, err := inOrder(c)
			nearGot <- count{n, err}
		})
	}
	r.until(t, "traffic both ways", func(tr topologies.Traffic) bool { return tr.Forward > 0 && tr.Backward > 0 })

	rng := rand.New(rand.NewPCG(1, 2))
	var holds []topologies.Stream
	lags := 0
	for i := range operations {
		var err error
		switch rng.IntN(4) {
		case 0:
			holds = append(holds, topologies.Stream(1+rng.IntN(3)))
			err = r.link.Hold(t.Context(), holds[len(holds)-1])
		case 1:
			if len(holds) > 0 {
				i := rng.IntN(len(holds))
				err = r.link.Release(t.Context(), holds[i])
				holds = slices.Delete(holds, i, i+1)
			}
		case 2:
			lags++
			err = r.link.Lag(t.Context(), topologies.Lag{
				Delay: time.Duration(rng.IntN(3000)) * time.Microsecond, Jitter: time.Millisecond, Seed: uint64(i),
			})
		default:
			lags = max(lags-1, 0)
			err = r.link.Unlag(t.Context())
		}
		ok(t, err)
	}
	for _, s := range holds {
		ok(t, r.link.Release(t.Context(), s))
	}
	for range lags {
		ok(t, r.link.Unlag(t.Context()))
	}
	before := r.traffic(t)
	r.until(t, "traffic after the last operation", func(tr topologies.Traffic) bool {
		return tr.Forward > before.Forward && tr.Backward > before.Backward
	})
	close(stop)

	sum := func(sent, got chan count, way string) uint64 {
		var s, g uint64
		for range connections {
			for _, c := range []count{take(t, sent, &s), take(t, got, &g)} {
				if c.err != nil {
					t.Errorf("%s, after %d numbers: %v", way, c.n, c.err)
				}
			}
		}
		if s != g || s == 0 {
			t.Errorf("%s: %d numbers sent, %d received", way, s, g)
		}
		return g
	}
	fwd := sum(nearSent, farGot, "forward")
	back := sum(farSent, nearGot, "backward")
	work.Wait()
	tr := r.until(t, "no open connection", func(tr topologies.Traffic) bool { return tr.Open == 0 })
	if tr.Forward != int64(8*fwd) || tr.Backward != int64(8*back) {
		t.Errorf("traffic %+v; want %d and %d bytes", tr, 8*fwd, 8*back)
	}
	t.Logf("%d MiB forward, %d MiB backward", tr.Forward>>20, tr.Backward>>20)
}
