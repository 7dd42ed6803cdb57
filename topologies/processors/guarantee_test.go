package processors

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"sync"
	"syscall"
	"testing"
	"time"
)

// faults are done to the first of two instances while records flow. Each ends
// with the fault healed.
var faults = map[string]struct {
	session time.Duration
	load    time.Duration
	quiet   time.Duration
	do      func(b *bench, processor string)
}{
	"kill": {1500 * time.Millisecond, 2500 * time.Millisecond, time.Second, func(b *bench, processor string) {
		b.kill(1)
		pause(b.ctx, 500*time.Millisecond)
		b.start(processor, 1)
	}},
	"pause": {1500 * time.Millisecond, 5 * time.Second, time.Second, func(b *bench, _ string) {
		b.signal(1, syscall.SIGSTOP)
		defer b.signal(1, syscall.SIGCONT)
		pause(b.ctx, 3*time.Second)
	}},
	"cut": {6 * time.Second, 2 * time.Second, time.Second, func(b *bench, _ string) {
		b.net.hold()
		defer b.net.release()
		pause(b.ctx, 2*time.Second)
	}},
	"lag": {6 * time.Second, 4 * time.Second, time.Second, func(b *bench, _ string) {
		b.net.setLag(100 * time.Millisecond)
		defer b.net.setLag(0)
		pause(b.ctx, 3*time.Second)
	}},
}

// underFault runs two instances under load with one fault at a time drawn from
// the case's name.
func underFault(t *testing.T, p Processor, fault string) tally {
	f := faults[fault]
	b := newBench(t, f.session)
	b.start(p.Name, 1)
	b.start(p.Name, 2)
	b.joined(2)
	h := fnv.New64a()
	h.Write([]byte(t.Name()))
	at := 800*time.Millisecond + time.Duration(rand.New(rand.NewPCG(h.Sum64(), uint64(time.Now().UnixNano()))).IntN(400))*time.Millisecond
	t.Logf("%s after %v", fault, at)

	var load sync.WaitGroup
	load.Go(func() { b.drive(f.load) })
	pause(b.ctx, at)
	f.do(b, p.Name)
	load.Wait()
	b.drained(f.quiet)
	c := b.count()
	t.Logf("%d sent: %+v", b.total(), c)
	return c
}

func TestPlantedProcessorsAreFineWithoutFault(t *testing.T) {
	for _, p := range All {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			// An orderly change of members under load is no fault.
			b := newBench(t, 6*time.Second)
			b.start(p.Name, 1)
			b.joined(1)
			var load sync.WaitGroup
			load.Go(func() { b.drive(2 * time.Second) })
			pause(b.ctx, 500*time.Millisecond)
			b.start(p.Name, 2)
			b.joined(2)
			pause(b.ctx, 500*time.Millisecond)
			b.stop(1)
			b.joined(1)
			load.Wait()
			b.drained(700 * time.Millisecond)
			b.stop(2)
			c := b.count()
			t.Logf("%d sent: %+v", b.total(), c)
			if broken := c.breaks(p); len(broken) > 0 {
				t.Errorf("%s (order %s) is broken without a fault: %v", p.Declares, p.Order, broken)
			}
		})
	}
}

func TestPlantedProcessorsBreakUnderTheirFault(t *testing.T) {
	for _, p := range All {
		if !p.Broken {
			continue
		}
		t.Run(fmt.Sprintf("%s/%s", p.Name, p.Under), func(t *testing.T) {
			t.Parallel()
			if c := underFault(t, p, p.Under); c.has(p.Breaks) == 0 {
				t.Errorf("shows no %s under %s: %+v", p.Breaks, p.Under, c)
			}
		})
	}
}

func TestCorrectProcessorsKeepTheirGuaranteeUnderFaults(t *testing.T) {
	for _, tc := range []struct {
		processor, fault, reason string
	}{
		{"at-most-once", "kill", "a batch committed and not written is lost, which is legal; nothing may come twice"},
		{"at-most-once", "pause", "a member that comes back late must not write what another has written"},
		{"at-least-once", "kill", "twin of the planted ones that lose under a kill"},
		{"auto-commit-single-threaded", "kill", "commits the previous poll, so it must not be taken for one that loses"},
		{"exactly-once", "kill", "a transaction left open is aborted by the restart"},
		{"exactly-once", "pause", "a zombie is fenced by its generation"},
		{"exactly-once", "cut", "an abort rewinds the consumer"},
		{"hashed-workers", "lag", "a slow worker keeps its keys"},
		{"remembering-dedup", "kill", "the output is the memory"},
		{"remembering-dedup", "pause", "a zombie is fenced by the partition's transactional id"},
	} {
		t.Run(tc.processor+"/"+tc.fault, func(t *testing.T) {
			t.Parallel()
			p, err := Find(tc.processor)
			if err != nil {
				t.Fatal(err)
			}
			c := underFault(t, p, tc.fault)
			if broken := c.breaks(p); len(broken) > 0 {
				t.Errorf("%s (order %s) is broken: %v; %s", p.Declares, p.Order, broken, tc.reason)
			}
		})
	}
}
