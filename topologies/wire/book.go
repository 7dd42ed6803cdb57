package wire

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"surety/topologies"
)

// Book is the rules of one gateway. Links share it to count together.
type Book struct {
	mu     sync.Mutex
	counts map[string]*count
}

// NewBook is a book without rules.
func NewBook() *Book { return &Book{counts: map[string]*count{}} }

// Link is one proxy whose messages are read.
type Link struct {
	name  string
	book  *Book
	codec Codec
	view  View

	rules    atomic.Pointer[[]*rule] // in force, oldest first
	ended    []*rule                 // the latest that were taken away; guarded by the book
	requests atomic.Int64
	ordinals atomic.Uint64

	mu     sync.Mutex
	unread string // why the latest connection that cannot be read cannot
}

// NewLink reads what passes one proxy; the name is for evidence.
func NewLink(name string, b *Book, c Codec, v View) *Link {
	l := &Link{name: name, book: b, codec: c, view: v}
	l.rules.Store(new([]*rule))
	return l
}

// Intercept puts a rule in force.
func (l *Link) Intercept(id string, r topologies.Rule) error {
	c, err := l.codec.Compile(r)
	if err != nil {
		return err
	}
	l.book.mu.Lock()
	defer l.book.mu.Unlock()
	have := *l.rules.Load()
	if find(have, id) != nil {
		return fmt.Errorf("the link %s has a rule %q already", l.name, id)
	}
	n := l.book.counts[id]
	if n == nil {
		n = &count{}
		l.book.counts[id] = n
	}
	n.links++
	next := append(slices.Clone(have), &rule{Rule: r, Compiled: c, id: id, count: n, over: make(chan struct{}), start: l.requests.Load()})
	l.rules.Store(&next)
	return nil
}

// Pass takes a rule away. Without such a rule it does nothing: healing twice is no
// mistake.
func (l *Link) Pass(id string) {
	l.book.mu.Lock()
	defer l.book.mu.Unlock()
	have := *l.rules.Load()
	r := find(have, id)
	if r == nil {
		return
	}
	next := slices.DeleteFunc(slices.Clone(have), func(o *rule) bool { return o == r })
	l.rules.Store(&next)
	close(r.over)
	l.ended = append(l.ended[max(0, len(l.ended)-remembered+1):], r)
	if r.count.links--; r.count.links == 0 {
		delete(l.book.counts, id)
	}
}

// remembered is how many rules that were taken away still tell what they did: what
// they held is answered only then.
const remembered = 32

// Intercepted tells what a rule did so far on this link.
func (l *Link) Intercepted(id string) (topologies.Interception, error) {
	l.book.mu.Lock()
	r := find(append(slices.Clone(l.ended), *l.rules.Load()...), id)
	l.book.mu.Unlock()
	if r == nil {
		return topologies.Interception{}, errors.New("no such rule is in force: " + id)
	}
	out := r.report(l.requests.Load())
	l.mu.Lock()
	defer l.mu.Unlock()
	out.Unread = l.unread
	return out, nil
}

func (l *Link) cannotRead(why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unread = why
}

// On tells whether any rule is in force.
func (l *Link) On() bool { return len(*l.rules.Load()) > 0 }

func find(rules []*rule, id string) *rule {
	if i := slices.IndexFunc(rules, func(r *rule) bool { return r.id == id }); i >= 0 {
		return rules[i]
	}
	return nil
}
