package processors

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// faults are done to the first of two instances while records flow. Each ends
// with the fault healed.
var faults = map[string]struct {
	session time.Duration
	do      func(b *bench, processor string)
}{
	"kill": {3 * time.Second, func(b *bench, processor string) {
		b.kill(1)
		pause(b.ctx, 500*time.Millisecond)
		b.start(processor, 1)
	}},
	"pause": {3 * time.Second, func(b *bench, _ string) {
		b.signal(1, syscall.SIGSTOP)
		defer b.signal(1, syscall.SIGCONT)
		pause(b.ctx, 5*time.Second)
	}},
	"cut": {10 * time.Second, func(b *bench, _ string) {
		b.net.hold()
		defer b.net.release()
		pause(b.ctx, 4*time.Second)
	}},
	"lag": {6 * time.Second, func(b *bench, _ string) {
		b.net.setLag(100 * time.Millisecond)
		defer b.net.setLag(0)
		pause(b.ctx, 3*time.Second)
	}},
	"surge": {6 * time.Second, func(b *bench, _ string) {
		b.pace(10 * rate)
		defer b.pace(rate)
		pause(b.ctx, 2*time.Second)
	}},
}

// seed draws the moments of the faults; PROCESSORS_TEST_SEED repeats a run.
var seed = sync.OnceValue(func() uint64 {
	if s, err := strconv.ParseUint(os.Getenv("PROCESSORS_TEST_SEED"), 10, 64); err == nil {
		return s
	}
	return uint64(time.Now().UnixNano())
})

// moment is up to 400 ms, drawn for the named case.
func moment(name string) time.Duration {
	h := fnv.New64a()
	h.Write([]byte(name))
	return time.Duration(rand.New(rand.NewPCG(seed(), h.Sum64())).IntN(400)) * time.Millisecond
}

// underFault runs two instances under load with one fault at a drawn moment.
func underFault(t *testing.T, p Processor, fault string) tally {
	f := faults[fault]
	b := newBench(t, f.session)
	b.start(p.Name, 1)
	b.start(p.Name, 2)
	b.joined(2)
	at := 500*time.Millisecond + moment(t.Name())
	t.Logf("%s after %v (seed %d)", fault, at, seed())

	stop := b.load()
	b.flowing()
	b.joined(2)
	pause(b.ctx, at)
	f.do(b, p.Name)
	pause(b.ctx, time.Second)
	stop()
	b.drained(time.Second)
	c := b.count()
	t.Logf("%d sent: %+v", b.total(), c)
	return c
}

// copying are the processors whose outputs are what went in: the tests here count
// those. What drops poison takes the plain values of these tests for it; outputs_test.go
// has it.
func copying() (list []Processor) {
	for _, p := range All {
		if p.Oracle == "" && !p.Effects && p.Under != "poison" {
			list = append(list, p)
		}
	}
	return list
}

func TestProcessorsKeepTheirGuaranteeWithoutFault(t *testing.T) {
	for _, p := range copying() {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			// An orderly change of members under load is no fault.
			b := newBench(t, 6*time.Second)
			b.start(p.Name, 1)
			b.joined(1)
			stop := b.load()
			pause(b.ctx, 500*time.Millisecond)
			b.start(p.Name, 2)
			b.joined(2)
			pause(b.ctx, 500*time.Millisecond)
			b.stop(1)
			b.joined(1)
			pause(b.ctx, 500*time.Millisecond)
			stop()
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
	for _, p := range copying() {
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
		{"hashed-workers", "surge", "what does not fit into its hands waits in the log"},
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
