package docker

import (
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"

	"surety/topologies"
)

func TestStateSaysWhatTheEngineSays(t *testing.T) {
	const began, ended = "2026-01-01T00:00:00.5Z", "2026-01-01T00:00:09Z"
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, tt := range []struct {
		why  string
		from container.State
		want topologies.ProcessState
	}{
		{"running", container.State{Running: true, Pid: 7, StartedAt: began},
			topologies.ProcessState{Status: topologies.Running, PID: 7, Starts: 2, Since: at(began)}},
		{"a paused container is running too for the engine", container.State{Running: true, Paused: true, Pid: 7, StartedAt: began},
			topologies.ProcessState{Status: topologies.Paused, PID: 7, Starts: 2, Since: at(began)}},
		{"killed", container.State{ExitCode: 137, StartedAt: began, FinishedAt: ended},
			topologies.ProcessState{Status: topologies.Exited, ExitCode: 137, Signal: "killed", Starts: 2, Since: at(ended)}},
		{"ended by itself", container.State{ExitCode: 3, StartedAt: began, FinishedAt: ended},
			topologies.ProcessState{Status: topologies.Exited, ExitCode: 3, Starts: 2, Since: at(ended)}},
	} {
		got, err := stateOf(&tt.from, 2)
		if err != nil || got != tt.want {
			t.Errorf("%s: %+v (error %v), want %+v", tt.why, got, err, tt.want)
		}
	}
	if _, err := stateOf(&container.State{Running: true, StartedAt: "yesterday"}, 1); err == nil {
		t.Error("a time that is none is not an error")
	}
}
