// Package flink asks a Flink cluster for what it does, through the REST API of its job
// manager, and gives it the job that is under test.
package flink

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Client asks one job manager. Every call has a deadline of its own.
type Client struct {
	base string
	http *http.Client
}

// NewClient makes the client of the API at the address, which has no slash at its end.
func NewClient(base string) *Client {
	return &Client{base: base, http: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
}

const (
	// askWithin bounds one question.
	askWithin = 5 * time.Second
	// runWithin bounds the call in which the job's program is executed.
	runWithin = 60 * time.Second
	// longestAnswer bounds what is read of an answer: stack traces are long.
	longestAnswer = 16 << 20
)

// Overview is what the cluster has.
type Overview struct {
	TaskManagers int `json:"taskmanagers"`
	Slots        int `json:"slots-total"`
}

// Overview asks GET /overview.
func (c *Client) Overview(ctx context.Context) (o Overview, err error) {
	return o, c.get(ctx, "/overview", &o)
}

// Run executes the class of a jar with its arguments, each of its steps in so many
// tasks, and gives the id of its job. The API knows no parallelism.default.
func (c *Client) Run(ctx context.Context, jar, class string, parallelism int, args ...string) (job string, err error) {
	ctx, cancel := context.WithTimeout(ctx, runWithin)
	defer cancel()
	var done struct {
		Job string `json:"jobid"`
	}
	err = c.call(ctx, http.MethodPost, "/jars/"+jar+"/run", map[string]any{"entryClass": class, "parallelism": parallelism, "programArgsList": args}, &done)
	return done.Job, err
}

// Job is what runs of a job now.
type Job struct {
	State    string   `json:"state"`
	Vertices []Vertex `json:"vertices"`
}

// Vertex is one step of a job, in several tasks.
type Vertex struct {
	ID          string         `json:"id"`
	Name        string         `json:"name"`
	Parallelism int            `json:"parallelism"`
	Tasks       map[string]int `json:"tasks"` // by their state
}

// Running tells whether every task of the job does. The state of the job alone says
// nothing of its tasks.
func (j Job) Running() bool {
	for _, v := range j.Vertices {
		if v.Tasks[stateRunning] != v.Parallelism {
			return false
		}
	}
	return j.State == stateRunning && len(j.Vertices) > 0
}

const stateRunning = "RUNNING"

// over are the states of a job that has come to its end.
var over = map[string]bool{"FINISHED": true, "FAILED": true, "CANCELED": true, "SUSPENDED": true}

// Job asks GET /jobs/ID.
func (c *Client) Job(ctx context.Context, id string) (j Job, err error) {
	return j, c.get(ctx, "/jobs/"+id, &j)
}

// Exception is one failure of a job; after each of them it is restarted as a whole or
// in part.
type Exception struct {
	Name  string `json:"exceptionName"`
	Trace string `json:"stacktrace"`
	At    int64  `json:"timestamp"` // milliseconds since the epoch
	Task  string `json:"taskName"`
	Where string `json:"taskManagerId"`
}

// Exceptions asks for the failures of a job, the latest first.
func (c *Client) Exceptions(ctx context.Context, id string) ([]Exception, error) {
	var answer struct {
		History struct {
			Entries []Exception `json:"entries"`
		} `json:"exceptionHistory"`
	}
	err := c.get(ctx, "/jobs/"+id+"/exceptions?maxExceptions=1000", &answer)
	return answer.History.Entries, err
}

// Checkpoints are those of a job so far.
type Checkpoints struct {
	Counts struct {
		Restored  int64 `json:"restored"`
		Completed int64 `json:"completed"`
		Failed    int64 `json:"failed"`
	} `json:"counts"`
	Latest struct {
		Completed *Checkpoint `json:"completed"`
	} `json:"latest"`
}

// Checkpoint is one that was completed.
type Checkpoint struct {
	ID       int64 `json:"id"`
	Bytes    int64 `json:"state_size"`
	Duration int64 `json:"end_to_end_duration"` // milliseconds
	At       int64 `json:"latest_ack_timestamp"`
}

// Checkpoints asks GET /jobs/ID/checkpoints.
func (c *Client) Checkpoints(ctx context.Context, id string) (p Checkpoints, err error) {
	return p, c.get(ctx, "/jobs/"+id+"/checkpoints", &p)
}

// TaskManagers gives the ids of the task managers that run a task of the job, with how
// many each.
func (c *Client) TaskManagers(ctx context.Context, id string) (map[string]int, error) {
	j, err := c.Job(ctx, id)
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	for _, v := range j.Vertices {
		var answer struct {
			Managers []struct {
				ID     string         `json:"taskmanager-id"`
				States map[string]int `json:"status-counts"`
			} `json:"taskmanagers"`
		}
		if err := c.get(ctx, "/jobs/"+id+"/vertices/"+v.ID+"/taskmanagers", &answer); err != nil {
			return nil, err
		}
		for _, m := range answer.Managers {
			if n := m.States[stateRunning]; n > 0 {
				at[m.ID] += n
			}
		}
	}
	return at, nil
}

func (c *Client) get(ctx context.Context, path string, out any) error {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	return c.call(ctx, http.MethodGet, path, nil, out)
}

func (c *Client) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("ask Flink for %s: %w", path, err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(io.LimitReader(resp.Body, longestAnswer))
	if err != nil {
		return fmt.Errorf("ask Flink for %s: %w", path, err)
	}
	if resp.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("ask Flink for %s: it answers %s: %s", path, resp.Status, complaint(data))
	}
	if err := json.Unmarshal(data, out); err != nil {
		return fmt.Errorf("ask Flink for %s: its answer cannot be read: %w", path, err)
	}
	return nil
}

// complaint is what an answer with an error says, without stack traces.
func complaint(data []byte) string {
	var answer struct {
		Errors []string `json:"errors"`
	}
	if json.Unmarshal(data, &answer) != nil || len(answer.Errors) == 0 {
		return strings.TrimSpace(string(data))
	}
	var said []string
	for _, e := range answer.Errors {
		if c := Cause(e); c != "" {
			said = append(said, c)
		}
	}
	return strings.Join(said, "; ")
}
