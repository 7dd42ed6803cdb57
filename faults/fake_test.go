package faults

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"surety/topologies"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// errFake is what a fake link says when it is told to fail.
var errFake = errors.New("the gateway has gone")

// fakeLink does what it is told at once, and remembers it. Its traffic is what the
// test sets.
type fakeLink struct {
	link
	late time.Duration // by which it acts too late

	mu   sync.Mutex
	fail map[string]bool // actions that fail
	did  []string
	tr   topologies.Traffic
}

var _ interface {
	topologies.Armer
	topologies.Holder
	topologies.Discarder
	topologies.Denier
	topologies.Limiter
	topologies.Meter
} = (*fakeLink)(nil)

func (l *fakeLink) act(what string, args ...any) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail[what] {
		return errFake
	}
	l.did = append(l.did, fmt.Sprintln(append([]any{what}, args...)...))
	return nil
}

// at acts at an instant, as a gateway does.
func (l *fakeLink) at(ctx context.Context, at time.Time, what string, args ...any) (time.Time, error) {
	l.mu.Lock()
	broken := l.fail[what]
	l.mu.Unlock()
	if broken {
		return time.Time{}, errFake
	}
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return time.Time{}, ctx.Err()
	}
	return at.Add(l.late), l.act(what, args...)
}

func (l *fakeLink) Hold(_ context.Context, s topologies.Stream) error { return l.act("hold", s) }
func (l *fakeLink) Release(_ context.Context, s topologies.Stream) error {
	return l.act("release", s)
}

func (l *fakeLink) HoldAt(ctx context.Context, s topologies.Stream, at time.Time) (time.Time, error) {
	return l.at(ctx, at, "hold", s)
}

func (l *fakeLink) Discard(_ context.Context, s topologies.Stream) error {
	return l.act("discard", s)
}

func (l *fakeLink) Deny(ctx context.Context, d topologies.Denial, at time.Time) (time.Time, error) {
	return l.at(ctx, at, "deny", d)
}
func (l *fakeLink) Allow(_ context.Context, d topologies.Denial) error { return l.act("allow", d) }
func (l *fakeLink) Limit(_ context.Context, n int64) error             { return l.act("limit", n) }
func (l *fakeLink) Unlimit(_ context.Context, n int64) error           { return l.act("unlimit", n) }

func (l *fakeLink) Traffic(context.Context) (topologies.Traffic, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tr, nil
}

// carry sets what the link carried.
func (l *fakeLink) carry(set func(*topologies.Traffic)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	set(&l.tr)
}

func (l *fakeLink) breaks(what string, broken bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fail = map[string]bool{what: broken}
}

// done lists what the link did.
func (l *fakeLink) done() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.did)
}

// fakes is a target of n links from the processors to as many brokers.
func fakes(n int) (Target, []*fakeLink) {
	var t Target
	var links []*fakeLink
	for i := range n {
		l := &fakeLink{link: link{"processors", fmt.Sprintf("broker-%d", i+1), "kafka"}}
		links = append(links, l)
		t.Links = append(t.Links, LinkStream{l, topologies.Both})
	}
	return t, links
}
