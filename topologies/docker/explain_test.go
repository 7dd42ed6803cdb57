package docker

import (
	"errors"
	"strings"
	"testing"

	"github.com/moby/moby/api/types/container"

	"surety/topologies"
)

func TestEndsAreExplainedByWhatToChange(t *testing.T) {
	n := &node{host: &host{name: "app-1"}}
	for _, tt := range []struct {
		why  string
		st   topologies.ProcessState
		log  string
		says string // empty = nothing
	}{
		{"a port of the gateway, in Go's words", topologies.ProcessState{ExitCode: 1}, "listen tcp 0.0.0.0:9092: bind: address already in use", "its own name instead of 0.0.0.0"},
		{"in Java's", topologies.ProcessState{ExitCode: 1}, "java.net.BindException: Address already in use", "port 8474"},
		{"in Node's", topologies.ProcessState{ExitCode: 1}, "Error: listen EADDRINUSE: 0.0.0.0:8474", "in the network of app-1"},
		{"a user who may not write", topologies.ProcessState{ExitCode: 1}, "open /data/state: permission denied", "{{.Dir}}"},
		{"the limit of memory, whatever it last said", topologies.ProcessState{ExitCode: 137, Signal: outOfMemory}, "permission denied", "limits: {memory: ...}"},
		{"a script without its command", topologies.ProcessState{ExitCode: 127}, "", "not in its image"},
		{"something else", topologies.ProcessState{ExitCode: 1}, "division by zero", ""},
	} {
		got := n.Explain(tt.st, tt.log)
		if tt.says == "" && got != "" || !strings.Contains(got, tt.says) {
			t.Errorf("%s: %q", tt.why, got)
		}
	}
}

func TestAMissingProgramIsToldFromOtherFailures(t *testing.T) {
	n := &node{host: &host{name: "app-1"}}
	for text, want := range map[string]bool{
		`exec: "serve": executable file not found in $PATH`: true,
		"exec /serve: exec format error":                    true,
		"no space left on device":                           false,
	} {
		_, is := errors.AsType[*topologies.EnvironmentError](n.startFailed(errors.New(text)))
		if is != want {
			t.Errorf("%s: an environment error: %t", text, is)
		}
	}
}

func TestMemoryIsCountedWithoutWhatTheKernelCanTakeBack(t *testing.T) {
	for _, tt := range []struct {
		why   string
		stats map[string]uint64
		want  int64
	}{
		{"the second version of cgroups", map[string]uint64{"inactive_file": 300}, 700},
		{"the first", map[string]uint64{"total_inactive_file": 400}, 600},
		{"an engine that does not tell", nil, 1000},
		{"figures that cannot be", map[string]uint64{"inactive_file": 2000}, 1000},
	} {
		var s container.StatsResponse
		s.MemoryStats.Usage, s.MemoryStats.Stats = 1000, tt.stats
		s.CPUStats.ThrottlingData = container.ThrottlingData{Periods: 5, ThrottledTime: 7}
		if u := usageOf(s); u.Memory != tt.want || !u.Limited || u.Throttled != 7 {
			t.Errorf("%s: %+v, want %d bytes", tt.why, u, tt.want)
		}
	}
}
