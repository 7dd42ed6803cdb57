package flink

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"surety/topologies"
)

var spec = topologies.ProcessorSpec{Name: "processor", Instances: 2}

const tooLong = `org.apache.flink.runtime.JobException: Recovery is suppressed
	at org.apache.flink.X.y(X.java:1)
Caused by: org.apache.kafka.common.KafkaException: Unexpected error in InitProducerIdResponse; The transaction timeout is larger than the maximum value allowed by the broker (as configured by transaction.max.timeout.ms).
	at org.apache.kafka.Z.y(Z.java:1)
`

func TestAJobIsDeployedOnceAllItsTasksRun(t *testing.T) {
	nodes := started(t, map[string]func(int) string{
		"GET /overview": func(n int) string {
			if n == 0 { // a task manager is told before its slots
				return `{"taskmanagers":2,"slots-total":2}`
			}
			return allSlots
		},
		"GET /jobs/j": func(n int) string {
			if n == 0 {
				return job("RUNNING", `{"RUNNING":1,"INITIALIZING":1}`)
			}
			return job("RUNNING", `{"RUNNING":2}`)
		},
		// One failure on the way is none of the guarantee's.
		"GET /jobs/j/exceptions": always(failures(1, "java.lang.RuntimeException: not yet")),
	})
	c, err := Deploy(t.Context(), spec, nodes)
	if err != nil {
		t.Fatal(err)
	}
	if text := c.Explain(t.Context()); text != "" {
		t.Errorf("of a job that runs it is said: %s", text)
	}
	where, ev, err := c.Resolve(t.Context(), TaskManagers)
	if err != nil || len(where) != 1 || where[0].ID() != "processor-2" || !ev.Shown || ev.Text != "2 tasks ran on processor-2" {
		t.Errorf("%v run tasks (%+v, error %v); processor-1 runs none", where, ev, err)
	}
	if _, _, err := c.Resolve(t.Context(), "leader(input/0)"); err == nil {
		t.Error("a role of brokers is resolved")
	}
}

func TestAJobThatDoesNotRunIsTheEnvironmentsAndSaysWhy(t *testing.T) {
	for _, tt := range []struct {
		why     string
		answers map[string]func(int) string
		says    []string
	}{
		{"RUNNING by its state, while it restarts in a loop", map[string]func(int) string{
			"GET /jobs/j":            always(job("RUNNING", `{"RUNNING":0,"INITIALIZING":2}`)),
			"GET /jobs/j/exceptions": func(n int) string { return failures(n, tooLong) },
		}, []string{"restarts in a loop, though its REST API says RUNNING", "failed 3 times", "KafkaException", "larger than the maximum", "set sink.transaction.timeout.ms"}},
		{"ended", map[string]func(int) string{
			"GET /jobs/j":            always(job("FAILED", `{"FAILED":2}`)),
			"GET /jobs/j/exceptions": always(failures(1, "java.lang.IllegalStateException: no\n\tat x.Y.z(Y.java:1)")),
		}, []string{"the job of Flink is FAILED", "IllegalStateException: no", "read the logs of processor-jobmanager-1, processor-1, processor-2"}},
		{"refused", map[string]func(int) string{
			"POST /jars/surety_job.jar/run": always(`{"errors":["org.apache.flink.runtime.rest.handler.RestHandlerException: Could not execute application.\n\tat x.Y.z(Y.java:1)\nCaused by: java.lang.IllegalArgumentException: unknown job x\n"]}`),
		}, []string{"does not take the job", "500", "IllegalArgumentException: unknown job x"}},
	} {
		_, err := Deploy(t.Context(), spec, started(t, tt.answers))
		env, ok := errors.AsType[*topologies.EnvironmentError](err)
		if !ok {
			t.Errorf("%s: %v is no error of the environment", tt.why, err)
			continue
		}
		for _, says := range tt.says {
			if !strings.Contains(env.Error(), says) {
				t.Errorf("%s: %q does not say %q", tt.why, env.Error(), says)
			}
		}
	}
}

func TestFailuresBeforeTheLastCheckpointAreNoLoop(t *testing.T) {
	for _, tt := range []struct {
		why  string
		last string // completed checkpoint
		loop bool
	}{
		{"no checkpoint", noneYet, true},
		{"a checkpoint before all of them", `{"latest":{"completed":{"latest_ack_timestamp":500}}}`, true},
		{"one between", `{"latest":{"completed":{"latest_ack_timestamp":2500}}}`, false},
		{"one behind", `{"latest":{"completed":{"latest_ack_timestamp":9000}}}`, false},
	} {
		c := &Cluster{ask: NewClient(started(t, map[string]func(int) string{
			"GET /jobs/j":             always(job("RUNNING", `{"RUNNING":1}`)),
			"GET /jobs/j/exceptions":  always(failures(4, tooLong)),
			"GET /jobs/j/checkpoints": always(tt.last),
		})[3].(node).web), job: "j"}
		l, err := c.Look(t.Context())
		if err != nil || (l.Loop() != "") != tt.loop || l.Restarts != 4 {
			t.Errorf("%s: %+v, loop %q (error %v)", tt.why, l, l.Loop(), err)
		}
	}
}

func TestACauseIsTheInnermostInOneLine(t *testing.T) {
	for _, tt := range []struct{ why, trace, want string }{
		{"the last of several", tooLong, "KafkaException: Unexpected error in InitProducerIdResponse; The transaction timeout is larger than the maximum value allowed by the broker (as configured by transaction.max.timeout.ms)."},
		{"the only one", "java.io.IOException: gone\n\tat a.B.c(B.java:1)\n", "IOException: gone"},
		{"no trace", "", ""},
		{"an inner class", "org.apache.flink.A$B: x", "A$B: x"},
	} {
		if got := Cause(tt.trace); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.why, got, tt.want)
		}
	}
}

func TestAWatchGivesNumbersAndEachFailure(t *testing.T) {
	nodes := started(t, map[string]func(int) string{
		"GET /jobs/j/exceptions":  always(failures(2, tooLong)),
		"GET /jobs/j/checkpoints": always(`{"counts":{"restored":2,"completed":7,"failed":1},"latest":{"completed":{"id":7,"state_size":4321,"end_to_end_duration":12,"latest_ack_timestamp":9000}}}`),
	})
	c := &Cluster{ask: NewClient(nodes[3].(node).web), manager: nodes[3], job: "j"}
	l, err := c.Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	l.sample(func(name, _ string, value float64) { got[name] = value })
	want := map[string]float64{
		restarts: 2, tasksRunning: 1, checkpoints: 7, failedCheckpoints: 1, restored: 2, checkpointBytes: 4321, checkpointMS: 12,
	}
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s is %g, want %g", name, got[name], value)
		}
	}
	var said []string
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	c.Watch(ctx, func(string, string, float64) {}, func(of, name, text string) {
		said = append(said, of+" "+name+" "+text)
		stop()
	})
	if !slices.ContainsFunc(said, func(s string) bool {
		return strings.HasPrefix(s, "processor-jobmanager-1 exception failure 2 on processor-1: KafkaException")
	}) {
		t.Errorf("said %q", said)
	}
}
