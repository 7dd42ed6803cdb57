package services

import (
	"os"
	"sync"
	"time"
)

// The points at which a service can be told to end itself. Every pattern has those that
// stand in its Points.
const (
	BeforeTransaction = "before-transaction" // an order came, nothing was done
	InsideTransaction = "inside-transaction" // its row is written and not committed
	AfterPrepare      = "after-prepare"      // its transaction is prepared, its event not written
	AfterCommit       = "after-commit"       // its row is committed
	AfterEmit         = "after-emit"         // its event is written and acknowledged; what follows is not done
	MidRelay          = "mid-relay"          // half of the events that a relay has in hand are written
)

// points end the process where they are told to.
type points struct {
	note func(format string, args ...any)
	die  func() // does not return; replaced in tests

	mu    sync.Mutex
	armed string
}

func newPoints(cfg Config) *points { return &points{note: cfg.note, die: die} }

// arm makes the next pass of a point the last, from so long on.
func (p *points) arm(point string, after time.Duration) {
	if after > 0 {
		time.AfterFunc(after, func() { p.arm(point, 0) })
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed = point
}

// is tells whether the next pass of a point is the last.
func (p *points) is(point string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.armed == point
}

// pass ends the process if it was told to end here.
func (p *points) pass(point string) {
	if p.is(point) {
		p.note("ends itself at %s", point)
		p.die()
	}
}

// killed is the exit code of a process that SIGKILL ended.
const killed = 128 + 9

// die ends the process at once: no deferred function runs, no buffer is written, the
// system closes the connections. The first process of a container is not touched by a
// SIGKILL of its own, so it leaves with the code that one gives.
func die() {
	if self, err := os.FindProcess(os.Getpid()); err == nil {
		_ = self.Kill() // what follows ends it otherwise
	}
	os.Exit(killed)
}
