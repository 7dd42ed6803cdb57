package kafka

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"surety/checker/history"
	"surety/topologies"
)

const testTimeout = 30 * time.Second

// cluster starts an in-process cluster of three brokers.
func cluster(t testing.TB) (*kfake.Cluster, topologies.Endpoint) {
	t.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(3))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, topologies.Endpoint{Seeds: c.ListenAddrs()}
}

func bounded(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
	t.Cleanup(cancel)
	return ctx
}

func admin(t testing.TB, e topologies.Endpoint) *Admin {
	t.Helper()
	a, err := NewAdmin(e)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	return a
}

func create(t testing.TB, e topologies.Endpoint, topic string, partitions int32) {
	t.Helper()
	err := admin(t, e).CreateTopics(bounded(t), TopicSpec{Name: topic, Partitions: partitions, ReplicationFactor: 3})
	if err != nil {
		t.Fatal(err)
	}
}

// memory is a recorder that keeps everything.
type memory struct {
	mu           sync.Mutex
	names        map[string]history.Name
	texts        []string
	outcomes     []history.Outcome
	intents      map[uint64]history.Intent
	observations map[uint32][]history.Observation
	ends         map[uint32]history.SessionEnd
}

func newMemory() *memory {
	return &memory{
		names:        map[string]history.Name{},
		intents:      map[uint64]history.Intent{},
		observations: map[uint32][]history.Observation{},
		ends:         map[uint32]history.SessionEnd{},
	}
}

func (m *memory) Name(s string) history.Name {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n, ok := m.names[s]; ok {
		return n
	}
	m.texts = append(m.texts, s)
	m.names[s] = history.Name(len(m.texts))
	return m.names[s]
}

func (m *memory) text(n history.Name) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n == 0 {
		return ""
	}
	return m.texts[n-1]
}

func (m *memory) Intents(is []history.Intent) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, i := range is {
		m.intents[i.Attempt] = i
	}
}

func (m *memory) Outcomes(os []history.Outcome) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.outcomes = append(m.outcomes, os...)
}

func (m *memory) Observation(o history.Observation) {
	m.Observations([]history.Observation{o})
}

func (m *memory) Observations(os []history.Observation) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, o := range os {
		m.observations[o.Session] = append(m.observations[o.Session], o)
	}
}

func (m *memory) Append(_ history.Kind, body any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if end, ok := body.(history.SessionEnd); ok {
		m.ends[end.Session] = end
	}
}

func (m *memory) Err() error { return nil }
