package workload

import (
	"context"
	"slices"
	"sync"

	"surety/checker/history"
)

// memory is a recorder that keeps everything.
type memory struct {
	mu       sync.Mutex
	names    map[string]history.Name
	texts    []string
	intents  []history.Intent
	outcomes []history.Outcome
	fences   []history.Fence
	err      error
}

func (m *memory) Name(s string) history.Name {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n, ok := m.names[s]; ok {
		return n
	}
	if m.names == nil {
		m.names = map[string]history.Name{}
	}
	m.texts = append(m.texts, s)
	m.names[s] = history.Name(len(m.texts))
	return m.names[s]
}

func (m *memory) Intents(is []history.Intent) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.intents = append(m.intents, is...)
}

func (m *memory) Outcomes(os []history.Outcome) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.outcomes = append(m.outcomes, os...)
}

func (m *memory) Observation(history.Observation)    {}
func (m *memory) Observations([]history.Observation) {}

func (m *memory) Append(_ history.Kind, body any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if f, ok := body.(history.Fence); ok {
		m.fences = append(m.fences, f)
	}
}

func (m *memory) Err() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.err
}

func (m *memory) intended(attempt uint64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.ContainsFunc(m.intents, func(i history.Intent) bool { return i.Attempt == attempt })
}

// sourceFunc is a source from a function that may answer from any goroutine.
type sourceFunc func(ctx context.Context, r *Record, done func(*Record, Answer))

var turns sync.Mutex // of those who answer

func (f sourceFunc) Send(ctx context.Context, r *Record, done func(*Record, Answer)) {
	f(ctx, r, func(r *Record, a Answer) {
		turns.Lock()
		defer turns.Unlock()
		done(r, a)
	})
}

func ok(r *Record, done func(*Record, Answer)) {
	done(r, Answer{Class: history.OK, Offset: int64(r.Attempt)})
}
