package flink

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"surety/topologies"
)

// manager is a job manager of which each question is answered by a function, with how
// often it was asked before.
type manager struct {
	mu      sync.Mutex
	asked   map[string]int
	answers map[string]func(n int) string
}

func (m *manager) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	question := r.Method + " " + r.URL.Path
	m.mu.Lock()
	defer m.mu.Unlock()
	answer := m.answers[question]
	if answer == nil {
		w.WriteHeader(http.StatusNotFound)
		_, _ = fmt.Fprintf(w, `{"errors":["no answer to %s"]}`, question)
		return
	}
	text := answer(m.asked[question])
	m.asked[question]++
	if strings.HasPrefix(text, `{"errors"`) {
		w.WriteHeader(http.StatusInternalServerError)
	}
	_, _ = fmt.Fprint(w, text)
}

func always(text string) func(int) string { return func(int) string { return text } }

const (
	allSlots   = `{"taskmanagers":2,"slots-total":4}`
	noneFailed = `{"root-exception":null,"exceptionHistory":{"entries":[],"truncated":false}}`
	noneYet    = `{"counts":{"restored":0,"completed":0,"failed":0},"latest":{"completed":null}}`
)

// job says how a job of one vertex is.
func job(state string, tasks string) string {
	return fmt.Sprintf(`{"state":%q,"vertices":[{"id":"v1","name":"source","parallelism":2,"tasks":%s}]}`, state, tasks)
}

// failures says that a job failed so often, at times that rise by a second.
func failures(n int, trace string) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(`{"exceptionName":"x","stacktrace":%q,"timestamp":%d,"taskManagerId":"processor-1"}`, trace, 1000*(i+1)))
	}
	slices.Reverse(all)
	return `{"exceptionHistory":{"entries":[` + strings.Join(all, ",") + `]}}`
}

// started is a fake that answers so, over answers of a job that runs.
func started(t *testing.T, answers map[string]func(int) string) []topologies.Node {
	t.Helper()
	m := &manager{asked: map[string]int{}, answers: map[string]func(int) string{
		"GET /overview":                        always(allSlots),
		"POST /jars/surety_job.jar/run":        always(`{"jobid":"j"}`),
		"GET /jobs/j":                          always(job("RUNNING", `{"RUNNING":2}`)),
		"GET /jobs/j/exceptions":               always(noneFailed),
		"GET /jobs/j/checkpoints":              always(noneYet),
		"GET /jobs/j/vertices/v1/taskmanagers": always(`{"taskmanagers":[{"taskmanager-id":"processor-2","status-counts":{"RUNNING":2}},{"taskmanager-id":"processor-1","status-counts":{"RUNNING":0,"FAILED":2}}]}`),
	}}
	for question, answer := range answers {
		m.answers[question] = answer
	}
	s := httptest.NewServer(m)
	t.Cleanup(s.Close)
	return []topologies.Node{node{"broker-1", ""}, node{"processor-1", ""}, node{"processor-2", ""}, node{"processor-jobmanager-1", s.URL}}
}

type node struct{ id, web string }

func (n node) ID() string              { return n.id }
func (node) Kind() topologies.NodeKind { return topologies.ProcessorNode }
func (n node) Web(int) string          { return n.web }
